// Jobs with a name. Opening one asks everybody who is here whether a program has it, and who has what
// was done under its name before; that is claimed, and held for as long as the job is. When the
// program is gone, the first guardian of its peer keeps the job: of a detached one it carries on what
// is not done, of an attached one it keeps what is.

import type { ContextId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never, peerOf, resultOf } from '../model/ids.ts'
import type { PeerEvent } from '../model/events.ts'
import type { JobHead } from '../model/ledger.ts'
import type { Message } from '../model/messages.ts'
import { install } from '../state/adoption.ts'
import { guard } from '../state/guarding.ts'
import type { JobRow, Learned } from '../state/jobs.ts'
import { isBare, learn } from '../state/jobs.ts'
import { letGo } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { roleOf } from '../state/permits.ts'

type MessageOf<T> = Extract<Message, { type: T }>

export function open(
  state: PeerState,
  { context, name, detached }: Extract<PeerEvent, { type: 'job' }>,
  now: Instant,
): void {
  const row = state.jobs.get(context) ?? state.jobs.add(context, name, detached)
  row.detached ||= detached
  for (const head of headsOf(state, context)) learn(row, head)
  row.until = never
  row.handedTo = null
  // Those, too, of whom we only heard: whoever has just joined has met one of them.
  const others = state.members.others().filter(({ peer }) => roleOf(state, peer) === 'member')
  const waits = new Set(others.map(({ life }) => life))
  row.opening = { waits, has: new Set([state.self]), takenBy: null, by: after(now, state.config.adoptMs) }
  for (const life of waits) say(state, life, { type: 'seek', context })
  if (waits.size === 0) decide(state, row, now)
}

/** Somebody opens that job. Of two who do at once, the one with the lower id has it. */
export function sought(state: PeerState, from: LifeId, context: ContextId): void {
  const row = state.jobs.get(context)
  const isTaken = row !== undefined && (row.opening === null ? row.isOurs : state.self < from)
  const told = [...headsOf(state, context), ...(row ? [row] : [])]
  const has = told.length > 0 || state.guarded.ofContext(context).length > 0
  const known: Learned = { detached: false, opened: 0, names: new Map() }
  for (const one of told) learn(known, one)
  say(state, from, { type: 'sought', context, isTaken, has, ...known, names: [...known.names] })
}

/** What others have told of it. */
function headsOf({ guarded }: PeerState, context: ContextId): JobHead[] {
  return guarded.owners().flatMap((owner) => guarded.jobsOf(owner).filter((job) => job.context === context))
}

export function found(state: PeerState, from: LifeId, message: MessageOf<'sought'>, now: Instant): void {
  const row = state.jobs.get(message.context)
  if (!row?.opening?.waits.has(from)) return void state.counters.strayed++
  if (message.isTaken) row.opening.takenBy = from
  if (message.has) row.opening.has.add(from)
  learn(row, message)
  silent(state, row, from, now)
}

function silent(state: PeerState, row: JobRow, life: LifeId, now: Instant): void {
  if (row.opening?.waits.delete(life) && row.opening.waits.size === 0) decide(state, row, now)
}

function decide(state: PeerState, row: JobRow, now: Instant): void {
  const { context, opening } = row
  if (!opening) return
  row.opening = null
  if (opening.takenBy !== null) {
    if (row.held.length === 0) state.jobs.remove(context)
    else row.until = after(now, state.config.jobKeepMs)
    const takenBy = state.members.nameOf(peerOf(opening.takenBy))
    state.effects.push({ type: 'job-opened', context, takenBy })
    return
  }
  row.isOurs = true
  row.opened++
  state.jobs.hasNews = true
  const waits = new Set([...opening.has].filter((life) => !state.members.ended(life)))
  state.claims.set(context, {
    attempt: null,
    waits,
    by: after(now, state.config.adoptMs),
    told: new Map(),
    inherited: row.held,
    formerly: [],
  })
  for (const life of waits) say(state, life, { type: 'claim', context })
}

/** What was done before is here. */
export function claimsAnswered(state: PeerState, context: ContextId): void {
  state.claims.delete(context)
  state.jobs.hasNews = true
  state.effects.push({ type: 'job-opened', context, takenBy: null })
}

/** Somebody else has it now, and by then everything of it. */
export function handedOver(state: PeerState, from: LifeId, context: ContextId, now: Instant): void {
  if (from === state.self) return
  const row = state.jobs.get(context) ?? rememberGuarded(state, context)
  if (!row || row.isOurs || row.opening) return
  row.handedTo = from
  row.until = after(now, state.config.orphanGraceMs)
}

/** What we only guard of a job that somebody goes on with is not needed for long either. */
function rememberGuarded(state: PeerState, context: ContextId): JobRow | null {
  for (const owner of state.guarded.owners()) {
    const head = state.guarded.jobsOf(owner).find((job) => job.context === context)
    if (head && state.members.ended(owner)) return state.jobs.add(context, head.name, head.detached)
  }
  return null
}

