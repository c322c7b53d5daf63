// How a peer becomes the host of an actor, and stays it. It asks the group for a promise to its incarnation;
// with more than half of the group it has the latest record, asks for a lease, and with that of more than half it
// may run the actor, for 0.8 of the lease counted from the asking. It renews, writes the records that
// checkpoints make, and puts others in the place of members that are gone (both groups agreeing: Ongaro's
// joint consensus, 2014). What the actor does under it is not known here.

import type { ActorRecord, Edition } from '../model/actor.ts'
import { compareEpochs, isLater } from '../model/actor.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { agreedUntil, hasQuorum, isWhole } from '../model/quorum.ts'
import type { Epoch, Outcome } from '../model/task.ts'
import type { Member } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import type { Resident, Standing, Tenure } from '../state/residents.ts'
import type { RunRow } from '../state/runs.ts'
import { editionOf, isNewTo } from '../state/editions.ts'
import { checkpointKept } from '../state/recording.ts'
import { roleOf } from '../state/permits.ts'
import { appointed, begin, endRun, freeHeldBack, groupOf, livesThere, opened, renew } from '../state/tenancy.ts'

type MessageOf<T> = Extract<Message, { type: T }>

/** What a message may name: three groups of three, with room. */
const groupMost = 16
/** Attempts at a majority before whoever wants it here is told that there is none. */
const triesMost = 6

/** Actors that were given to this peer and can begin. */
export function takeUp(state: PeerState, now: Instant): void {
  for (const run of state.executor.arrived.splice(0)) {
    if (run.state !== 'ready') continue
    if (state.residents.size >= state.config.maxActors) {
      const reason = `it has ${state.config.maxActors} actors already (maxActors)`
      state.agenda.evicted.push({ run: run.id, outcome: { type: 'returned', reason } })
    } else if (!meets(state, run)) {
      stand(state, state.residents.add(run.spec.id as string as ObjectId, run), now)
    }
  }
}

/** It lives here already, as another edition: that one goes on as this if this is the later and it can, and tells which it is otherwise. */
function meets(state: PeerState, run: RunRow): boolean {
  const { id, spec } = run
  const row = state.residents.get(spec.id as string as ObjectId)
  if (!row) return false
  const known = row.tenure?.record.edition ?? editionOf(row.run.spec)
  if (isNewTo(spec, known) && (row.state !== 'open' || row.canSnapshot)) waitsFor(state, run, row)
  else state.agenda.evicted.push({ run: id, outcome: livesThere(known) })
  return true
}

/** It begins when that is over: nobody else has to be asked to take it. */
function waitsFor(state: PeerState, run: RunRow, row: Resident): void {
  const { next } = row
  row.next = run
  if (next) state.agenda.evicted.push({ run: next.id, outcome: { type: 'returned', reason: 'a later one came' } })
  if (row.state === 'open') row.movesTo = editionOf(run.spec)
  else endRun(state, row, { type: 'returned', reason: 'its code changes', free: true })
}

function stand(state: PeerState, row: Resident, now: Instant): void {
  row.standing = {
    epoch: { number: row.run.attempt, by: state.self },
    votes: new Map(),
    group: row.run.spec.actor?.group ?? [state.self],
    since: now,
    askedAt: now,
    againAt: never,
    tries: 0,
  }
  ask(state, row, row.standing, now)
}

function ask(state: PeerState, row: Resident, standing: Standing, now: Instant): void {
  const { votes } = standing
  const { group, before } = latest(row, standing)
  standing.group = [...new Set([...standing.group, ...group, ...(before ?? [])])].slice(0, groupMost)
  const seen = [...votes.values()].map(({ promised }) => promised?.number ?? 0)
  standing.epoch = { number: Math.max(standing.epoch.number, ...seen) + 1, by: state.self }
  votes.clear()
  standing.tries++
  standing.askedAt = now
  standing.againAt = after(now, (state.config.leaseMs / 2) * state.rng.between(0.5, 1))
  const message = { type: 'stand', actor: row.actor, epoch: standing.epoch, group: standing.group } as const
  // The first time nobody else can know of it.
  const isFirst = row.run.attempt === 1 && standing.tries === 1
  const others = isFirst ? [] : state.members.others().map(({ life }) => life)
  for (const life of new Set([...standing.group, ...others, state.self]))
    if (!state.members.ended(life)) say(state, life, message)
}

