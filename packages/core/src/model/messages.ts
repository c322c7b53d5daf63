// Everything that travels between two peers. A frame is what one turn has to say to one peer:
// numbered messages of the session (recorded once and in order), and signals, claims and load,
// which are outside of it: newest wins, losing one costs a round. The union is closed; the codec
// checks every field before the machine sees it.

import type { ActorRecord, Edition, Keep, NewCode } from './actor.ts'
import type { AttemptId, ContextId, LifeId, ObjectId, TaskId } from './ids.ts'
import type { FoundActor } from './events.ts'
import type { JobHead, LedgerRow } from './ledger.ts'
import type { FoundNote, Located } from './object.ts'
import type { Item, StreamOrder } from './stream.ts'
import type { Epoch, Outcome, TaskSpec } from './task.ts'
import type { PrintedLine } from './printed.ts'
import type { Claim, Load } from './world.ts'

export const protocolVersion = 1

/** Where an executor finds a top-level argument: its bytes, or who holds them. */
export interface Input {
  /** The argument as the spec names it. */
  readonly object: ObjectId
  /** The object whose bytes it is: another one when the argument's task returned a ref. */
  readonly source: ObjectId
  /** Owner of the source. */
  readonly owner: LifeId
  readonly located: Located
}

export interface Assignment {
  readonly spec: TaskSpec
  readonly attempt: number
  readonly inputs: readonly Input[]
  /** Beside one that runs elsewhere: it may neither submit nor put. */
  readonly extra?: boolean | undefined
  /** Who had earlier attempts and may have asked for children: their ledgers are looked at before this one begins. */
  readonly formerly?: readonly LifeId[] | undefined
  /** What an earlier attempt put and is lost: the owner is told (`remade`) when this one has put it again. */
  readonly remake?: readonly ObjectId[] | undefined
  /** Of a generator: which items are wanted. */
  readonly stream?: StreamOrder | undefined
}

export interface HoldingNote {
  readonly object: ObjectId
  readonly size: number
  readonly hash: string
}

