// The bag that holds one peer's tables, and the turn's scratch: what is still to be said to whom and
// what the shell is to do. Flows work on it; tables never see it.

import Denque from 'denque'
import { isApart } from '../model/actor.ts'
import type { Config } from '../model/config.ts'
import type { Effect, Notice } from '../model/events.ts'
import type { AttemptId, ContextId, Instant, LifeId, ObjectId, PeerId, TaskId } from '../model/ids.ts'
import { never, peerOf, resultOf } from '../model/ids.ts'
import type { InspectRow, Message, Query, Signal } from '../model/messages.ts'
import { Multimap } from '../model/multimap.ts'
import type { Failure, StoredAt } from '../model/object.ts'
import { Rng } from '../model/rng.ts'
import type { Epoch, Writing } from '../model/task.ts'
import type { PrintedLine } from '../model/printed.ts'
import type { Profile } from '../model/world.ts'
import { createAgenda } from './agenda.ts'
import type { Agenda } from './agenda.ts'
import { Callees } from './callees.ts'
import { Changes } from './changes.ts'
import { Codes } from './codes.ts'
import { type Counters, noCounters } from './counters.ts'
import { Deadlines } from './deadlines.ts'
import { Directory } from './directory.ts'
import { Elsewheres } from './elsewhere.ts'
import { Executor } from './executor.ts'
import { FailureDetector } from './failure-detector.ts'
import { Fold } from './fold.ts'
import { type Disk, Foundlings } from './foundlings.ts'
import { Gossip } from './gossip.ts'
import { Guarded } from './guarded.ts'
import { History } from './history.ts'
import { Holdings } from './holdings.ts'
import { Holds } from './holds.ts'
import type { ClaimRow } from './inheritance.ts'
import { Jobs } from './jobs.ts'
import { Leases } from './leases.ts'
import { Ledger } from './ledger.ts'
import { Links } from './links.ts'
import { Names } from './names.ts'
import { Makers } from './makers.ts'
import { Membership } from './membership.ts'
import { Replies } from './replies.ts'
import { Residents } from './residents.ts'
import { Meters } from './meters.ts'
import { Polls } from './polls.ts'
import { Printed } from './printed.ts'
import type { Delivery } from './runs.ts'
import { Scheduler } from './scheduler.ts'
import { Sessions } from './sessions.ts'
import { Shared } from './shared.ts'
import { Story } from './story.ts'
import { Streams } from './streams.ts'
import type { Reading } from './streams.ts'
import { Tasks } from './tasks.ts'
import { firstTimers, type Timers } from './timers.ts'
import { Transits } from './transits.ts'
import { Watches } from './watches.ts'

export type { Agenda, Conclusion, Requeue } from './agenda.ts'

