// What follows when a life is over, in one fixed order: its attempts, the objects it held, its
// holds, what it owned, what it had asked us to run; and what is asked of it again when it is back.
// What its machine still has of ours is told when the conversation begins anew (anew).

import { isApart } from '../model/actor.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { onTheirWay, openSession } from '../state/announce.ts'
import { dropAsker, isLetter } from '../state/answer.ts'
import { dropBytes } from '../state/bytes.ts'
import type { Entry } from '../state/directory.ts'
import { batchSize } from '../state/credits.ts'
import { askerEnded } from '../state/forgetting.ts'
import {
  answerer,
  askAgain,
  askOwner,
  askParents,
  borrow,
  hold,
  letGo,
  locate,
  moveTo,
  unanswerable,
} from '../state/locate.ts'
import { hasLineage } from '../state/lineage.ts'
import type { Loss } from '../state/losses.ts'
import { diedAs, lose, takeBack } from '../state/losses.ts'
import { loseForGood } from '../state/missing.ts'
import type { Agenda, PeerState } from '../state/peer-state.ts'
import { hangUp, isBeyond, notify, say } from '../state/peer-state.ts'
import { tellTrouble } from '../state/recording.ts'
import type { Resident } from '../state/residents.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

export function ended(
  state: PeerState,
  { life, left, how, slots, known }: NonNullable<ReturnType<Agenda['ended']['shift']>>,
  now: Instant,
): void {
  const peer = peerOf(life)
  const name = state.members.nameOf(peer)
  const moved = loseAll(state, life, left ? 0 : Math.max(1, slots), diedAs(name)).length
  const recopied = objectsHeldBy(state, life, how)
  state.scheduler.ended(life)
  state.detector.forget(life)
  state.signals.delete(life)
  state.favours.take(life)
  state.holdings.unasked(life)
  state.foundlings.untell(life)
  state.unconfirmed.delete(life)
  ownedBy(state, life, now)
  keepLetters(state, life, state.sessions.end(life))
  state.transits.conversationEnded(life, onTheirWay(state, life))
  askerEnded(state, life)
  hangUp(state, life, 'gone')
  if (known) return
  if (!left) state.counters.peersDied++
  if (left) notify(state, { type: 'peer:left', peer, name })
  else notify(state, { type: 'peer:died', peer, name, how, attemptsMoved: moved, objectsRecopied: recopied })
}

/** What may have been running costs a retry; the rest of its queue goes back free. */
function loseAll(state: PeerState, life: LifeId, slots: number, loss: Loss): TaskRow[] {
  const rows = state.tasks.assignedTo(life)
  rows.forEach((row, at) => {
    // Of what an actor was asked, nobody can tell what it has done.
    const ran = isApart(row.spec) || at < slots * batchSize(state.scheduler.expectedMs(row.spec, life), state.config)
    lose(state, row, life, { ...loss, ran })
  })
  return rows
}

/** It lives and is out of our reach: what it was given is given to others; should it ever hear of it, it may drop it. */
export function apart(state: PeerState, life: LifeId): void {
  const { name, profile } = state.members.get(peerOf(life)) ?? { name: life, profile: null }
  const reason = `peer ${name} cannot be reached from here, though others hear it`
  for (const row of loseAll(state, life, profile?.slots ?? 1, { name, reason, died: false }))
    takeBack(state, life, row.spec.id, state.tasks.attemptAt(row, life) ?? row.attempt)
}

function objectsHeldBy(state: PeerState, life: LifeId, how: string): number {
  let recopied = 0
  for (const entry of state.directory.holderDied(life)) {
    if (entry.state !== 'stored') continue
    if (entry.holders.size === 0)
      state.agenda.lost.push({ object: entry.object, reason: `its last holder is gone: ${how}` })
    else if (state.directory.short.has(entry.object)) recopied++
  }
  return recopied
}

