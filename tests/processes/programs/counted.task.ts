// Tasks that leave a line in a file each time they run, so that a test can count them.

import { appendFileSync, existsSync } from 'node:fs'
import { task } from 'murmuration/task'

const noted = async (line: string, file: string): Promise<void> => {
  appendFileSync(file, `${line}\n`)
  await new Promise((then) => setTimeout(then, 200))
}

export async function even(n: number, file: string): Promise<number> {
  await noted(`even ${n}`, file)
  return 2 * n
}

export async function odd(n: number, file: string): Promise<number> {
  await noted(`odd ${n}`, file)
  return 2 * n + 1
}

/** Asks for twenty, and sums them up. */
export async function main(file: string): Promise<number> {
  appendFileSync(file, 'main\n')
  const below = task.mesh.fn(even)
  const values = await task.mesh.get(Array.from({ length: 20 }, (_, n) => below(n, file)))
  return values.reduce((sum, value) => sum + value, 0)
}

/** Runs until there is such a file. */
export async function until(file: string): Promise<{ at: Map<string, bigint> }> {
  while (!existsSync(file)) {
    task.signal.throwIfAborted()
    await new Promise((then) => setTimeout(then, 20))
  }
  return { at: new Map([['end', 7n]]) }
}
