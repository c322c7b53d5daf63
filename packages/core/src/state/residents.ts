// Actors that live here, or are about to: which worker each has, under what lease, and the calls that came for
// it. A mailbox is there before its actor is (calls may come first). Calls of one context run in the order in
// which they came; one that still waits for an argument holds up those behind it and nobody else.

import type { ActorRecord, Answered, Edition } from '../model/actor.ts'
import { compareEpochs } from '../model/actor.ts'
import { broken } from '../model/assert.ts'
import type { AttemptId, ContextId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Epoch } from '../model/task.ts'
import type { RunRow } from './runs.ts'

type Vote = Extract<Message, { type: 'vote' }>

/** It asks its group whether it may be the host. */
export interface Standing {
  epoch: Epoch
  readonly votes: Map<LifeId, Vote>
  /** Whom it takes for the group: those who are of it and have never heard so may vote as well. */
  group: readonly LifeId[]
  /** When it first asked, when it last did, and when it does again. */
  readonly since: Instant
  askedAt: Instant
  againAt: Instant
  tries: number
}

/** It may be the host, as that incarnation. */
export interface Tenure {
  readonly epoch: Epoch
  record: ActorRecord
  /** Up to which a majority has the records. */
  committed: number
  /** Renewals that were asked for: when, and with which record. */
  readonly asked: Map<number, { readonly at: Instant; readonly version: number }>
  nth: number
  /** When each member was last asked of what it has granted, and the latest record that it has. */
  readonly granted: Map<LifeId, { readonly at: Instant; readonly version: number }>
  /** Members that know nothing of it: others take their place. */
  readonly blank: Set<LifeId>
  /** Members that were gone while what they had granted still ran: they have promised nobody else. */
  readonly faithful: Set<LifeId>
  /** Nothing is run or answered after this. */
  until: Instant
  renewAt: Instant
}

export type ResidentState = 'standing' | 'leasing' | 'building' | 'open' | 'over'

/** An outcome that may not leave yet. */
export interface HeldBack {
  readonly id: AttemptId
  /** The record that has to be with a majority first; 0: only the lease has to stand. */
  readonly version: number
}

/** What the next record is to say, and the replies that it has. */
export interface Draft extends Pick<ActorRecord, 'snapshot' | 'answers' | 'fences'> {
  readonly replies: ReadonlySet<AttemptId>
}

/** Snapshots that were written into records. */
export interface Checkpoints {
  /** The record that the latest is in. */
  version: number
  /** Of those that most of the group has: how many, the latest one's record, and since when. */
  kept: number
  keptVersion: number
  keptAt: Instant
  /** Of how many the story tells, and when it last did. */
  told: number
  toldAt: Instant
}

export interface Resident {
  readonly actor: ObjectId
  readonly run: RunRow
  readonly worker: number
  state: ResidentState
  standing: Standing | null
  tenure: Tenure | null
  /** It can be asked for a snapshot; and is, now and then. */
  canSnapshot: boolean
  snapshots: boolean
  /** It is to go on elsewhere, as that: nothing begins here any more. */
  movesTo: Edition | null
  /** What was given to this peer to go on with it: begins when this one is over. */
  next: RunRow | null
  /** It is there, and lives when most of the group has this record, which says what it runs. 0: at once. */
  opensAt: number
  /** One was asked for, and nothing runs until it is there. */
  isAsked: boolean
  /** One was taken, and names objects of ours that guardians could not answer for yet. */
  draft: Draft | null
  /** Calls that ended since the last one. */
  sinceSnapshot: number
  /** When it was there: 0 before that. */
  livedFrom: Instant
  /** That it has begun here has been told to somebody who answers for it. */
  isTold: boolean
  readonly checkpoints: Checkpoints
  /** When its worker was given them. */
  readonly running: Map<AttemptId, Instant>
  /** Calls that yield items: they may go on for as long as their readers, and keep nobody from a snapshot. */
  readonly streaming: Set<AttemptId>
  readonly answers: Map<TaskId, Answered>
  /** The latest run of each context that was run again, and called. */
  readonly fences: Map<ContextId, number>
  /** Replies that nobody holds any more, the oldest first: until when somebody may ask for them again. */
  readonly unclaimed: Map<TaskId, Instant>
  readonly heldBack: HeldBack[]
}

