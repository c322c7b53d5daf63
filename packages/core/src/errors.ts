// The one error class. Codes are a contract and never change within a major version; messages are for
// people and may. An error is recognised by its code, never by `instanceof`: it crosses workers,
// wires and doubly installed packages.

import type { Failure, FailureCode } from './model/object.ts'

/** What went wrong. `docs/errors.md` says of each when it happens and what to do. */
export type MeshErrorCode =
  | FailureCode
  // of work
  | 'GET_TIMEOUT'
  | 'STREAM_CONSUMED'
  // of use
  | 'INVALID_OPTION'
  | 'UNSERIALIZABLE'
  | 'BUNDLE_FAILED'
  | 'NOT_IN_TASK'
  | 'NOT_FOUND'
  // of joining
  | 'ENTRY_UNREACHABLE'
  | 'INVITE_INVALID'
  | 'VERSION_MISMATCH'
  | 'PORT_IN_USE'

/** What an error knows beside its code and its message. */
export interface MeshErrorDetails {
  /** One word within the code: `poison`, `put`, `no-rebuilds`, … */
  readonly reason?: string | undefined
  /** Name of the peer where it happened. */
  readonly peer?: string | undefined
  /** Id of the task. */
  readonly task?: string | undefined
  readonly attempt?: number | undefined
  readonly cause?: unknown
  /** What happened when, oldest first. */
  readonly story?: readonly string[] | undefined
}

/**
 * Every failure of the mesh.
 *
 * @example
 * try { await ref.get() } catch (error) { if (error.code === 'PEER_DIED') console.log(error.peer, error.story) }
 */
export class MeshError extends Error {
  override readonly name = 'MeshError'
  readonly code: MeshErrorCode
  readonly reason: string | undefined
  readonly peer: string | undefined
  readonly task: string | undefined
  readonly attempt: number | undefined
  readonly story: readonly string[]

  constructor(code: MeshErrorCode, message: string, details: MeshErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.reason = details.reason
    this.peer = details.peer
    this.task = details.task
    this.attempt = details.attempt
    this.story = details.story ?? []
  }
}

/** True for a MeshError of any copy of this package, also one that crossed a worker or a wire. */
export function isMeshError(value: unknown): value is MeshError {
  if (typeof value !== 'object' || value === null) return false
  const error = value as { name?: unknown; code?: unknown }
  return error.name === 'MeshError' && typeof error.code === 'string'
}

/** Makes the error that a user sees from a failure as it travelled. `decodeCause` reads the application's error. */
export function failureToError(failure: Failure, decodeCause: (bytes: Uint8Array) => unknown): MeshError {
  return new MeshError(failure.code, failure.message, {
    reason: failure.reason === '' ? undefined : failure.reason,
    peer: failure.peer ?? undefined,
    task: failure.task ?? undefined,
    attempt: failure.attempt === 0 ? undefined : failure.attempt,
    cause: failure.cause === null ? undefined : decodeCause(failure.cause),
    story: failure.story,
  })
}
