// Coming, staying in touch, going. A new link starts with an exchange of member lists; lists are
// exchanged again with random peers (push-pull), and the recently dead and lost entries are dialled,
// so that healed partitions merge. Leaving hands back work and copies before it says goodbye.

import type { Described } from '../model/events.ts'
import type { Instant, LifeId, PeerId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import { isOver } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { keepsForOthers } from '../state/bytes.ts'
import { dial, notify, signal } from '../state/peer-state.ts'
import { groupOf, mayKeep } from '../state/tenancy.ts'

/** How long a leaving peer waits for its hand-over. */
export const leaveMs = 5_000

export function linked(state: PeerState, life: LifeId, now: Instant): void {
  const before = state.links.lifeOf(peerOf(life))
  state.links.up(life, now)
  state.sessions.relinked(life)
  state.detector.heard(life, now)
  if (before !== life || !state.joined) sync(state, life, true)
}

export function unlinked(state: PeerState, life: LifeId, now: Instant): void {
  if (!state.links.down(life, now)) return
  const row = state.members.get(peerOf(life))
  if (row?.life !== life || isOver(row.state)) return
  row.how = 'its connection closed'
  state.detector.hint(life, now)
}

export function dialFailed(state: PeerState, peer: PeerId, refused: boolean, now: Instant): void {
  const dialled = state.links.dialFailed(peer, now, state.rng.next())
  const row = state.members.get(peer)
  if (!row) return forgetPeer(state, peer)
  // What refused was the port of an earlier life, if another has come since.
  if (refused && row.life === dialled) {
    if (!isOver(row.state)) row.how = 'nobody listens at its address any more'
    state.detector.refused(row.life, now)
    state.members.refused(row.life)
  }
  state.signals.delete(row.life)
}

/** Nobody we know: nothing waits for it, and nobody is to be told of it. */
function forgetPeer(state: PeerState, peer: PeerId): void {
  for (const life of state.signals.keys()) if (peerOf(life) === peer) state.signals.delete(life)
  for (const life of state.favours.keys()) if (peerOf(life) === peer) state.favours.take(life)
  state.links.forget(peer)
}

export function sync(state: PeerState, to: LifeId, reply: boolean): void {
  signal(state, to, { type: 'sync', members: state.members.claims(), reply })
}

/** What others are told of this peer; fewer slots end nothing that runs (none at all is a pause, see execute). */
export function described(state: PeerState, { addresses, slots, hidden }: Described, now: Instant): void {
  const change = {
    ...(addresses && { addresses }),
    ...(slots !== undefined && { slots }),
    ...(hidden !== undefined && { hidden }),
  }
  if (slots !== undefined) state.executor.slots = slots
  state.gossip.spread(state.members.describe(change, now))
}

export function founded(state: PeerState): void {
  joined(state)
}

/** Our first full exchange: from here on we are one of them. */
export function joined(state: PeerState): void {
  if (state.joined) return
  state.joined = true
  state.gossip.spread(state.members.claimOf(state.members.me))
  state.effects.push({ type: 'joined' })
}

/** The slow clocks: push-pull, healing, tombstones. */
export function keepInTouch(state: PeerState, now: Instant): void {
  const { timers, config } = state
  if (timers.syncAt <= now) {
    timers.syncAt = after(now, config.syncMs * state.rng.between(0.75, 1.25))
    const member = state.rng.pick(state.members.others().filter((row) => row.state !== 'suspect'))
    if (member) sync(state, member.life, true)
    // Whoever slept gives the dead their grace again, and has to know for as long that they are dead.
    for (const life of state.members.bury(now, config.tombstoneMs, (dead) => state.graves.has(dead))) {
      state.sessions.bury(life)
      forgetPeer(state, peerOf(life))
    }
  }
  if (timers.healAt <= now) {
    timers.healAt = after(now, config.syncMs * state.rng.between(0.75, 1.25))
    heal(state, now)
  }
}

/**
 * Somebody we buried may be on the other side of a cut, and so may an entry that is not among us: tried now and then. The
 * dead in turn: one that everybody else died on may be the only one left that it can find, and by chance it takes long.
 */
function heal(state: PeerState, now: Instant): void {
  const buried = [...state.members.all()].filter(
    (row) => row.state === 'dead' && now - row.since < state.config.healMs && (row.profile?.addresses.length ?? 0) > 0,
  )
  const longest = Math.min(...buried.map((row) => row.sought))
  const chosen = state.rng.pick(buried.filter((row) => row.sought === longest))
  if (chosen) {
    chosen.sought = now
    sync(state, chosen.life, true)
  }
  const isLost = (peer: PeerId): boolean => isOver(state.members.get(peer)?.state ?? 'dead')
  const entry = state.rng.pick([...state.links.entries()].filter(isLost))
  if (entry) dial(state, entry, now)
}

/** Begins to hand over, for `ms` at most; whoever does so already is given no more time than that. */
export function leave(state: PeerState, now: Instant, ms: number): void {
  const by = after(now, ms)
  if (state.leaving) {
    if (by < state.leaving.by) state.leaving.by = by
    return
  }
  state.leaving = { by, said: false }
  state.agenda.retiring.push(state.self)
  state.gossip.spread(state.members.declare('draining', now))
  notify(state, { type: 'peer:draining', peer: state.peer, name: state.members.nameOf(state.peer) })
}

/** Draining → left, once what we ran and kept for others is done or elsewhere, or time is up. True when it is said now. */
export function goodbye(state: PeerState, now: Instant): boolean {
  const { leaving } = state
  if (!leaving || leaving.said) return false
  if (now < leaving.by && isBusy(state, now)) return false
  leaving.said = true
  const claim = state.members.declare('left', now)
  state.gossip.spread(claim)
  for (const life of state.links.standing()) signal(state, life, { type: 'sync', members: [claim], reply: false })
  state.effects.push({ type: 'left' })
  return true
}

/** Something here still matters to somebody who is there to take it. */
function isBusy(state: PeerState, now: Instant): boolean {
  if (state.members.others().length === 0) return false
  if (state.executor.size > 0 || state.outbox.length > 0) return true
  for (const life of state.sessions.lives())
    if (state.members.lives(life) && state.sessions.queued(life) > 0) return true
  return keepsForOthers(state) > 0 || answersForWork(state) || isMissed(state) || isOfGroups(state, now)
}

/**
 * Tasks of contexts that live here, children of what ran here for instance, end before we go; those of jobs with
 * a name are for whoever goes on with them.
 */
function answersForWork({ tasks, jobs }: PeerState): boolean {
  if (tasks.pending === 0) return false
  for (const { state, spec } of tasks.all())
    if (state !== 'settled' && !jobs.get(spec.context) && spec.actor?.detached !== true) return true
  return false
}

/**
 * Guardians answer from then on for what others have refs to, and for jobs with a name. Not all of it is theirs
 * yet: rows, the bundles that they run, or the copies that are to replace our own.
 */
function isMissed({ ledger, directory, self }: PeerState): boolean {
  for (const object of ledger.rows()) {
    if (!ledger.isSafe(object)) return true
    const entry = directory.get(object)
    if (entry?.state === 'stored' && entry.holders.has(self) && entry.copying.size > 0) return true
  }
  return false
}

/**
 * What actors go on from is kept here: as long as others may keep it, their hosts take us out of their groups first. Of what
 * nobody has spoken for so long nobody is going to be the host.
 */
function isOfGroups(state: PeerState, now: Instant): boolean {
  if (![...state.members.all()].some((member) => mayKeep(state, member))) return false
  for (const { record, over, at } of state.leases.all()) {
    if (over !== null || record === null || after(at, state.config.orphanGraceMs) <= now) continue
    if (groupOf(record).includes(state.self)) return true
  }
  return false
}

export function nextContact(state: PeerState): Instant {
  const { timers, leaving } = state
  const by = leaving && !leaving.said ? leaving.by : never
  return Math.min(timers.syncAt, timers.healAt, by) as Instant
}
