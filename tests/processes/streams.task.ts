// What the peers of the stream tests run.

import type { ObjectRef, ObjectStream } from 'murmuration'
import { task } from 'murmuration/task'

export function* count(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i
}

export async function* blocks(n: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < n; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    yield new Uint8Array(bytes).fill(i)
  }
}

/** Where it runs, again and again. */
export async function* places(n: number): AsyncGenerator<{ i: number; pid: number; attempt: number }> {
  for (let i = 0; i < n; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    yield { i, pid: process.pid, attempt: task.attempt }
  }
}

export function* breaks(at: number): Generator<number> {
  yield* count(at)
  throw new RangeError(`no item ${at}`)
}

/** Goes on for ever, and writes down that it was left. */
export async function* endless(mark: string): AsyncGenerator<number> {
  try {
    for (let i = 0; ; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      yield i
    }
  } finally {
    left.add(mark)
  }
}

const left = new Set<string>()
export const wasLeft = (mark: string): boolean => left.has(mark)

export async function total(box: { numbers: ObjectStream<number> }): Promise<number> {
  let sum = 0
  for await (const number of box.numbers) sum += number
  return sum
}

/** Reads what a child of its own yields, and yields that doubled. */
export async function* doubled(n: number): AsyncGenerator<number> {
  for await (const number of task.mesh.fn(count)(n)) yield number * 2
}

export async function* refs(n: number): AsyncGenerator<{ inside: ObjectRef<string> }> {
  for (let i = 0; i < n; i++) yield { inside: await task.mesh.put(`ref ${i}`) }
}

/** Errors that are data, not thrown. */
export function* mishaps(): Generator<Error> {
  yield new RangeError('one')
  yield new TypeError('two')
}

export function square(x: number): number {
  return x * x
}

/** Looks like a function, and gives a generator. */
export function wraps(n: number): Generator<number> {
  return count(n)
}