export interface PeerState {
  readonly self: LifeId
  readonly peer: PeerId
  readonly config: Config
  readonly writing: Writing
  /** What answers whoever looks: `flows/inspect.ts`. A page is a peer before it has that. */
  see: See
  readonly rng: Rng
  readonly startedAt: Instant
  /** Of the jobs of this peer: theirs never changes while it lives. */
  readonly firstEpoch: Epoch
  readonly members: Membership
  readonly detector: FailureDetector
  readonly gossip: Gossip
  readonly links: Links
  readonly sessions: Sessions
  readonly tasks: Tasks
  readonly deadlines: Deadlines
  readonly scheduler: Scheduler
  readonly directory: Directory
  readonly holds: Holds
  readonly holdings: Holdings
  readonly foundlings: Foundlings
  readonly disk: Disk
  readonly elsewhere: Elsewheres
  readonly watches: Watches
  readonly executor: Executor
  readonly code: Codes
  /** What we answer for, as our guardians know it. */
  readonly ledger: Ledger
  /** What others answer for, kept for when they are gone. */
  readonly guarded: Guarded
  /** The tasks inside which was put what we answer for. */
  readonly makers: Makers
  /** Puts of whose bytes nobody known is there. */
  readonly missing: Map<ObjectId, Missing>
  readonly shared: Shared
  /** Votes that are being taken. */
  readonly polls: Polls
  readonly jobs: Jobs
  /** Actors: those that live here, those whose group we are of, those that contexts here call, and names asked about. */
  readonly residents: Residents
  readonly leases: Leases
  readonly callees: Callees
  readonly names: Names
  /** Actors that are to go on with other code: in turn. */
  readonly changes: Changes
  readonly replies: Replies
  /** Streams that we answer for. */
  readonly streams: Streams
  /** Streams that contexts here read, whoever answers for them, and how far they are. */
  readonly readings: Map<ObjectId, Reading>
  /** Attempts that wait for what an earlier one of theirs had asked for. */
  readonly claims: Map<ContextId, ClaimRow>
  /** Ended lives whose holds and contexts are kept until then. */
  readonly graves: Map<LifeId, Instant>
  /** Refs inside outcomes that their receiver does not hold yet. */
  readonly transits: Transits
  /** Outcomes received whose refs are not all acknowledged by their owners: whom to tell then. */
  readonly deliveries: Map<string, Delivery>
  /** Attempts given out before a conversation began anew, until the other side has said which it has. */
  readonly unconfirmed: Map<LifeId, Set<TaskId>>
  /** Outcomes that an owner never took before its life ended, or seemed to: said again if it is back. */
  readonly letters: Map<LifeId, Message[]>
  /** Containers whose refs we hold now but whose owner is yet to say so: ref → containers kept until then. */
  readonly partings: Multimap<ObjectId, ObjectId>
  /** Borrows that their owners must know of before outcomes leave: ref → attempts that wait. */
  readonly unsaid: Multimap<ObjectId, AttemptId>
  /** Objects of others whose tasks were asked to end: whoever asked is told when they have. */
  readonly cancelling: Set<ObjectId>
  /** Objects whose copies a program here waits for. */
  readonly durables: Map<ObjectId, Durable>
  /** Questions to other peers that are not answered yet. */
  readonly inspections: Map<number, LifeId>
  readonly remembered: History
  readonly story: Story
  readonly printed: Printed
  /** Lines on their way out, and those that have come for programs here. */
  readonly printing: {
    readonly out: Fold<{ line: PrintedLine; to: LifeId }>
    readonly arrived: Fold<{ line: PrintedLine }>
  }
  readonly meters: Meters
  readonly notes: Map<ObjectId, string>
  /** Of arguments in specs that are kept as lineage. */
  lineageBytes: number
  readonly timers: Timers
  readonly counters: Counters
  leaving: { by: Instant; said: boolean } | null
  /** A random member outside the ring that is being looked at. */
  visiting: LifeId | null
  joined: boolean
  /** What flows leave for each other within a turn. */
  readonly agenda: Agenda
  /** Objects that are others by alias: target → those that became it. */
  readonly aliases: Multimap<ObjectId, ObjectId>
  /** Messages of this turn, in order; those to ourselves are taken in the same turn. */
  readonly outbox: { to: LifeId; message: Message }[]
  readonly loopback: Denque<Message>
  readonly signals: Map<LifeId, Signal[]>
  /** Who asked us to probe whom: target → `nonce|asker`. */
  readonly favours: Multimap<LifeId, string>
  readonly effects: Effect[]
}

/** A wait for copies: until when, once there is something to copy, and when another owner is asked about them again. */
export interface Durable {
  by: Instant
  askAt: Instant
}

export interface Missing {
  readonly located: StoredAt
  /** Until then somebody may say so; `never` once it is lost, or being put again. */
  by: Instant
  /** Who had them, is back, and was asked to look. */
  readonly asked: Set<LifeId>
}

export interface PeerInit {
  readonly self: LifeId
  readonly profile: Profile
  readonly config: Config
  readonly seed: number
  readonly now: Instant
  /** Bytes of objects on disk at most. Default 0: there is no disk. */
  readonly spillBytes?: number | undefined
  readonly writing: Writing
  /** Default: nothing is told, until somebody sets it. */
  readonly see?: See | undefined
}

/** Rows, as far as this peer knows. */
export type See = (state: PeerState, query: Query, now: Instant) => InspectRow[]

export function createPeerState(init: PeerInit): PeerState {
  const { self, profile, config, seed, now, spillBytes = 0, writing, see = () => [] } = init
  const ledger = new Ledger()
  const missing = new Map<ObjectId, Missing>()
  const shared = new Shared()
  const streams = new Streams()
  const code = new Codes()
  const guarded = new Guarded((id, isNeeded) => (isNeeded ? code.need(id) : code.unneed(id)))
  const directory = new Directory(
    (object) => ledger.touch(object),
    (object) => {
      streams.left(object)
      ledger.remove(object)
      missing.delete(object)
      guarded.left(object)
      shared.leave(object, directory.locate(object))
    },
  )
  const tasks = new Tasks(config, (task) => ledger.touch(resultOf(task)))
  const dueAt = (id: TaskId): Instant => {
    const row = tasks.get(id)
    return row && row.state !== 'settled' ? Tasks.dueAt(row) : never
  }
  return {
    self,
    peer: peerOf(self),
    config,
    writing,
    see,
    rng: new Rng(seed),
    startedAt: now,
    firstEpoch: { number: 1, by: self },
    members: new Membership(self, profile, now),
    detector: new FailureDetector(config, self),
    gossip: new Gossip(config.rumourLambda),
    links: new Links(config),
    sessions: new Sessions(config),
    tasks,
    deadlines: new Deadlines(dueAt),
    scheduler: new Scheduler(config.maxCredits),
    directory,
    holds: new Holds(),
    holdings: new Holdings(),
    foundlings: new Foundlings(),
    disk: { limitBytes: spillBytes, retryAt: now },
    elsewhere: new Elsewheres(),
    watches: new Watches(),
    executor: new Executor(config, profile.slots),
    code,
    ledger,
    guarded,
    makers: new Makers(),
    missing,
    shared,
    polls: new Polls(),
    jobs: new Jobs(),
    residents: new Residents(),
    leases: new Leases(),
    callees: new Callees(),
    names: new Names(),
    changes: new Changes((id, isNeeded) => (isNeeded ? code.need(id) : code.unneed(id))),
    streams,
    readings: new Map(),
    replies: new Replies(),
    claims: new Map(),
    graves: new Map(),
    transits: new Transits(),
    deliveries: new Map(),
    unconfirmed: new Map(),
    letters: new Map(),
    partings: new Multimap(),
    unsaid: new Multimap(),
    cancelling: new Set(),
    durables: new Map(),
    inspections: new Map(),
    remembered: new History(config.keptSettled),
    story: new Story(config),
    printed: new Printed(config),
    printing: { out: new Fold(config), arrived: new Fold(config) },
    meters: new Meters(),
    notes: new Map(),
    lineageBytes: 0,
    timers: firstTimers(now, config),
    counters: noCounters(),
    leaving: null,
    visiting: null,
    joined: false,
    agenda: createAgenda(),
    aliases: new Multimap(),
    outbox: [],
    loopback: new Denque(),
    signals: new Map(),
    favours: new Multimap(),
    effects: [],
  }
}

