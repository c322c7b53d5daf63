// What an actor is to the machine: a task that stays. The attempt that has it is its incarnation: it makes
// the instance in a worker of its own and ends when the actor does; a call is a task that only that
// worker can run. So owners, refs, retries and ledgers are those of tasks, and need no second telling.

import type { ObjectId } from './ids.ts'
import type { RefLink } from './task.ts'

/** How an actor was asked for, after defaults: rides on the spec of the task that is the actor. `policy.retries` are its restarts. */
export interface ActorSpec {
  /** Calls that run at once. */
  readonly concurrency: number
  /** A checkpoint after so many calls, and whenever nothing waits; 0: none. */
  readonly everyCalls: number
  /** A call that is asked again is answered again, not run again. */
  readonly onceOnly: boolean
  /** It stays until it is killed, whoever has handles. */
  readonly detached: boolean
  /** Where somebody has its name already, that one is meant. */
  readonly getIfExists: boolean
}

/** Rides on the spec of a call. `refs` names the actor as well, last, so that it stays until it has answered. */
export interface CallSpec {
  readonly actor: ObjectId
  /** Calls of one actor that one peer may have open; past it they are OVERLOADED. */
  readonly maxPendingCalls: number
}

/** What `snapshot()` returned, encoded. */
export interface Snapshot {
  readonly bytes: Uint8Array
  readonly refs: readonly RefLink[]
}

/** What came of asking an actor for one. */
export type SnapshotResult =
  | ({ readonly type: 'taken' } & Snapshot)
  /** It threw, or returned what cannot be carried: in a sentence. */
  | { readonly type: 'failed'; readonly message: string }
