// A function that is quick, but for one machine that is not at its best today.

import { task } from 'murmuration/task'

export async function measure(n: number): Promise<string> {
  if (n === 9 && task.attempt === 1) await new Promise((done) => setTimeout(done, 60_000))
  return `${n} by attempt ${task.attempt}`
}
