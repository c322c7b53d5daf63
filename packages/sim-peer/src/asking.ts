// What a simulated context says beside the name and the arguments when it asks for an actor or a call of one, as the
// public API would; it does not know what becomes of it.

import type { RefLink, TaskSpec } from '@murmuration/core/internal'
import type { CallOptions, SpawnOptions } from './bodies.ts'
import type { SimRef } from './values.ts'

/** How something is asked for. */
export interface Asked {
  readonly options: CallOptions
  readonly rest?: Pick<TaskSpec, 'actor' | 'call'>
  /** The actor that is called. */
  readonly link?: RefLink
}

export function spawning(options: SpawnOptions): Asked {
  const { onceOnly = false, everyCalls = 1, concurrency = 1, detached = false, getIfExists = false } = options
  const calls = { callRetries: onceOnly ? -1 : 0, maxPendingCalls: options.maxPendingCalls ?? 10_000, generators: [] }
  const { onCodeChange } = options
  const actor = {
    ...(onCodeChange && { onCodeChange }),
    onceOnly,
    everyCalls,
    concurrency,
    detached,
    getIfExists,
    ...calls,
  }
  return { options: { retries: 0, ...options }, rest: { actor } }
}

export function calling({ object, owner }: SimRef, isOnceOnly: boolean, options: CallOptions): Asked {
  const yields = options.ahead !== undefined
  // What is yielded is not kept, so it is asked for again.
  const call = { actor: object, maxPendingCalls: options.maxPendingCalls ?? 10_000, onceOnly: isOnceOnly && !yields }
  const link = { object, owner, top: false }
  return { options: { retries: 0, ...(yields && { rebuilds: 0 }), ...options }, rest: { call }, link }
}
