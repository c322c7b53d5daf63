// What the shell tells the machine, and what the machine asks of the shell. Every asynchronous
// effect ends in exactly one event; nothing else crosses the door.

import type { ActorSpec, Snapshot, SnapshotResult } from './actor.ts'
import type { AttemptId, CodeId, ContextId, LifeId, ObjectId, PeerId, TaskId } from './ids.ts'
import type { Frame, InspectRow, Query } from './messages.ts'
import type { Failure, Fetched, FoundNote, Located } from './object.ts'
import type { PrintLevel } from './printed.ts'
import type { Role } from './role.ts'
import type { Item, StreamOrder } from './stream.ts'
import type { CrashReason, Outcome, RefLink, TaskSpec } from './task.ts'

/** What is new about this peer; the rest stays as it was said. */
export interface Described {
  readonly addresses?: readonly string[]
  readonly slots?: number
  readonly hidden?: boolean
}

export type PeerEvent =
  // ---- links
  /** `role`: what it may do here, by the pass that it showed on this link. */
  | { readonly type: 'linked'; readonly life: LifeId; readonly role: Role }
  | { readonly type: 'unlinked'; readonly life: LifeId; readonly reason: string }
  | { readonly type: 'dial-failed'; readonly peer: PeerId; readonly refused: boolean }
  | { readonly type: 'received'; readonly frame: Frame }
  /** The outbox of a link is full, or has drained. */
  | { readonly type: 'writable'; readonly peer: PeerId; readonly writable: boolean }
  | { readonly type: 'violated'; readonly peer: PeerId; readonly reason: string }
  /** The wall clock ran far ahead of ours: the machine was asleep. */
  | { readonly type: 'slept' }
  /** It ran ahead by less than that, and by more than a lease allows for: what counts by our clock may be over. */
  | { readonly type: 'skipped' }
  /** Newcomers find somebody there, as we do now. */
  | { readonly type: 'entry'; readonly peer: PeerId; readonly addresses: readonly string[] }
  /** This peer is reached elsewhere now, gives another share of its machine, or is looked at no longer, or again. */
  | ({ readonly type: 'described' } & Described)
  /** A page is about to be frozen. It gives no slots until it says so again, and what runs goes back in this very turn. */
  | { readonly type: 'standstill' }
  /** A mesh of one: nobody to join. */
  | { readonly type: 'founded' }
  // ---- what programs here ask for
  | { readonly type: 'submit'; readonly spec: TaskSpec }
  | {
      readonly type: 'put'
      readonly context: ContextId
      readonly object: ObjectId
      readonly size: number
      readonly hash: string
      /** Small puts stay with their owner; null when the bytes are in the store. */
      readonly inline: Uint8Array | null
      readonly refs: readonly RefLink[]
      readonly copies: number
      /** The named job that it is put by. */
      readonly job?: { readonly context: ContextId; readonly name: string | null } | undefined
    }
  | { readonly type: 'hold'; readonly object: ObjectId; readonly owner: LifeId }
  | { readonly type: 'release'; readonly object: ObjectId }
  | { readonly type: 'watch'; readonly object: ObjectId; readonly owner: LifeId; readonly bytes: boolean }
  | { readonly type: 'unwatch'; readonly object: ObjectId }
  | { readonly type: 'cancel'; readonly object: ObjectId; readonly owner: LifeId; readonly reason: string }
  | { readonly type: 'durable'; readonly object: ObjectId }
  /** A context here has taken so many items of that stream, in all: see the message of that name. */
  | {
      readonly type: 'took'
      readonly object: ObjectId
      readonly owner: LifeId
      readonly reader: ContextId
      readonly run: number
      readonly taken: number
    }
  /** A bundle is here. `pinned`: for as long as the peer. */
  | { readonly type: 'code'; readonly code: CodeId; readonly pinned: boolean }
  | { readonly type: 'inspect'; readonly peer: LifeId; readonly request: number; readonly query: Query }
  | { readonly type: 'leave' }
  /** That peer, ourselves perhaps, is to hand over and leave. */
  | { readonly type: 'drain'; readonly peer: LifeId; readonly withinMs: number }
  /** That peer, ourselves perhaps, is asked to vanish: its program decides whether it does. */
  | { readonly type: 'unplug'; readonly peer: LifeId }
  /** Who has an actor of that name? Answered by `actor-found`. */
  | { readonly type: 'find-actor'; readonly request: number; readonly name: string }
  // ---- jobs with a name: opened, done with, stopped for good
  | { readonly type: 'job'; readonly context: ContextId; readonly name: string; readonly detached: boolean }
  | { readonly type: 'close-job'; readonly context: ContextId }
  | { readonly type: 'end-job'; readonly context: ContextId; readonly reason: string }
  // ---- transfers
  | { readonly type: 'fetched'; readonly object: ObjectId; readonly result: Fetched }
  /** `sound`: the bytes in the store have that hash. */
  | { readonly type: 'verified'; readonly object: ObjectId; readonly hash: string; readonly sound: boolean }
  /** All holders that a transfer knows of are busy; it waits for one, or for others to be named. */
  | { readonly type: 'busy'; readonly object: ObjectId }
  // ---- the disk
  /** What an earlier life left there, the oldest first. */
  | { readonly type: 'found'; readonly objects: readonly FoundNote[] }
  /** Not `kept`: the disk took no more, and the bytes are where they were. */
  | { readonly type: 'spilled'; readonly object: ObjectId; readonly kept: boolean }
  /** Read back they were not what was written: they are gone. */
  | { readonly type: 'spoilt'; readonly object: ObjectId }
  // ---- workers
  | { readonly type: 'done'; readonly attempt: AttemptId; readonly outcome: Outcome; readonly ms: number }
  /** It printed a line. */
  | { readonly type: 'logged'; readonly attempt: AttemptId; readonly level: PrintLevel; readonly text: string }
  /** A generator yielded it; stored bytes are in the store. */
  | { readonly type: 'item'; readonly attempt: AttemptId; readonly index: number; readonly item: Item }
  | { readonly type: 'blocked'; readonly attempt: AttemptId; readonly blocked: boolean }
  | { readonly type: 'returned'; readonly attempts: readonly AttemptId[] }
  /** The instance is there; `snapshots`: it can be asked for one. */
  | { readonly type: 'built'; readonly attempt: AttemptId; readonly snapshots: boolean }
  | { readonly type: 'snapshot'; readonly attempt: AttemptId; readonly result: SnapshotResult }
  | {
      readonly type: 'exited'
      readonly worker: number
      readonly reason: CrashReason
      readonly detail: string
      readonly running: readonly AttemptId[]
      readonly unstarted: readonly AttemptId[]
    }