export function voted(state: PeerState, from: LifeId, vote: MessageOf<'vote'>, now: Instant): void {
  const row = state.residents.get(vote.actor)
  const { standing, tenure } = row ?? {}
  // A member that knew nothing has promised: its lease is asked for at once.
  if (tenure && vote.granted && compareEpochs(vote.epoch, tenure.epoch) === 0) return void (tenure.renewAt = now)
  if (!row || !standing || compareEpochs(vote.epoch, standing.epoch) !== 0) return void state.counters.strayed++
  standing.votes.set(from, vote)
  if (vote.over !== null) return endRun(state, row, { type: 'rejected', code: 'ACTOR_DIED', message: vote.over })
  if (vote.host !== null && vote.host !== state.self && vote.leftMs > 0 && !state.members.ended(vote.host))
    return endRun(state, row, { type: 'returned', reason: 'it lives elsewhere', to: vote.host })
  const { record, group, before } = latest(row, standing)
  if (!wins(state, standing, now, [group, ...(before ? [before] : [])])) return
  if (mayBeOld(row, standing, group))
    return endRun(state, row, { type: 'rejected', code: 'ACTOR_DIED', message: lostState })
  if (record && isBehind(row, record)) return endRun(state, row, otherEdition(record.edition))
  lease(state, row, standing.epoch, { record, group, now })
}

/** Its code was changed since, which whoever gave it to us had not heard of; of two that were as late, what has run counts. The first is its owner's to say. */
function isBehind({ run: { spec } }: Resident, { edition }: ActorRecord): boolean {
  return edition.nth > 0 && !isNewTo(spec, edition) && spec.code !== edition.code
}

function otherEdition(edition: Edition): Outcome {
  return { type: 'returned', reason: 'its code was changed', free: true, edition }
}

const lostState = 'more than half of those who kept its state are gone: what it answered last may be lost'

/** So many of its group are gone that nobody who is left may have its latest record; whoever was promised that each call counts once is told. */
function mayBeOld({ run }: Resident, { votes }: Standing, group: readonly LifeId[]): boolean {
  if (run.spec.actor?.onceOnly !== true || run.attempt === 1) return false
  return group.filter((life) => votes.get(life)?.granted === true).length < group.length / 2
}

/** What the latest record says, or the group that was there first. */
function latest(
  { run }: Resident,
  { votes }: Standing,
): { record: ActorRecord | null; group: readonly LifeId[]; before: readonly LifeId[] | null } {
  let record: ActorRecord | null = null
  for (const vote of votes.values()) if (vote.record && isLater(vote.record, record)) ({ record } = vote)
  return { record, group: record?.group ?? run.spec.actor?.group ?? [], before: record?.before ?? null }
}

/**
 * Nobody of that group is left. Then it has no word any more, on the side of most of those who may be here: others may be
 * cut off from us, with its host or with a next one, and they come to the same.
 */
function isSpent({ members }: PeerState, group: readonly LifeId[]): boolean {
  const isGone = (life: LifeId): boolean => members.isGone(life)
  if (!group.every(isGone)) return false
  const everybody = [...members.all()].map(({ life }) => life)
  return hasQuorum(everybody, isGone, (life) => !members.ended(life))
}

/**
 * A lease that somebody granted who is gone may still run: then it is waited for. A group that is spent has no word once all who
 * might know of a later one have said what they know.
 */
// oxlint-disable-next-line max-params -- who stands, when, and before whom
function wins(
  state: PeerState,
  { votes, since }: Standing,
  now: Instant,
  groups: readonly (readonly LifeId[])[],
): boolean {
  const isGone = (life: LifeId): boolean => state.members.isGone(life)
  const agrees = (life: LifeId): boolean => votes.get(life)?.granted === true
  const hasSpoken = ({ peer, life, hearsay }: Member): boolean =>
    votes.has(life) || hearsay || roleOf(state, peer) !== 'member'
  const isFree = (group: readonly LifeId[]): boolean => isSpent(state, group) && state.members.others().every(hasSpoken)
  if (!groups.every((group) => hasQuorum(group, isGone, agrees) || isFree(group))) return false
  return after(since, state.config.leaseMs) <= now || groups.every((group) => isWhole(group, agrees))
}

