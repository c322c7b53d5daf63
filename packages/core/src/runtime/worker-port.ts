// What the peer loop asks of its worker pool and hears back. The machine chooses the worker by
// number and the batch; the pool starts threads as they are first named, feeds them bundles and
// decoded inputs, and reports outcomes one by one. Nothing here decides.

import type { Snapshot, SnapshotResult } from '../model/actor.ts'
import type { AttemptId, CodeId, ObjectId, TaskId } from '../model/ids.ts'
import type { Item } from '../model/stream.ts'
import type { CrashReason, Outcome, RefLink } from '../model/task.ts'
import type { ContextPort } from './context-port.ts'
import type { StreamParams } from './worker-messages.ts'

/** The value of a top-level ref. `refs` are those inside it: bytes name objects, never their owners, so that equal values have equal bytes. */
export interface RunInput {
  readonly object: ObjectId
  /** Under which its bytes are stored: another object's when the argument's task returned a ref. */
  readonly source: ObjectId
  readonly inline: Uint8Array | null
  readonly refs: readonly RefLink[]
}

/** One attempt, ready to run: its inputs are all on this peer. */
export interface RunOrder {
  readonly id: AttemptId
  readonly task: TaskId
  readonly attempt: number
  readonly code: CodeId
  readonly fn: string
  readonly args: Uint8Array
  readonly refs: readonly RefLink[]
  /** One per top-level ref. Inline bytes ride along, the others are in the object store. */
  readonly inputs: readonly RunInput[]
  /** It is an actor: an instance of the class `fn` is made in that worker, which is the actor's own from then on. */
  readonly actor?: ActorOrder | undefined
  /** It is a call of the actor that lives in that worker, and `fn` the method. */
  readonly isCall?: boolean | undefined
  /** Of a generator: which items are wanted. */
  readonly stream: StreamParams | null
}

export interface ActorOrder {
  /** Calls that run at once. */
  readonly concurrency: number
  /** What it is restored from; null: it is constructed. */
  readonly snapshot: Snapshot | null
}

export interface WorkerReports {
  /** `bytes` are the value's, for an outcome of type 'stored': they are in the store before this is called. */
  done(attempt: AttemptId, outcome: Outcome, ms: number): void
  /** A generator yielded it; the bytes of a stored one are in the store. */
  item(attempt: AttemptId, index: number, item: Item): void
  /** The attempt awaits a ref: its slot is free, its worker stays its own. */
  blocked(attempt: AttemptId): void
  unblocked(attempt: AttemptId): void
  /** Batch mates given back unstarted: the one before them blocked, or they were recalled. */
  returned(attempts: readonly AttemptId[]): void
  /** The actor's instance is there; `snapshots`: it can be asked for one. Its attempt stays until the actor ends. */
  built(attempt: AttemptId, snapshots: boolean): void
  snapshot(attempt: AttemptId, result: SnapshotResult): void
  /** The worker is gone: `running` was in it (an actor, blocked ones and calls that had begun included), `unstarted` were only queued. */
  exited(
    worker: number,
    exit: { reason: CrashReason; detail: string },
    running: readonly AttemptId[],
    unstarted: readonly AttemptId[],
  ): void
  /** A line from `console` or `task.log` inside a task. */
  logged(attempt: AttemptId | null, level: 'log' | 'warn' | 'error', text: string): void
}

export interface WorkerPool {
  /** Queues the batch on that worker, starting it when it is new. */
  run(worker: number, batch: readonly RunOrder[]): void
  /** Fires `task.signal`. An attempt not yet started is reported as cancelled at once; a call, as soon as its worker has dropped it. */
  abort(attempt: AttemptId, reason: string): void
  /** Asks that actor for a snapshot, after all the calls that were given to it: `snapshot` follows, or its worker ends. */
  snapshot(attempt: AttemptId): void
  /** The reader of what that attempt yields has taken so many items, in all. */
  proceed(attempt: AttemptId, taken: number): void
  /** Takes back what that worker has not begun, as far as it can be told: `returned` follows. */
  recall(worker: number): void
  /** That bundle is not here any more; workers that have imported it may go on with it. */
  forgetCode(code: CodeId): void
  /** Ends the thread; `exited` follows with this reason. */
  terminate(worker: number, reason: CrashReason): void
  close(): Promise<void>
}

/** What the pool needs from the peer around it. */
export interface WorkerPoolHost {
  readonly reports: WorkerReports
  /**
   * The verbs of `task.mesh` for a running attempt; closed by the pool when the attempt ends. `actor`: it is a call of the actor with
   * that context, which holds what the call holds, and goes on to when the call has ended.
   */
  openContext(attempt: AttemptId, actor?: AttemptContext): AttemptContext
  /** The environment that a bundle's `use({ env })` asked for. */
  envOf(code: CodeId): Readonly<Record<string, string>>
  /** A file that came with a bundle: its path, or its bytes. Rejects with MeshError NOT_FOUND. */
  assetOf(code: CodeId, name: string): Promise<string | Uint8Array>
}

export interface AttemptContext extends ContextPort {
  /** Ends the context: releases every handle that the attempt still has. */
  close(): void
}