export type Message =
  // ---- owner to executor
  | { readonly type: 'assign'; readonly epoch: Epoch; readonly attempts: readonly Assignment[] }
  /** `moved`: only this attempt ends, its task goes on elsewhere; children are left alone. */
  | {
      readonly type: 'abort'
      readonly task: TaskId
      readonly attempt: number
      readonly reason: string
      readonly moved?: boolean | undefined
    }
  /** The refs inside that outcome, or that item of a stream, are held by the owner now; the executor may let go of them. */
  | {
      readonly type: 'delivered'
      readonly task: TaskId
      readonly attempt: number
      readonly index?: number | undefined
    }
  /** So many items of that stream were taken by its reader: a total, from which follows how many more may be produced. */
  | { readonly type: 'proceed'; readonly task: TaskId; readonly attempt: number; readonly taken: number }
  // ---- executor to owner
  /** Attempts that the owner may have out here: a total, not an increment. */
  | { readonly type: 'grant'; readonly credits: number }
  | {
      readonly type: 'outcome'
      readonly task: TaskId
      readonly attempt: number
      readonly outcome: Outcome
      readonly ms: number
      /** Of these, how long it waited for others, its slot free for whoever was next. */
      readonly waitedMs?: number | undefined
    }
  /** The generator yielded it. Items come in order, before the outcome. */
  | {
      readonly type: 'item'
      readonly task: TaskId
      readonly attempt: number
      readonly index: number
      readonly item: Item
    }
  /** That attempt has put again what was lost; kept here until `delivered`, which names the object and attempt 0. */
  | { readonly type: 'remade'; readonly object: ObjectId; readonly located: Located }
  /** A task printed that. */
  | { readonly type: 'printed'; readonly line: PrintedLine }
  // ---- about objects: borrower to owner
  | { readonly type: 'want'; readonly object: ObjectId }
  /** `nth` tells the answer from one to a borrow that was let go of meanwhile. */
  | { readonly type: 'borrow'; readonly object: ObjectId; readonly nth: number }
  | { readonly type: 'release'; readonly object: ObjectId }
  | { readonly type: 'cancel'; readonly object: ObjectId; readonly reason: string }
  /** A context reads that stream, and has taken so many of its items: a total. `run`: which run of the context; a later one reads from its own beginning. */
  | {
      readonly type: 'took'
      readonly object: ObjectId
      readonly reader: ContextId
      readonly run: number
      readonly taken: number
    }
  // ---- owner to borrower
  /** Another context reads that stream. */
  | { readonly type: 'consumed'; readonly object: ObjectId; readonly reader: ContextId }
  // ---- holder to owner
  | {
      readonly type: 'holding'
      readonly object: ObjectId
      readonly size: number
      readonly hash: string
      /** Kept for an owner that is gone: whoever answers now is to say that it counts on them. */
      readonly orphan?: boolean | undefined
    }
  /** That holder has no such bytes, or other ones. */
  | { readonly type: 'gone'; readonly object: ObjectId; readonly holder: LifeId }
  /** A copy that was asked for could not be made. */
  | { readonly type: 'declined'; readonly object: ObjectId }
  /** May these bytes go? `pressed`: they have nowhere else to go, so one copy less than wanted will do. Answered by `drop` or `keep`, which name its number. */
  | { readonly type: 'mayDrop'; readonly object: ObjectId; readonly nth: number; readonly pressed: boolean }
  /** Bytes that an earlier life of the sender left on its disk: `keep` or `free` from whoever answers for them, nothing from others. */
  | { readonly type: 'found'; readonly objects: readonly FoundNote[] }
  // ---- reader to owner
  /** All whom the reader knows to have the bytes are busy: who else has them by now? Answered by `sources`. */
  | { readonly type: 'whoHas'; readonly object: ObjectId }
  // ---- owner to borrower or holder
  | { readonly type: 'sources'; readonly object: ObjectId; readonly from: readonly LifeId[] }
  /** That copy is struck from the directory: the bytes may go. */
  | { readonly type: 'drop'; readonly object: ObjectId; readonly nth: number }
  /** That copy counts: the bytes stay. `nth` is 0 for what was found. */
  | { readonly type: 'keep'; readonly object: ObjectId; readonly nth: number }
  | { readonly type: 'located'; readonly object: ObjectId; readonly located: Located }
  | { readonly type: 'borrowed'; readonly object: ObjectId; readonly nth: number; readonly known: boolean }
  | {
      readonly type: 'replicate'
      readonly object: ObjectId
      readonly size: number
      readonly hash: string
      readonly from: readonly LifeId[]
    }
  /** Somebody had no good bytes from the receiver: it looks at its own, and says `holding`, or drops them and says `gone`. */
  | { readonly type: 'verify'; readonly object: ObjectId; readonly hash: string }
  | { readonly type: 'free'; readonly object: ObjectId }
  // ---- owner to guardian and back
  /** Rows that would be missed, and those that would not be any more. `begin`: what was told before counts no more. */
  | {
      readonly type: 'guard'
      readonly nth: number
      readonly begin: boolean
      /** More of what there was when it began follows. */
      readonly more: boolean
      readonly rows: readonly LedgerRow[]
      readonly gone: readonly ObjectId[]
      readonly jobs: readonly JobHead[]
    }
  /** Taken up to that message. `full`: there is no room for more. */
  | { readonly type: 'guarded'; readonly nth: number; readonly full: boolean }
  /** Another guards it now. */
  | { readonly type: 'unguard' }
  // ---- whoever runs a context again, to guardians and back
  | { readonly type: 'claim'; readonly context: ContextId }
  | {
      readonly type: 'claimed'
      readonly context: ContextId
      readonly rows: readonly LedgerRow[]
      /** More of them follow. */
      readonly more: boolean
    }
  // ---- between those who answer, or answered, for one object
  /** What the sender found it to be. `isFirst`: it did not adopt it. `reply`: other findings are wanted back. */
  | {
      readonly type: 'compare'
      readonly object: ObjectId
      readonly located: Located
      readonly isFirst: boolean
      readonly reply: boolean
    }
  // ---- whoever opens a named job, to everybody and back
  | { readonly type: 'seek'; readonly context: ContextId }
  | {
      readonly type: 'sought'
      readonly context: ContextId
      /** A program has it. */
      readonly isTaken: boolean
      /** Something of it is here, and may be claimed. */
      readonly has: boolean
      readonly detached: boolean
      /** As in a `JobHead`. */
      readonly opened: number
      readonly names: readonly (readonly [string, ObjectId])[]
    }
  /** That job is over, wherever anything of it is. */
  | { readonly type: 'end-job'; readonly context: ContextId; readonly reason: string }
  // ---- actors: a host, or somebody who would be it, to the group and back
  /** May the sender be its host from now on, as that incarnation? `group`: its first members. */
  | {
      readonly type: 'stand'
      readonly actor: ObjectId
      readonly epoch: Epoch
      readonly group: readonly LifeId[]
    }
  | {
      readonly type: 'vote'
      readonly actor: ObjectId
      readonly epoch: Epoch
      readonly granted: boolean
      /** The highest incarnation that the voter has promised; null: it knows nothing of that actor. */
      readonly promised: Epoch | null
      /** Who has a lease of it, and for how much longer. */
      readonly host: LifeId | null
      readonly leftMs: number
      readonly record: ActorRecord | null
      /** It is over for good, and why. */
      readonly over: string | null
    }
  /** The lease, once more; `record`: there is a later one. */
  | {
      readonly type: 'renew'
      readonly actor: ObjectId
      readonly epoch: Epoch
      readonly nth: number
      readonly record: ActorRecord | null
    }
  | {
      readonly type: 'renewed'
      readonly actor: ObjectId
      readonly epoch: Epoch
      readonly nth: number
      readonly granted: boolean
      /** False: the sender knows nothing of that actor. */
      readonly isMember: boolean
    }
  /** The sender is not its host any more. `over`: nobody will be. */
  | { readonly type: 'resign'; readonly actor: ObjectId; readonly epoch: Epoch; readonly over: string | null }
  /** That is where it lives, as that incarnation: from the host to who answers for it, from there to who calls it. */
  | {
      readonly type: 'hosted'
      readonly actor: ObjectId
      readonly at: LifeId
      readonly epoch: Epoch
      /** It has begun there, and nobody was told. False: it goes on there as it was. */
      readonly begun: boolean
    }
  /** It is still to be made, and waits for an argument, a slot or its next try: from who answers for it to who would call it. */
  | { readonly type: 'unmade'; readonly actor: ObjectId }
  /** The caller has let go of what that call answered. `keep`: how long somebody may ask for it again in its place. */
  | { readonly type: 'forget'; readonly actor: ObjectId; readonly task: TaskId; readonly keep: Keep }
  // ---- an actor is to go on with other code: from who would have its name to who answers for it, from there to its host, and back
  | ({ readonly type: 'change-actor'; readonly actor: ObjectId; readonly task: TaskId } & NewCode)
  /** It is to leave its host, with its state in a record, and go on as that. */
  | { readonly type: 'hand-over'; readonly actor: ObjectId; readonly attempt: number; readonly edition: Edition }
  /** To `task`, or from the host: what came of it. `gone`: there is no such actor any more. */
  | {
      readonly type: 'changed-actor'
      readonly actor: ObjectId
      readonly task: TaskId
      readonly end: 'changed' | 'refused' | 'gone'
      readonly why: string
    }
  // ---- actors by name: to everybody and back
  | { readonly type: 'seek-actor'; readonly name: string }
  | {
      readonly type: 'sought-actor'
      readonly name: string
      readonly found: FoundActor | null
    }
  // ---- both ways
  /** First message of every session: what the sender runs, borrows and holds for the receiver. Complete: what is missing is lost. */
  | {
      readonly type: 'announce'
      readonly attempts: readonly AttemptId[]
      readonly borrows: readonly ObjectId[]
      readonly holdings: readonly HoldingNote[]
      /** Items among these that are yet to be said. */
      readonly coming: readonly ObjectId[]
      /** Outcomes and items of which `delivered` is yet to be said. */
      readonly undelivered: readonly string[]
    }
  /** Hand over and leave, within so many milliseconds. */
  | { readonly type: 'drain'; readonly withinMs: number }
  | { readonly type: 'unplug' }
  /** That is not the receiver's to say, by its role: dropped, and why. */
  | { readonly type: 'forbidden'; readonly sentence: string }
  | { readonly type: 'inspect'; readonly request: number; readonly query: Query }
  | { readonly type: 'inspected'; readonly request: number; readonly rows: readonly InspectRow[] }