// oxlint-disable-next-line max-params -- what it is to be, from when
function lease(
  state: PeerState,
  row: Resident,
  epoch: Epoch,
  {
    record,
    group,
    now,
  }: { readonly record: ActorRecord | null; readonly group: readonly LifeId[]; readonly now: Instant },
): void {
  row.standing = null
  row.state = 'leasing'
  for (const answered of record?.answers ?? []) row.answers.set(answered.task, answered)
  for (const { context, run } of record?.fences ?? []) row.fences.set(context, run)
  row.tenure = {
    epoch,
    // A change of the group that was under way is gone on with.
    record: {
      epoch,
      version: 1,
      group,
      before: record?.before ?? null,
      edition: record && isNewTo(row.run.spec, record.edition) ? record.edition : editionOf(row.run.spec),
      snapshot: record?.snapshot ?? null,
      answers: record?.answers ?? [],
      fences: record?.fences ?? [],
    },
    committed: 0,
    asked: new Map(),
    nth: 0,
    granted: new Map(),
    blank: new Set(),
    faithful: new Set(),
    until: 0 as Instant,
    renewAt: now,
  }
  renew(state, row, row.tenure, now)
}

export function leased(state: PeerState, from: LifeId, message: MessageOf<'renewed'>, now: Instant): void {
  const row = state.residents.get(message.actor)
  const tenure = row?.tenure
  const asked = tenure?.asked.get(message.nth)
  if (!row || !tenure || !asked || compareEpochs(message.epoch, tenure.epoch) !== 0) return
  if (!groupOf(tenure.record).includes(from)) return
  if (!message.isMember) return blank(state, row, tenure, from)
  // Another was promised: there may be a later incarnation any moment.
  if (!message.granted) return endRun(state, row, { type: 'returned', reason: 'another peer is its host now' })
  tenure.blank.delete(from)
  const before = tenure.granted.get(from)
  tenure.granted.set(from, {
    at: Math.max(asked.at, before?.at ?? 0) as Instant,
    version: Math.max(asked.version, before?.version ?? 0),
  })
  count(state, row, tenure, now)
}

/**
 * It was never told of the actor, or has forgotten it. Another takes its place; when that needs its word, it is asked for its
 * promise as whoever would be the host asks.
 */
function blank(
  state: PeerState,
  { actor }: Resident,
  { blank: known, committed, epoch, record }: Tenure,
  life: LifeId,
): void {
  known.add(life)
  if (committed < record.version)
    say(state, life, { type: 'stand', actor, epoch, group: groupOf(record).slice(0, groupMost) })
}

/** How long it has been granted for, and which record a majority has. */
function count(state: PeerState, row: Resident, tenure: Tenure, now: Instant): void {
  const { record, granted } = tenure
  const isGone = (life: LifeId): boolean => state.members.isGone(life)
  if (mayBePassed(state, row, tenure, now)) return endRun(state, row, passedOver(row))
  const untilOf = (life: LifeId): Instant => {
    const at = granted.get(life)?.at
    return at === undefined ? (0 as Instant) : after(at, state.config.leaseMs * leaseShare)
  }
  // One that it took the place of has no word any more when nobody of it is left.
  const groups = record.before && !isSpent(state, record.before) ? [record.group, record.before] : [record.group]
  tenure.until = Math.min(...groups.map((group) => agreedUntil(group, isGone, untilOf))) as Instant
  const has = (life: LifeId): boolean => (granted.get(life)?.version ?? 0) >= record.version
  if (tenure.committed < record.version && groups.every((group) => hasQuorum(group, isGone, has))) {
    tenure.committed = record.version
    checkpointKept(state, row)
    if (record.before !== null) settleOn(state, row, tenure, now)
  }
  if (now >= tenure.until) return
  if (row.state === 'leasing') begin(state, row)
  if (row.opensAt > 0 && tenure.committed >= row.opensAt) opened(state, row)
  freeHeldBack(state, row, now)
}

/**
 * Its lease ran out, and so many of its group are gone since that they may have had another host, of which nobody who is left
 * need know.
 */
function mayBePassed(state: PeerState, row: Resident, { until, record, faithful }: Tenure, now: Instant): boolean {
  if (row.state === 'leasing' || now < after(until, state.config.leaseMs * (1 - leaseShare))) return false
  const isUnsure = (life: LifeId): boolean => !faithful.has(life) && state.members.isGone(life)
  return [record.group, record.before ?? []].some((group) => isWhole(group, isUnsure))
}

