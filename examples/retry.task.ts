// A service that answers at the third try.

import { task } from 'murmuration/task'

export class Busy extends Error {
  override readonly name = 'Busy'
}

export function ask(question: string): string {
  if (task.attempt < 3) throw new Busy(`attempt ${task.attempt}: try again later`)
  return `${question} answered at attempt ${task.attempt}`
}