/** Nobody answers now for what that life owned: questions wait for its grace to end, work here has an end in sight. */
function ownedBy(state: PeerState, life: LifeId, now: Instant): void {
  const hasHeir = state.members.guardianOf(life) !== null
  // What stands for an object of that life is made again by whoever answers for the task that returned it.
  if (!hasHeir)
    for (const entry of state.directory.aliases())
      if (answerer(state, entry.alias) === life)
        state.agenda.lost.push({ object: entry.object, reason: 'the peer that answered for it is gone' })
  for (const row of state.elsewhere.of(life)) {
    if (row.located || hasHeir) continue
    if (isBeyond(state, life)) waitForFormer(state, row.object)
    else askParents(state, row.object)
  }
  for (const row of state.holds.ofLife(life)) {
    if (row.owner !== life) continue
    const answered = row.borrow === 'asked'
    state.holds.known(row.object)
    if (answered) say(state, state.self, { type: 'borrowed', object: row.object, nth: row.nth, known: false })
    state.agenda.orphans.push(row.object)
  }
  // Its guardians may not know yet that we have these.
  for (const heir of state.members.guardiansOf(life))
    for (const { object, size, hash } of state.holdings.of(life))
      say(state, heir, { type: 'holding', object, size, hash, orphan: true })
  state.executor.ownerOver(life, true)
  for (const row of state.executor.ofOwner(life)) {
    const there = row.others?.find((asker) => !state.members.ended(asker.owner))
    if (there) state.executor.prefer(row, there.owner)
    else state.executor.orphan(row, after(now, state.config.orphanGraceMs))
  }
  for (const object of state.cancelling) if (state.elsewhere.get(object)?.owner === life) stopWaiting(state, object)
  for (const [request, peer] of state.inspections) {
    if (peer !== life) continue
    state.inspections.delete(request)
    state.effects.push({ type: 'inspected', request, rows: null })
  }
}

/** Whoever was asked last will not answer. Somebody who answered for it before may still be back, as long as its grace lasts. */
function waitForFormer(state: PeerState, object: ObjectId): void {
  const row = state.holds.get(object)
  const former = row?.before.find((life) => !isBeyond(state, life))
  if (row && former !== undefined) moveTo(state, row, former)
  else unanswerable(state, object)
}

/** What was never acknowledged may still be wanted: that life may have been thought dead too soon. */
function keepLetters(state: PeerState, life: LifeId, unsaid: readonly Message[]): void {
  const letters = unsaid.filter(isLetter)
  if (letters.length > 0 && !isBeyond(state, life)) state.letters.set(life, letters)
}

function stopWaiting(state: PeerState, object: ObjectId): void {
  state.cancelling.delete(object)
  state.effects.push({ type: 'cancelled', object })
}

/** It speaks again: what was kept for it is said, what it never answered is asked again. */
export function revived(state: PeerState, life: LifeId): void {
  state.graves.delete(life)
  for (const message of state.letters.get(life) ?? []) say(state, life, message)
  state.letters.delete(life)
  if (state.sessions.hasEnded(life)) openSession(state, life)
  // What it was asked in another's place it may never have heard. Where that is, is asked when it says that it answers.
  const moved = state.holds.ofLife(life).filter(({ owner, before }) => owner === life && before.length > 0)
  for (const row of moved) borrow(state, row)
  const asked = new Set(moved.map(({ object }) => object))
  for (const row of state.elsewhere.of(life))
    if (!row.located && !asked.has(row.object)) askOwner(state, row.object, life)
}

/** An answer that led to the dead: the one who gave it has heard by now, or will soon. */
export function askDue(state: PeerState, now: Instant): void {
  for (const row of state.elsewhere.due(now)) askAgain(state, row.object)
}

/** What others said while we slept is yet to be read: whoever is dead has its whole grace again. */
export function slept(state: PeerState, now: Instant): void {
  const until = after(now, state.config.orphanGraceMs)
  for (const life of state.graves.keys()) state.graves.set(life, until)
  skipped(state, now)
  for (const row of state.executor.timed) if (row.orphanedAt !== never) state.executor.orphan(row, until)
}

/** The clock missed some time: those who granted leases have counted it. */
export function skipped(state: PeerState, now: Instant): void {
  for (const resident of state.residents.all()) lapse(resident, now)
}

/** Nobody knows for how long we slept: whoever granted a lease may have granted another. */
function lapse({ tenure }: Resident, now: Instant): void {
  if (!tenure) return
  tenure.granted.clear()
  tenure.until = 0 as Instant
  tenure.renewAt = now
  tenure.asked.clear()
}

/** An ended life's holds last a while longer: what it passed on may still be on its way. */
export function closeGraves(state: PeerState, now: Instant): void {
  for (const [life, at] of state.graves) {
    if (at > now) continue
    state.graves.delete(life)
    if (!state.members.lives(life)) close(state, life)
  }
}