function noteGone(state: PeerState, { record, granted, faithful }: Tenure, now: Instant): void {
  for (const group of [record.group, record.before ?? []]) {
    for (const life of group) {
      const at = granted.get(life)?.at
      if (at !== undefined && now < after(at, state.config.leaseMs) && state.members.isGone(life)) faithful.add(life)
    }
  }
}

function passedOver({ run }: Resident): Outcome {
  if (run.spec.actor?.onceOnly === true) return { type: 'rejected', code: 'ACTOR_DIED', message: lostState }
  return { type: 'returned', reason: 'most of its group is gone, and another peer may have been its host since' }
}

/** Clocks that differ, and what an answer takes. */
const leaseShare = 0.8

/** Everything whose time has come: asked once more, renewed, mended. */
export function dueStands(state: PeerState, now: Instant): void {
  for (const row of state.residents.all()) {
    const { standing, tenure } = row
    if (standing && standing.againAt <= now) again(state, row, standing, now)
    if (!tenure || row.state === 'over') continue
    noteGone(state, tenure, now)
    mend(state, row, tenure, now)
    if (tenure.renewAt <= now) renew(state, row, tenure, now)
  }
}

function again(state: PeerState, row: Resident, standing: Standing, now: Instant): void {
  if (standing.tries >= triesMost)
    return endRun(state, row, { type: 'returned', reason: 'more than half of its group cannot be asked from there' })
  ask(state, row, standing, now)
}

/**
 * Others take the place of members that are gone, or leave, one change at a time. One to whom that change would have led, and
 * who is gone before it was made, is passed over: what both groups of the old change agreed to, the old group knows of. Of a group
 * that is gone nobody can have the record any more: others are told it.
 */
function mend(state: PeerState, row: Resident, tenure: Tenure, now: Instant): void {
  const { record, committed, blank } = tenure
  const isLost = (life: LifeId): boolean => state.members.ended(life) || blank.has(life)
  const isChanging = record.before !== null
  if (isChanging ? !record.group.some(isLost) : committed < record.version && !isSpent(state, record.group)) return
  const before = record.before ?? record.group
  const staying = before.filter((life) => !isLost(life) && !state.members.leaves(life))
  const missing = state.config.leaseGroup - staying.length
  if (missing <= 0 && !isChanging) return
  const chosen = appointed(state, row.actor, [...staying, ...blank], { count: Math.max(0, missing), now })
  // Whoever knows nothing goes first, and may come again as somebody new; whoever is thought dead may come back as who it was.
  const mayShrink = isChanging || blank.size > 0 || before.some((life) => willNotCome(state, life))
  if (staying.length + chosen.length === 0 || (chosen.length === 0 && !mayShrink)) return
  blank.clear()
  changeTo(state, row, tenure, { group: [...staying, ...chosen], before, now })
}

/** Nobody counts on it any more, or will in a moment. */
function willNotCome({ members }: PeerState, life: LifeId): boolean {
  return members.isGone(life) || members.leaves(life)
}

/** The new group alone, from now on. Those who are of it no more hear so: some wait for that before they go. */
// oxlint-disable-next-line max-params -- whose group, when
function settleOn(state: PeerState, row: Resident, tenure: Tenure, now: Instant): void {
  const { group, before } = tenure.record
  changeTo(state, row, tenure, { group, before: null, now })
  for (const life of before ?? []) if (!state.members.ended(life)) dismiss(state, row, tenure, life)
}

function dismiss(state: PeerState, { actor }: Resident, { epoch, nth, record }: Tenure, life: LifeId): void {
  if (!groupOf(record).includes(life)) say(state, life, { type: 'renew', actor, epoch, nth, record })
}

/** It was thought dead, and another has its place: to go by what it knows it would be of the group still. */
export function memberBack(state: PeerState, life: LifeId): void {
  for (const row of state.residents.all())
    if (row.tenure?.granted.has(life) && row.state !== 'over') dismiss(state, row, row.tenure, life)
}

// oxlint-disable-next-line max-params -- what changes to what, when
function changeTo(
  state: PeerState,
  row: Resident,
  tenure: Tenure,
  {
    group,
    before,
    now,
  }: { readonly group: readonly LifeId[]; readonly before: readonly LifeId[] | null; readonly now: Instant },
): void {
  tenure.record = { ...tenure.record, version: tenure.record.version + 1, group, before }
  renew(state, row, tenure, now)
}