/** An attempt whose inputs are all here, for the worker pool. */
export interface Order {
  readonly id: AttemptId
  readonly attempt: number
  readonly spec: TaskSpec
  readonly inputs: readonly OrderInput[]
  /** Of an actor that ran before: what it is restored from. */
  readonly snapshot?: Snapshot | undefined
  /** Of a generator: which items are wanted. */
  readonly stream: StreamOrder | null
}

export interface OrderInput {
  readonly object: ObjectId
  /** The stored object whose bytes it is. */
  readonly source: ObjectId
  readonly inline: Uint8Array | null
  /** Refs inside the value. */
  readonly refs: readonly RefLink[]
}

/** An actor that was found by its name, and what a handle needs to know of it. */
export interface FoundActor {
  readonly object: ObjectId
  readonly owner: LifeId
  readonly code: CodeId
  /** Its class. */
  readonly fn: string
  /** How it is to be called. */
  readonly calls: Pick<ActorSpec, 'callRetries' | 'maxPendingCalls' | 'onceOnly' | 'generators'>
}

/** What users can listen to. */
export type Notice =
  | { readonly type: 'peer:joined'; readonly peer: PeerId; readonly name: string }
  | { readonly type: 'peer:suspected'; readonly peer: PeerId; readonly name: string; readonly by: string }
  | {
      readonly type: 'peer:died'
      readonly peer: PeerId
      readonly name: string
      /** How it was found out, in a sentence. */
      readonly how: string
      readonly attemptsMoved: number
      readonly objectsRecopied: number
    }
  /** Somebody was not let in, or thrown out: by this peer, or this peer by that one. */
  | {
      readonly type: 'peer:refused'
      readonly peer: PeerId
      readonly name: string
      readonly reason: string
      readonly by: 'us' | 'them'
    }
  /** It hands over, and leaves then. */
  | { readonly type: 'peer:draining'; readonly peer: PeerId; readonly name: string }
  | { readonly type: 'peer:left'; readonly peer: PeerId; readonly name: string }
  /** Somebody asks this peer to go away without a goodbye, to see what becomes of its work. Only a demonstration does. */
  | { readonly type: 'peer:unplug'; readonly peer: PeerId; readonly name: string; readonly by: string }
  | {
      readonly type: 'task:retried'
      readonly task: TaskId
      readonly fn: string
      readonly attempt: number
      readonly reason: string
    }
  /** A task that was asked for here printed a line, wherever it runs. `again`: the same line, so many times since. */
  | {
      readonly type: 'task:printed'
      readonly task: TaskId
      readonly fn: string
      readonly attempt: number
      readonly peer: PeerId
      readonly name: string
      readonly level: PrintLevel
      readonly text: string
      readonly again: number
    }
  /** Nothing has moved for a while, though tasks wait; `why`: the oldest of them. */
  | {
      readonly type: 'task:stuck'
      readonly waiting: number
      readonly forMs: number
      readonly why: readonly string[]
    }
  /** One more attempt began beside one that takes unusually long. */
  | {
      readonly type: 'task:hedged'
      readonly task: TaskId
      readonly fn: string
      readonly attempt: number
      readonly peer: PeerId
    }
  /** It gave another result than the majority of a vote, for the `count`th time. */
  | {
      readonly type: 'peer:dissented'
      readonly peer: PeerId
      readonly name: string
      readonly task: TaskId
      readonly fn: string
      readonly count: number
    }
  | { readonly type: 'task:conflict'; readonly task: TaskId; readonly fn: string; readonly reason: string }
  /** An actor's host is gone, or its worker: another incarnation of it begins. */
  | {
      readonly type: 'actor:restarted'
      readonly task: TaskId
      readonly fn: string
      readonly incarnation: number
      readonly reason: string
    }
  | { readonly type: 'object:rebuilt'; readonly object: ObjectId; readonly task: TaskId }
  | { readonly type: 'object:copied'; readonly object: ObjectId; readonly peer: PeerId }
  | { readonly type: 'object:lost'; readonly object: ObjectId; readonly reason: string }