/** Workers of actors are numbered from here. */
const firstWorker = 1_000_000

export class Residents {
  readonly #rows = new Map<ObjectId, Resident>()
  readonly #mail = new Map<ObjectId, Set<AttemptId>>()
  #nextWorker = firstWorker

  get size(): number {
    return this.#rows.size
  }

  get hasMail(): boolean {
    return this.#mail.size > 0
  }

  get(actor: ObjectId): Resident | undefined {
    return this.#rows.get(actor)
  }

  of(run: AttemptId): Resident | undefined {
    for (const row of this.#rows.values()) if (row.run.id === run) return row
    return undefined
  }

  inWorker(worker: number): Resident | undefined {
    if (worker < firstWorker) return undefined
    for (const row of this.#rows.values()) if (row.worker === worker) return row
    return undefined
  }

  all(): IterableIterator<Resident> {
    return this.#rows.values()
  }

  add(actor: ObjectId, run: RunRow): Resident {
    if (this.#rows.has(actor)) broken(`actor ${actor} lives here once`)
    const row: Resident = {
      actor,
      run,
      worker: this.#nextWorker++,
      state: 'standing',
      standing: null,
      tenure: null,
      canSnapshot: false,
      snapshots: false,
      movesTo: null,
      next: null,
      opensAt: 0,
      isAsked: false,
      draft: null,
      sinceSnapshot: 0,
      livedFrom: 0 as Instant,
      isTold: false,
      checkpoints: { version: 0, kept: 0, keptVersion: 0, keptAt: 0 as Instant, told: 0, toldAt: 0 as Instant },
      running: new Map(),
      streaming: new Set(),
      answers: new Map(),
      fences: new Map(),
      unclaimed: new Map(),
      heldBack: [],
    }
    this.#rows.set(actor, row)
    return row
  }

  /** How long the actor that this run is has lived here, or this call of one has been in its worker; null for what is neither. */
  ranMs({ id, worker, spec }: RunRow, now: Instant): number | null {
    const row = this.inWorker(worker)
    if (!row) return null
    const from = spec.call ? row.running.get(id) : row.livedFrom
    return from ? Math.max(0, now - from) : 0
  }

  remove(row: Resident): void {
    if (this.#rows.get(row.actor) === row) this.#rows.delete(row.actor)
  }

  /** A call came for that actor. */
  post(actor: ObjectId, call: AttemptId): void {
    const mail = this.#mail.get(actor)
    if (mail) mail.add(call)
    else this.#mail.set(actor, new Set([call]))
  }

  /** That call is out of the mailbox: it runs, or never will. */
  take(actor: ObjectId, call: AttemptId): void {
    const mail = this.#mail.get(actor)
    if (mail?.delete(call) && mail.size === 0) this.#mail.delete(actor)
  }

  mailOf(actor: ObjectId): ReadonlySet<AttemptId> {
    return this.#mail.get(actor) ?? empty
  }

  mailboxes(): [ObjectId, ReadonlySet<AttemptId>][] {
    return [...this.#mail]
  }

  deadline(): Instant {
    let next: Instant = never
    for (const { state, standing, tenure } of this.#rows.values()) {
      if (state === 'over') continue
      if (standing && standing.againAt < next) next = standing.againAt
      if (tenure && tenure.renewAt < next) next = tenure.renewAt
    }
    return next
  }

  check(): void {
    for (const row of this.#rows.values()) {
      if ((row.standing !== null) !== (row.state === 'standing')) broken(`${row.actor} is ${row.state} and stands so`)
      if (!(row.tenure === null || compareEpochs(row.tenure.epoch, row.tenure.record.epoch) >= 0))
        broken(`${row.actor} writes its own records`)
      if (!(row.state !== 'open' || row.tenure !== null)) broken(`${row.actor} is open under a lease`)
    }
    for (const [actor, mail] of this.#mail) if (mail.size === 0) broken(`an empty mailbox of ${actor} is gone`)
  }
}

const empty: ReadonlySet<AttemptId> = new Set()

/** That call has ended, or never ran: false when it did not run here. */
export function leaves({ running, streaming }: Resident, call: AttemptId): boolean {
  return running.delete(call) || streaming.delete(call)
}

/** In a mailbox: the calls of one context come one after the other. */
export function lineOf({ spec }: RunRow): ContextId {
  return spec.context
}
