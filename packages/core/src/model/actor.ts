// What an actor is to the machine: a task that stays. The attempt that has it is its incarnation: it makes
// the instance in a worker of its own and ends when the actor does; a call is a task that only that
// worker can run. So owners, refs, retries and ledgers are those of tasks, and need no second telling.

import type { ContextId, LifeId, ObjectId, TaskId } from './ids.ts'
import type { Epoch, Needs, Outcome, RefLink, TaskSpec } from './task.ts'

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
  /** That one may have been spawned with other code, and goes on with that, or from now on with this. Undefined: neither. */
  readonly onCodeChange?: 'keep' | 'restore' | undefined
  /** Of the code that it runs: how often that was changed. Undefined: never. */
  readonly edition?: number | undefined
  /** For whoever finds it by its name, how it is to be called: retries of a call, and how many may be open. */
  readonly callRetries: number
  readonly maxPendingCalls: number
  /** Its generator methods: a call of one of them is a stream. */
  readonly generators: readonly string[]
  /** The first members of its lease group. Whoever submits leaves it out: its peer appoints them. */
  readonly group?: readonly LifeId[] | undefined
}

/** What an actor runs; a later one outranks it. No more than which it is: a host says it, and says nothing else of it. */
export interface Edition extends Pick<TaskSpec, 'code'> {
  readonly nth: number
}

/** What an actor is to go on with: what follows from its class goes with that. */
export interface NewCode extends Pick<ActorSpec, 'generators'>, Pick<TaskSpec, 'code'> {
  readonly needs: Needs
}

/** Rides on the spec of a call. `refs` names the actor as well, last, so that it stays until it has answered. */
export interface CallSpec {
  readonly actor: ObjectId
  /** Calls of one actor that one peer may have open; past it they are OVERLOADED. */
  readonly maxPendingCalls: number
  /** Its reply is kept over there until the caller lets go of it. */
  readonly onceOnly: boolean
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

/** What the group of an actor knows of it: who may go on with it knows all that there is to know. */
export interface ActorRecord {
  /** The incarnation that wrote it. */
  readonly epoch: Epoch
  /** Which of its records: later ones count. */
  readonly version: number
  readonly group: readonly LifeId[]
  /** The group before, while it changes: until everybody has the new one, both have to agree. */
  readonly before: readonly LifeId[] | null
  /** What took the snapshot, or has gone on from it. */
  readonly edition: Edition
  readonly snapshot: Snapshot | null
  /** Replies that are in the snapshot and may be asked for again. */
  readonly answers: readonly Answered[]
  /** Contexts that were run again and have called since: no earlier run of theirs is answered any more. */
  readonly fences: readonly Fence[]
}

/**
 * Of a reply that was let go of: nobody will ask for it; its caller is done, and whoever asked for that has heard so; or it
 * was lost, or not heard of, and will be run again.
 */
export type Keep = 'not' | 'briefly' | 'long'

export interface Fence {
  readonly context: ContextId
  /** Of the run that called last. */
  readonly run: number
}

export interface Answered {
  readonly task: TaskId
  /** Who asked. */
  readonly to: LifeId
  readonly outcome: Outcome
}

/** Takes no slot: it has a worker of its own, or runs in that of its actor. */
export function isApart({ actor, call }: Pick<TaskSpec, 'actor' | 'call'>): boolean {
  return actor !== undefined || call !== undefined
}

export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.number - b.number || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0)
}

/** Whether record `a` is later than `b`. */
export function isLater(a: ActorRecord, b: ActorRecord | null): boolean {
  return b === null || (compareEpochs(a.epoch, b.epoch) || a.version - b.version) > 0
}
