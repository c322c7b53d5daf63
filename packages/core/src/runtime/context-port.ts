// The seam between what a user holds (a scope and its refs) and the peer beneath it. The peer's
// main thread implements it for jobs; the worker host implements it over a message port for running
// tasks. So the public verbs are written once (scope.ts) and run on both sides.

import type { FoundActor } from '../model/events.ts'
import type { Failure } from '../model/object.ts'
import type { ContextId, LifeId, ObjectId } from '../model/ids.ts'
import type { RefLink, TaskSpec } from '../model/task.ts'
import type { BundleBytes } from './code-port.ts'
import type { Sha256 } from './ports.ts'

/** A settled object as a scope sees it. `bytes` is null when only the settlement was asked for. */
export type Settlement =
  | { readonly type: 'value'; readonly bytes: Uint8Array | null; readonly refs: readonly RefLink[] }
  | { readonly type: 'failure'; readonly failure: Failure }

export type RefState = 'waiting' | 'ready' | 'running' | 'retrying' | 'value' | 'failure' | 'cancelled'

/** What a ref can say of itself at once, without asking anybody. */
export interface RefStatus {
  readonly state: RefState
  /** Name of the peer where it runs or is held, when known. */
  readonly peer: string | null
}

/** What to tell somebody who waited in vain. */
export interface RefOutlook {
  readonly task: string | null
  /** The current or last one; 0 before the first. */
  readonly attempt: number
  /** What it waits for, outermost first. Empty when it does not wait. */
  readonly why: readonly string[]
}

export interface Wait<T> {
  readonly settled: Promise<T>
  /** Stops waiting; `settled` then never settles. */
  stop(): void
}

export type Watch = Wait<Settlement>

export interface PutRequest {
  readonly object: ObjectId
  readonly bytes: Uint8Array
  readonly hash: string
  readonly refs: readonly RefLink[]
  readonly copies: number
  /** What to find it by in a named job. */
  readonly name: string | null
}

export interface ReadOptions {
  /** Items asked for before they are wanted, this one included. */
  readonly ahead: number
  /** False: only that they are there is of interest, and each is held for the caller. */
  readonly bytes: boolean
}

/** One reader's way through a stream. */
export interface StreamReading {
  /** The next item; null at the end. One at a time. Rejects with STREAM_CONSUMED when another context reads it. */
  next(): Wait<Settlement | null>
  /** Reads no more. */
  close(): void
}

export interface ContextPort {
  readonly context: ContextId
  /** The owner of everything submitted here. */
  readonly self: LifeId
  /** Depth of the tasks submitted here: 0 for a job, the running task's + 1 otherwise. */
  readonly depth: number
  /** A context that may run again (a task, a named job) derives ids from content; an unnamed job only counts. */
  readonly runsAgain: boolean
  readonly inlineBytes: number
  readonly sha256: Sha256
  /**
   * Throws MeshError OVERLOADED when the queue is full. The caller holds the result from here on. `bundle`: the
   * spec's, kept here again if it was let go.
   */
  submit(spec: TaskSpec, bundle: BundleBytes | null): void
  /** Resolves when the bytes are kept here; the caller holds the object from then on. Takes the buffer. */
  put(request: PutRequest): Promise<void>
  /** With `bytes`, settles when the value has arrived here; without, when the owner says it is settled. */
  watch(object: ObjectId, owner: LifeId, options: { readonly bytes: boolean }): Watch
  /** Begins to read a stream: each context does so once. */
  read(stream: ObjectId, owner: LifeId, options: ReadOptions): StreamReading
  /** A handle came to be (or the last one went) on this side: calls are 0 → 1 and 1 → 0 transitions only. */
  hold(object: ObjectId, owner: LifeId): void
  release(object: ObjectId): void
  status(object: ObjectId): RefStatus
  /** Not where asking takes a while: inside tasks. */
  outlook?(object: ObjectId): RefOutlook
  /** Resolves when the task behind the object has stopped. */
  cancel(object: ObjectId, owner: LifeId, reason: string): Promise<void>
  /** Who has an actor of that name; null: nobody. */
  findActor(name: string): Wait<FoundActor | null>
  /** Settles when as many copies as asked for exist. Rejects with MeshError. */
  durable(object: ObjectId, owner: LifeId): Wait<void>
}
