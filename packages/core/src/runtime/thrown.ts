// What a task threw, as an outcome: for matching, for people, and whole. It may be anything, and reading it may
// throw; what is too much for a message travels without its properties.

import { MeshError } from '../errors.ts'
import { clip, limits } from '../model/limits.ts'
import type { Outcome } from '../model/task.ts'
import { nameOfError } from './value-graph.ts'
import { encodeError } from './values.ts'

type Format = (parts: readonly unknown[]) => string

export function errorOutcome(error: unknown, format: Format): Outcome {
  try {
    const isError = error instanceof Error
    const code = (error as { code?: unknown } | null | undefined)?.code
    return {
      type: 'error',
      name: isError ? textOf(nameOfError(error)) : typeof error,
      code: typeof code === 'string' ? clip(code) : '',
      message: textOf(isError ? error.message : format([error])),
      bytes: encodeForWire(error),
    }
  } catch {
    const message = 'what it threw could not be read'
    return { type: 'error', name: 'Error', code: '', message, bytes: encodeError(new Error(message)) }
  }
}

/** Of a call of an actor: it has had its effect, and does not go elsewhere, as a task would. */
export function noRoom(): Outcome {
  const message = 'its result does not fit into the memory of the peer where the actor lives'
  return errorOutcome(new MeshError('OVERLOADED', message), String)
}

/** The error with everything it carries, or without its properties when these are too much for a message. */
export function encodeForWire(error: unknown): Uint8Array {
  const bytes = encodeError(error)
  if (bytes.byteLength <= limits.errorBytes) return bytes
  if (!(error instanceof Error)) return encodeError(textOf(error))
  const bare = new Error(textOf(error.message))
  bare.name = textOf(nameOfError(error))
  if (error.stack !== undefined) bare.stack = textOf(error.stack)
  return encodeError(bare)
}

/** Whatever was thrown, in words that fit on the wire. */
export function textOf(value: unknown): string {
  return clip(typeof value === 'string' ? value : describe(value))
}

function describe(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}

/** Others in this worker read the same value. */
export function argumentMutated(fn: string, at: number): Outcome {
  const message =
    `${fn} wrote into its argument args[${at}], which came by a ref or was stored for it, and is shared by the attempts in a worker: ` +
    'change a copy instead, as structuredClone(…) gives'
  return { type: 'rejected', code: 'ARGUMENT_MUTATED', message }
}