function close(state: PeerState, life: LifeId): void {
  for (const row of state.holds.ofLife(life))
    if (state.holds.released(row.object, life)) state.agenda.loose.push(row.object)
  for (const object of state.transits.takeAll(life)) letGo(state, object, 'transit')
  for (const [key, delivery] of state.deliveries) if (delivery.to === life) state.deliveries.delete(key)
  state.letters.delete(life)
  for (const row of state.elsewhere.of(life)) if (!row.located) waitForFormer(state, row.object)
  for (const row of state.executor.askedBy(life)) if (row.others) dropAsker(state, row, life)
  closeStore(state, life)
  // What others of the dead have to do with it is kept as long as what is theirs: they cannot ask for it.
  state.guarded.bequeath(life, state.graves.keys())
  if (state.guarded.jobsOf(life).length === 0)
    state.guarded.succeed(life, (object) => state.directory.get(object) !== undefined)
  const member = state.members.get(peerOf(life))
  if (member?.life !== life || member.state === 'left') state.sessions.forget(life)
}

/** Bytes that life answered for stay only as long as somebody here reads them. */
function closeStore(state: PeerState, life: LifeId): void {
  for (const fetch of state.holdings.fetches()) {
    if (fetch.copyFor.delete(life)) state.holdings.forgetUnwanted(fetch)
  }
  for (const { object, owners } of state.holdings.of(life)) {
    if (owners.size === 1 && state.holds.isHeld(object) && !passOn(state, object)) continue
    dropBytes(state, object, life)
  }
}

/** Whoever answers for it now is told that its bytes are here. False when nobody does. */
function passOn(state: PeerState, object: ObjectId): boolean {
  const owner = state.directory.get(object) ? state.self : state.holds.get(object)?.owner
  const holding = state.holdings.get(object)
  if (!holding || owner === undefined || state.members.ended(owner)) return false
  state.holdings.keep(holding, [owner])
  say(state, owner, { type: 'holding', object, size: holding.size, hash: holding.hash })
  return true
}

/** The last copy of what a task returned is gone: made again when somebody reads it, or lost with a reason. */
// oxlint-disable-next-line max-params -- what was lost, why and when
export function lost(state: PeerState, entry: Entry, reason: string, now: Instant): void {
  const { object } = entry
  if (entry.state !== 'stored' && entry.state !== 'faded' && entry.state !== 'alias') return
  if (entry.state === 'stored' && entry.holders.size > 0) return
  // What nobody would make again goes on standing for what somebody may answer for yet, and fails as that does.
  if (entry.state === 'alias' && !hasLineage(state, entry)) return
  if (!state.holds.isHeld(object) && entry.wantedBy.size === 0) reopen(state, entry, 'faded')
  else rebuild(state, entry, reason, now)
}

function reopen(state: PeerState, entry: Entry, to: 'pending' | 'faded'): void {
  const { refs } = entry
  state.directory.reopen(entry, to)
  for (const link of refs) letGo(state, link.object, 'container')
}

function rebuild(state: PeerState, entry: Entry, reason: string, now: Instant): void {
  const row = entry.task ? state.tasks.get(entry.task) : undefined
  if (!row)
    return loseForGood(state, entry, 'lineage-dropped', state.notes.get(entry.object) ?? 'its lineage was dropped')
  // It runs again already, for something that it put.
  if (row.state !== 'settled') return reopen(state, entry, 'pending')
  if (row.rebuildsLeft <= 0)
    return loseForGood(
      state,
      entry,
      'no-rebuilds',
      `it may be made again ${row.spec.policy.rebuilds} times (rebuilds), and was`,
    )
  row.rebuildsLeft--
  state.counters.rebuilt++
  tellTrouble(state, row, 'remade', `its result was lost (${reason}): made again`)
  reopen(state, entry, 'pending')
  state.tasks.reopen(row, now)
  for (const link of row.spec.refs) hold(state, link, 'spec')
  notify(state, { type: 'object:rebuilt', object: entry.object, task: row.spec.id })
  state.tasks.retrying(row, now)
  state.deadlines.set(row.spec.id, Tasks.dueAt(row))
}

/** An alias whose target is beyond reach is made again through the task that returned it. */
export function aliasLost(state: PeerState, object: ObjectId, now: Instant): void {
  const entry = state.directory.get(object)
  if (entry?.state !== 'alias') return
  const found = locate(state, object, state.self)
  if (found?.located.type !== 'failure') return
  const { code, reason } = found.located.failure
  // Freed: its owner thought for longer than its grace that we were dead.
  if (code !== 'OBJECT_LOST' || (reason !== 'owner-died' && reason !== 'freed')) return
  lost(state, entry, `what stood for it is gone (${reason})`, now)
}
