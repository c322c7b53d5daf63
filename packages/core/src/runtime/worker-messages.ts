// What a peer's main thread and its workers say to each other. Calls (load, run, abort) go through
// comlink; what a worker reports, and the verbs of a running task, go over one MessagePort that is handed over at the
// start, one message per fact, so that a slow batch mate never delays a finished one. Small outcomes of attempts
// that said nothing else take the ring. Attempts are numbered per pool: numbers are small, and news of an attempt
// that is over finds nobody.

import type { SnapshotResult } from '../model/actor.ts'
import type { FoundActor } from '../model/events.ts'
import type { CodeId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { Item, Lead, StreamOrder } from '../model/stream.ts'
import type { Outcome, RefLink, TaskSpec } from '../model/task.ts'
import type { PutRequest, ReadOptions, Settlement } from './context-port.ts'

/** What comlink exposes in a worker. */
export interface WorkerApi {
  open(port: MessagePort, settings: WorkerSettings): void
  load(code: CodeId, url: string, env: Readonly<Record<string, string>>): void
  run(batch: Batch): void
  abort(number: number, reason: string): void
  /** Of the actor that lives here, behind all that was sent before. */
  snapshot(): void
}

export interface WorkerSettings {
  readonly inlineBytes: number
  /** Of one attempt in so many its shared arguments are compared (shared-inputs.ts). */
  readonly argumentChecks: number
  /** For small outcomes (outcome-ring.ts); null where there is no shared memory. */
  readonly ring: SharedArrayBuffer | null
  /** For attempts that are taken back unstarted (recall.ts); null likewise. */
  readonly recall: SharedArrayBuffer | null
}

/** Above this a message's bytes are moved instead of copied. */
export const transferBytes = 16 * 1024

/** Part of the batch's buffer. */
export type Span = readonly [start: number, end: number]

export interface BatchInput {
  readonly object: ObjectId
  /** Null: the worker has it from this or an earlier batch's `objects`. */
  readonly span: Span | null
  readonly refs: readonly RefLink[]
}

export interface BatchOrder {
  readonly number: number
  readonly task: TaskId
  readonly attempt: number
  readonly code: CodeId
  readonly fn: string
  readonly args: Span
  readonly refs: readonly RefLink[]
  readonly inputs: readonly BatchInput[]
  /** Of an actor. */
  readonly actor?: BatchActor | undefined
  /** Of a generator. */
  readonly stream: StreamParams | null
}

export interface BatchActor {
  readonly concurrency: number
  readonly snapshot: { readonly span: Span; readonly refs: readonly RefLink[] } | null
}

/** Which items are wanted, and how many may be produced before any is taken. */
export interface StreamParams extends StreamOrder, Lead {}

/** An item on its way out of a worker. `bytes` come with one of type 'stored'. */
export interface YieldedItem {
  readonly index: number
  readonly item: Item
  readonly bytes: Uint8Array<ArrayBuffer> | null
}

/** A BatchOrder by position, its code and function as places in the batch's names: structured clone writes every key of every object. */
export type PackedTask = readonly [
  number: number,
  task: TaskId,
  attempt: number,
  code: number,
  fn: number,
  argsStart: number,
  argsEnd: number,
  refs: readonly RefLink[] | 0,
  inputs: readonly BatchInput[] | 0,
]

/** A generator is one place longer, an actor two. */
export type PackedOrder = readonly [...PackedTask, stream?: StreamParams | 0, actor?: BatchActor]

export interface Batch {
  readonly buffer: ArrayBuffer
  readonly names: readonly string[]
  readonly orders: readonly PackedOrder[]
  /** Values to keep for this and later attempts. */
  readonly objects: readonly { readonly object: ObjectId; readonly bytes: Uint8Array<ArrayBuffer> }[]
  /** Values to forget, before the new ones are kept. */
  readonly forget: readonly ObjectId[]
}

/** The owner that a worker writes for "this peer": only the main thread knows its life. */
export const thisPeer = '' as LifeId

/** A running task's verbs, on their way to its context. `call` names an answer to come. */
export type ContextRequest =
  | { readonly type: 'submit'; readonly spec: TaskSpec }
  | { readonly type: 'put'; readonly call: number; readonly request: PutRequest }
  | {
      readonly type: 'watch'
      readonly call: number
      readonly object: ObjectId
      readonly owner: LifeId
      readonly bytes: boolean
    }
  | { readonly type: 'stop'; readonly call: number }
  | { readonly type: 'hold'; readonly object: ObjectId; readonly owner: LifeId }
  | { readonly type: 'release'; readonly object: ObjectId }
  | {
      readonly type: 'cancel'
      readonly call: number
      readonly object: ObjectId
      readonly owner: LifeId
      readonly reason: string
    }
  | { readonly type: 'durable'; readonly call: number; readonly object: ObjectId; readonly owner: LifeId }
  | { readonly type: 'find-actor'; readonly call: number; readonly name: string }
  /** The next item of a stream; null is the end. The first one begins to read it. */
  | {
      readonly type: 'next'
      readonly call: number
      readonly object: ObjectId
      readonly owner: LifeId
      readonly options: ReadOptions
    }
  /** Reads no more of it. */
  | { readonly type: 'leave'; readonly object: ObjectId }

/** From a worker to its peer. */
export type Report =
  | { readonly type: 'ready' }
  /** There are outcomes in the ring. */
  | { readonly type: 'knock' }
  /** `bytes` come with an outcome of type 'stored'. */
  | {
      readonly type: 'done'
      readonly number: number
      readonly outcome: Outcome
      readonly ms: number
      readonly bytes: Uint8Array | null
    }
  /** What a generator yielded, in order. */
  | { readonly type: 'items'; readonly number: number; readonly items: readonly YieldedItem[] }
  | { readonly type: 'blocked' | 'unblocked'; readonly number: number }
  | { readonly type: 'returned'; readonly numbers: readonly number[] }
  | { readonly type: 'built'; readonly number: number; readonly snapshots: boolean }
  | { readonly type: 'snapshot'; readonly number: number; readonly result: SnapshotResult }
  | { readonly type: 'logged'; readonly number: number | null; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'asset'; readonly number: number; readonly call: number; readonly name: string }
  | { readonly type: 'context'; readonly number: number; readonly request: ContextRequest }

export type LogLevel = 'log' | 'warn' | 'error'

/** From a peer to its worker. */
export type ToWorker = Answer | Proceed

/** So many items of that attempt were taken by their reader. */
export interface Proceed {
  readonly number: number
  readonly taken: number
}

/** What came of a ContextRequest. */
export interface Answer {
  readonly call: number
  readonly settlement: Settlement | null
  /** The file that was asked for: its path, or its bytes. */
  readonly asset?: string | Uint8Array | undefined
  /** The actor that was asked for, if somebody has it. */
  readonly found?: FoundActor | null | undefined
  /** An encoded error when it failed. */
  readonly error: Uint8Array | null
}