/** Says something to another peer, or to ourselves: the owner of a task is often its executor. */
export function say(state: PeerState, to: LifeId, message: Message): void {
  if (to === state.self) return void state.loopback.push(message)
  if (!state.members.knows(to)) state.agenda.strangers.push(to)
  state.outbox.push({ to, message })
}

/** Nobody will answer any more for what that life owned: it left, came back as another, or its grace is over. */
export function isBeyond(state: PeerState, life: LifeId): boolean {
  if (!state.members.ended(life)) return false
  const row = state.members.get(peerOf(life))
  if (!state.graves.has(life) || row?.life !== life) return true
  return row.state === 'left' && state.members.guardianOf(life) === null
}

/** Dials that peer where it says it listens or where it was once found, now or when its back-off is over. */
export function dial(state: PeerState, peer: PeerId, now: Instant): void {
  const { life = null, profile } = state.members.get(peer) ?? {}
  if (!state.links.want(peer, life, now)) return
  const addresses = [...(profile?.addresses ?? []), ...state.links.entryAddresses(peer)]
  state.effects.push({ type: 'dial', peer, addresses })
}

/** Closes the link to that life. It counts as closed from now on, whatever becomes of the goodbye. */
export function hangUp(state: PeerState, life: LifeId, reason: string): void {
  const peer = peerOf(life)
  const stood = state.links.down(life, state.timers.turnAt)
  // Of one that is over there may be a connection without a link yet; of one that has come back since it is perhaps the new one's.
  if (stood || (state.members.get(peer)?.life === life && state.members.ended(life)))
    state.effects.push({ type: 'hang-up', peer, reason })
}

/** Outside of sessions: with the next frame to that life, or lost with the dial. */
export function signal(state: PeerState, to: LifeId, said: Signal): void {
  const queue = state.signals.get(to)
  if (!queue) state.signals.set(to, [said])
  else if (queue.length < 64) queue.push(said)
}

export function notify(state: PeerState, notice: Notice): void {
  state.story.noticed(notice, state.timers.turnAt)
  state.effects.push({ type: 'notice', notice })
}

/** `+12.3 s`: a time in a story, from this peer's start. */
export function stamp(state: PeerState, now: Instant): string {
  return `+${((now - state.startedAt) / 1_000).toFixed(3)} s`
}

export function checkPeerState(state: PeerState): void {
  state.members.check()
  state.detector.check()
  state.sessions.check()
  state.tasks.check()
  state.directory.check()
  state.changes.check()
  state.holds.check()
  state.holdings.check(state.config.maxFetches)
  state.foundlings.check((object) => state.holdings.has(object))
  state.executor.check()
  state.code.check(state.config.maxCodes)
  state.ledger.check()
  state.guarded.check()
  state.makers.check()
  state.scheduler.check((life) => state.tasks.assignedTo(life).filter(({ spec }) => !isApart(spec)).length)
  state.residents.check()
  state.callees.check()
}

/** Why a value is not to be had, as a failure; `fn` made it, as far as we know. */
export function lostFailure(object: ObjectId, reason: string, because: string, fn?: string): Failure {
  const message = `${fn === undefined ? `object ${object}` : `the result of ${fn} (${object})`} is lost: ${because}`
  return { code: 'OBJECT_LOST', reason, message, task: null, peer: null, attempt: 0, cause: null, story: [] }
}