/**
 * What is asked for under the name of a job is held by it, and guarded: at once where nobody would ask again.
 * The tasks of an attached job are asked for by its program, run again, so they may be done first (see submit).
 */
export function asked(state: PeerState, context: ContextId, object: ObjectId, name: string | null): void {
  const row = state.jobs.get(context)
  if (!row) return
  const isNamed = name !== null && row.names.get(name) !== object
  if (isNamed || isBare(row)) state.jobs.hasNews = true
  if (isNamed) row.names.set(name, object)
  const isTask = Boolean(state.directory.get(object)?.task)
  if (row.detached || name !== null || !isTask) guard(state, object, context)
  state.holds.add(object, state.self, 'container')
  row.held.push(object)
}

/** The program has done with it: kept for whoever runs it again, when anything was ever asked of it. */
export function close(state: PeerState, context: ContextId, now: Instant): void {
  const row = state.jobs.get(context)
  if (!row?.isOurs) return
  if (isBare(row)) return state.jobs.remove(context)
  row.isOurs = false
  row.until = after(now, state.config.jobKeepMs)
  state.jobs.hasNews = true
}

/** Stopped for good, everywhere: what runs is cancelled, what was done is let go. */
export function end(state: PeerState, context: ContextId, reason: string): void {
  for (const { life } of state.members.others()) say(state, life, { type: 'end-job', context, reason })
  ended(state, context, reason)
}

export function ended(state: PeerState, context: ContextId, reason: string): void {
  const why = `the job was stopped: ${reason}`
  const isHere = state.jobs.get(context) !== undefined
  for (const { spec, state: at } of state.tasks.all()) {
    const object = resultOf(spec.id)
    // A job without a name is its program's to end; what was adopted of one with a name is everybody's.
    const mayEnd = isHere || state.shared.get(object)?.isAdopted === true
    if (mayEnd && spec.context === context && at !== 'settled')
      say(state, state.self, { type: 'cancel', object, reason: why })
  }
  endGuarded(state, context)
  const row = state.jobs.get(context)
  if (row) forget(state, row)
}

/** Nothing of that job is missed. Of an owner whose grace is over its jobs were all that its ledger was kept for. */
function endGuarded(state: PeerState, context: ContextId, isOver?: (owner: LifeId) => boolean): void {
  const { guarded, graves, members } = state
  guarded.endJob(context, isOver)
  for (const owner of guarded.owners())
    if (!members.lives(owner) && !graves.has(owner) && guarded.jobsOf(owner).length === 0) guarded.forget(owner)
}

function forget(state: PeerState, row: JobRow): void {
  state.jobs.remove(row.context)
  for (const object of row.held) letGo(state, object, 'container')
}

/** A peer is gone, and its jobs are ours to keep: when we are the first of its guardians. */
export function submitterGone(state: PeerState, life: LifeId, now: Instant): void {
  for (const row of state.jobs.all()) {
    if (row.opening) silent(state, row, life, now)
    if (row.handedTo === life) takeBack(state, row, now)
  }
  if (state.members.guardianOf(life) === state.self)
    for (const head of state.guarded.jobsOf(life)) takeOver(state, head, now)
}

/** Whoever had it from us is gone, and may not have got round to telling anybody. */
function takeBack(state: PeerState, row: JobRow, now: Instant): void {
  // What we only guard of it is again for whoever asks.
  if (isBare(row)) return state.jobs.remove(row.context)
  row.handedTo = null
  row.until = after(now, state.config.jobKeepMs)
  state.jobs.hasNews = true
}

/** From its guardians it is known best: what we may have had of it already is from before. */
function takeOver(state: PeerState, head: JobHead, now: Instant): void {
  const { context } = head
  const row = state.jobs.get(context) ?? state.jobs.add(context, head.name, head.detached)
  if (row.isOurs || row.opening || row.handedTo !== null) return
  learn(row, head)
  row.until = after(now, state.config.jobKeepMs)
  state.jobs.hasNews = true
  const held = new Set(row.held)
  for (const told of state.guarded.ofContext(context)) {
    if (held.has(told.object)) continue
    // Of an attached job nobody waits for what is not done.
    if (!row.detached && told.located === null && !told.faded) continue
    state.holds.add(told.object, state.self, 'container')
    row.held.push(told.object)
    install(state, told, [])
  }
}

export function dueJobs(state: PeerState, now: Instant): void {
  for (const row of state.jobs.all()) {
    if (row.opening && row.opening.by <= now) decide(state, row, now)
    if (row.until > now) continue
    if (row.handedTo === null) end(state, row.context, 'nobody asked for it any more (jobKeepMs)')
    else {
      forget(state, row)
      endGuarded(state, row.context, (owner) => state.members.ended(owner))
    }
  }
}