/** What a peer may be asked about itself. */
export interface Query {
  readonly what:
    | 'tasks'
    | 'attempts'
    | 'objects'
    | 'jobs'
    | 'actors'
    | 'explain'
    | 'story'
    | 'members'
    | 'counters'
    | 'measures'
    | 'printed'
    | 'summary'
  readonly id: string | null
  /** Those whose fields are all like this. */
  readonly where?: Readonly<Record<string, string>> | undefined
  /** Of numbered rows those that come later. */
  readonly after?: number | undefined
  readonly limit: number
}

export type InspectRow = Readonly<Record<string, string | number | boolean | null>>

/** Outside of sessions: probes and the exchange of member lists. */
export type Signal =
  | { readonly type: 'ping'; readonly nonce: number }
  | { readonly type: 'pong'; readonly nonce: number }
  /** Ask the receiver to probe the target in our place. */
  | { readonly type: 'probe'; readonly target: LifeId; readonly nonce: number }
  | { readonly type: 'probed'; readonly target: LifeId; readonly nonce: number; readonly heard: boolean }
  | { readonly type: 'sync'; readonly members: readonly Claim[]; readonly reply: boolean }

export interface Frame {
  readonly from: LifeId
  readonly to: LifeId
  /** The sender's number of this session, and the receiver's as the sender knows it. */
  readonly mine: number
  readonly yours: number
  /** The last message of the receiver that was recorded in order. */
  readonly ack: number
  /** The number of the first of `messages`. */
  readonly seq: number
  readonly messages: readonly Message[]
  readonly signals: readonly Signal[]
  readonly claims: readonly Claim[]
  readonly load: Load | null
}