export type Effect =
  | { readonly type: 'send'; readonly to: LifeId; readonly frame: Frame }
  | { readonly type: 'dial'; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly type: 'hang-up'; readonly peer: PeerId; readonly reason: string }
  | {
      readonly type: 'fetch'
      readonly object: ObjectId
      readonly size: number
      readonly hash: string
      readonly from: readonly LifeId[]
      /** Nobody who may submit has asked for what it is needed for: only a member's will do. */
      readonly ofMembers: boolean
    }
  /** More holders for a transfer that is under way. */
  | { readonly type: 'sources'; readonly object: ObjectId; readonly from: readonly LifeId[] }
  | { readonly type: 'verify'; readonly object: ObjectId; readonly hash: string }
  /** From memory to disk. */
  | { readonly type: 'spill'; readonly label: FoundNote }
  | { readonly type: 'drop'; readonly object: ObjectId }
  | { readonly type: 'run'; readonly worker: number; readonly batch: readonly Order[] }
  | { readonly type: 'abort'; readonly attempt: AttemptId; readonly reason: string }
  /** That actor is asked for a snapshot, after all the calls that were sent there: `snapshot` follows, or the worker ends. */
  | { readonly type: 'snapshot'; readonly attempt: AttemptId }
  /** Its reader has taken so many items, in all. */
  | { readonly type: 'proceed'; readonly attempt: AttemptId; readonly taken: number }
  /** What that worker has not begun is wanted back. */
  | { readonly type: 'recall'; readonly worker: number }
  | { readonly type: 'terminate'; readonly worker: number; readonly reason: CrashReason }
  /** A watched object is settled; stored bytes are here, under `source`, if they were asked for. */
  | { readonly type: 'settled'; readonly object: ObjectId; readonly source: ObjectId; readonly located: Located }
  /** Null: as many copies as wanted exist. */
  | { readonly type: 'durable'; readonly object: ObjectId; readonly failure: Failure | null }
  | { readonly type: 'cancelled'; readonly object: ObjectId }
  /** That context reads a stream which another one reads. */
  | { readonly type: 'consumed'; readonly object: ObjectId; readonly reader: ContextId }
  /** `takenBy`: another program has it, there. Null: what was done before is here. */
  | { readonly type: 'job-opened'; readonly context: ContextId; readonly takenBy: string | null }
  /** Null: nobody has one of that name. */
  | { readonly type: 'actor-found'; readonly request: number; readonly found: FoundActor | null }
  /** Null: whoever was asked is gone. */
  | { readonly type: 'inspected'; readonly request: number; readonly rows: readonly InspectRow[] | null }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'joined' }
  | { readonly type: 'left' }
