// What the peers of these tests run.

import type { ObjectRef } from 'murmuration'
import { task } from 'murmuration/task'

export function square(x: number): number {
  return x * x
}

/** Keeps a core busy, as work does. */
export function busy(ms: number, value: number): number {
  const end = performance.now() + ms
  while (performance.now() < end);
  return value
}

/** Has its slot for so long, and leaves the core to others. */
export async function lasts(ms: number, value: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return value
}

export function sum(...values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export class NotReady extends RangeError {
  override readonly name = 'NotReady'
  readonly left: number
  readonly where = { zone: 'lab-3' }
  constructor(left: number, cause: unknown) {
    super(`${left} more`, { cause })
    this.left = left
  }
}

export function fails(left: number): never {
  throw new NotReady(left, new TypeError('the inner one'))
}

/** Ends its worker, as a bug in native code would. */
export function crash(): never {
  process.exit(3)
}

/** Throws where nobody can catch it. */
export function throwsLater(): Promise<never> {
  setTimeout(() => {
    throw new RangeError('too late\nto be caught')
  })
  return new Promise(() => {})
}

export function throwsPlain(): never {
  // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- as some do
  throw { left: 3 }
}

export function failsTwice(): Promise<never> {
  const inner = new AggregateError([new TypeError('one'), new RangeError('two')], 'both')
  return Promise.reject(new Error('outer', { cause: inner }))
}

/** Ends its worker on the first attempt only. */
export function crashOnce(): number {
  if (task.attempt === 1) process.exit(3)
  return task.attempt
}

/** Runs until it is told to stop. */
export function untilStopped(): Promise<never> {
  return new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason as Error)))
}

/** Asks that peer for a child that does not end by itself. */
export async function asksFor(peer: string): Promise<unknown> {
  return task.mesh.fn(untilStopped).with({ needs: { peer } })().get()
}

export async function nested(depth: number): Promise<number> {
  if (depth === 0) return 1
  const below = task.mesh.fn(nested)
  const [left, right] = await task.mesh.get([below(depth - 1), below(depth - 1)])
  return left + right
}

/** Bytes that tell whether they came whole: each is its index times `factor`, modulo 251. */
export function bytes(length: number, factor: number): Uint8Array {
  const made = new Uint8Array(length)
  // Millions of them: an iterator would take longer than all that is tested.
  for (let i = 0; i < length; i++) made[i] = (i * factor) % 251
  return made
}

/** Asks for a child on the same peer and waits until there are as many copies of it as it should have. */
export async function durably(length: number, peer: string): Promise<string> {
  const made = task.mesh.fn(bytes).with({ needs: { peer } })(length, 3)
  await made.durable()
  return made.state()
}

/** Of bytes made by `bytes`, how many are wrong. */
export function wrong(made: Uint8Array, factor: number): number {
  let count = 0
  for (let i = 0; i < made.length; i++) if (made[i] !== (i * factor) % 251) count++
  return count
}

/** `late`: the first attempt does not end by itself. */
export function lateFirst(late: boolean): Promise<number> {
  return late && task.attempt === 1 ? untilStopped() : Promise.resolve(task.attempt)
}

/** Asks for a child; when `late`, in the first attempt only after a while. */
export async function lateParent(late: boolean): Promise<number> {
  if (late && task.attempt === 1) await new Promise((resolve) => setTimeout(resolve, 1_000))
  return (await task.mesh.fn(square)(7).get()) + task.attempt
}

/** Puts such bytes and gives a ref to them, inside its value. */
export async function putInside(length: number): Promise<{ scene: ObjectRef<Uint8Array> }> {
  return { scene: await task.mesh.put(bytes(length, 3)) }
}

export function pid(): number {
  return process.pid
}

/** In which process a child runs that it asks for at that peer. */
export function pidOfChildAt(peer: string): Promise<number> {
  return task.mesh.fn(pid).with({ needs: { peer } })().get()
}
