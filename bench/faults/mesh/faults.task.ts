// What the peers run: work that leaves a line in a file when it begins and one when it ends, which is how
// executions are counted, whoever ran them. The times are wall clock: all processes are on one machine.

import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { ObjectRef } from 'murmuration'
import { task } from 'murmuration/task'

/** Above the grace that the objects of the dead have: how it ends is worth knowing. */
export const readMs = 45_000

export function mark(file: string, kind: 'begin' | 'end', index: number): void {
  appendFileSync(file, `${kind} ${index} ${process.pid} ${Date.now()}\n`)
}

/** Keeps a core busy for so long, as work does. */
export function busy(index: number, ms: number, file: string): number {
  mark(file, 'begin', index)
  const end = performance.now() + ms
  while (performance.now() < end);
  mark(file, 'end', index)
  return index
}

/** Takes as long and no core: for more slots than the machine has. */
export async function idle(index: number, ms: number, file: string, bytes: number): Promise<Uint8Array> {
  mark(file, 'begin', index)
  await pause(ms)
  mark(file, 'end', index)
  return pattern(index, bytes)
}

export function make(index: number, bytes: number, file: string): Uint8Array {
  mark(file, 'begin', index)
  const made = pattern(index, bytes)
  mark(file, 'end', index)
  return made
}

/** A value that a task puts, handed on as a ref. */
export async function putInside(bytes: number, file: string): Promise<{ value: ObjectRef<Uint8Array> }> {
  mark(file, 'begin', 0)
  const value = await task.mesh.put(pattern(0, bytes))
  mark(file, 'end', 0)
  return { value }
}

/** Holds a ref of a program until a file appears, then reads it and says whether it was right. */
export async function readOnceTold([value]: [ObjectRef<Uint8Array>], go: string, file: string): Promise<void> {
  mark(file, 'begin', 0)
  while (!existsSync(go)) await pause(5)
  const read = await value.get({ timeoutMs: readMs }).then(
    (got) => `${isPattern(got, 0) ? 'read' : 'wrong'} ${Date.now()}`,
    (error: Error & { code?: string }) => `failed ${error.code ?? error.name} ${error.message}`,
  )
  appendFileSync(file, `${read}\n`)
}

/** The whole of a detached job: it asks for the rest and outlives whoever asked for it. */
export async function main(tasks: number, ms: number, file: string): Promise<number> {
  const each = task.mesh.fn(busy)
  const refs = Array.from({ length: tasks }, (_, index) => each(index, ms, file))
  let right = 0
  for (const [index, ref] of refs.entries()) if ((await ref.get()) === index) right += 1
  return right
}

const period = 251

/** Bytes that differ from index to index, quickly: what is timed is not their making. */
export function pattern(index: number, bytes: number): Uint8Array {
  const made = new Uint8Array(bytes)
  for (let at = 0; at < Math.min(period, bytes); at += 1) made[at] = (at * (index + 7)) % period
  for (let done = period; done < bytes; done *= 2) made.copyWithin(done, 0, Math.min(done, bytes - done))
  return made
}

export function isPattern(bytes: Uint8Array, index: number): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).equals(pattern(index, bytes.length))
}
