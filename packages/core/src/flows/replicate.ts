// Keeping k copies. The pump looks at objects with too few holders whenever something changed: a new
// object, a death, a newcomer. Targets come from rendezvous order, other failure domains first; a
// leaving holder's objects are copied before it is let go.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, itemIn, never, peerOf } from '../model/ids.ts'
import type { Entry } from '../state/directory.ts'
import type { Member } from '../state/membership.ts'
import { foundHolder } from '../state/missing.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import { roleOf } from '../state/permits.ts'
import { copyOrder } from '../state/placement.ts'

/** However the last holder went: what nobody has any more is lost, or made again. */
export function noticeBare(state: PeerState): void {
  for (const object of state.directory.bare)
    state.agenda.lost.push({ object, reason: 'no holder has its bytes any more' })
}

export function replicateMissing(state: PeerState, now: Instant): void {
  if (state.directory.short.size === 0) {
    state.timers.forgiveAt = never
    return
  }
  forgive(state, now)
  const members = [...state.members.all()].filter((member) => canKeep(state, member))
  for (const object of state.directory.short) {
    const entry = state.directory.get(object)
    if (entry) copy(state, entry, members, now)
  }
}

/** Whoever could not take a copy is asked once more when the mesh has changed, and every now and then. */
function forgive(state: PeerState, now: Instant): void {
  const { timers, members, config } = state
  if (timers.replicateVersion === members.version && timers.forgiveAt > now && timers.forgiveAt !== never) return
  if (timers.replicateVersion !== members.version || timers.forgiveAt <= now) state.directory.forgive()
  timers.replicateVersion = members.version
  timers.forgiveAt = after(now, config.syncMs)
}

function canKeep(state: PeerState, member: Member): boolean {
  if (member.peer === state.peer) return state.leaving === null
  if (member.state !== 'alive' || member.hearsay || (member.profile?.memoryBytes ?? 0) === 0) return false
  return roleOf(state, member.peer) !== 'observer'
}

function copy(state: PeerState, entry: Entry, members: readonly Member[], now: Instant): void {
  const from = [...entry.holders]
  let missing = entry.copies - state.directory.copiesOf(entry) - entry.copying.size
  if (from.length === 0 || missing <= 0) return
  const taken = new Set(from.map((life) => state.members.get(peerOf(life))?.profile?.domain ?? life))
  const free = members.filter(
    ({ life }) => !entry.holders.has(life) && !entry.copying.has(life) && !entry.declined.has(life),
  )
  for (const { life } of copyOrder(entry.object, free, taken, now)) {
    if (missing-- <= 0) return
    ask(state, entry, life)
  }
  // Nobody else takes one: a leaving holder need not wait for more.
  if (entry.copying.size === 0) letRetire(state, entry, 1)
}

function ask(state: PeerState, entry: Entry, life: LifeId): void {
  const { object, size, hash } = entry
  state.directory.copying(entry, life)
  say(state, life, { type: 'replicate', object, size, hash, from: state.directory.sources(entry) })
}

/** A peer says that it has the bytes. */
export function holding(
  state: PeerState,
  from: LifeId,
  { object, hash, orphan }: { object: ObjectId; size: number; hash: string; orphan?: boolean | undefined },
): void {
  const isFound = foundHolder(state, from, object, hash)
  const entry = state.directory.get(object)
  if (!entry && orphan === true && state.guarded.addHolder(object, hash, from)) return
  // Its outcome, on the way to us, says the same.
  const task = entry?.task ?? itemIn(object)?.task ?? null
  if (entry?.state === 'pending' && state.tasks.isAt(task, from)) return entry.spared.add(from)
  if (!entry || entry.state !== 'stored' || entry.hash !== hash) {
    // Of an object that is being made again, or long gone: not a copy of anything we answer for.
    declined(state, from, object)
    // The last one counts until somebody reads it. Made again at once it might take the place of the other owner's, and so on.
    if (entry && entry.holders.size > 1) state.directory.removeHolder(entry, from)
    return say(state, from, { type: 'free', object })
  }
  if (entry.copying.has(from)) {
    state.counters.copied++
    state.story.add({ at: state.timers.turnAt, what: 'copied', id: object, life: from })
    notify(state, { type: 'object:copied', object, peer: peerOf(from) })
  }
  state.directory.addHolder(entry, from)
  if (isFound || orphan === true) say(state, from, { type: 'verify', object, hash })
  letRetire(state, entry)
}

/** It has settled: of those that had such bytes before, whoever does not count as a holder lets go of them. */
export function freeSpared(state: PeerState, object: ObjectId): void {
  const entry = state.directory.get(object)
  if (!entry || entry.spared.size === 0 || entry.state === 'pending') return
  for (const life of entry.spared) if (!entry.holders.has(life)) say(state, life, { type: 'free', object })
  entry.spared.clear()
}

/** A leaving holder may go as soon as there are as many copies without its own. */
function letRetire(state: PeerState, entry: Entry, copies: number = entry.copies): void {
  if (state.directory.copiesOf(entry) < copies) return
  for (const life of entry.holders) {
    if (!state.directory.isRetiring(life)) continue
    state.directory.removeHolder(entry, life)
    say(state, life, { type: 'free', object: entry.object })
  }
}

/** That peer is on its way out. Its copies of ours are copied elsewhere first. */
export function retire(state: PeerState, life: LifeId): void {
  state.directory.retire(life)
  for (const object of state.directory.heldBy(life)) {
    const entry = state.directory.get(object)
    if (entry) letRetire(state, entry)
  }
}

export function declined(state: PeerState, from: LifeId, object: Entry['object']): void {
  const entry = state.directory.get(object)
  if (!entry?.copying.has(from)) return
  state.directory.declined(entry, from)
}

/**
 * Somebody asked that holder in vain. One peer's word frees nothing: the holder is asked to look at its
 * own bytes, and believed.
 */
export function gone(
  state: PeerState,
  from: LifeId,
  { object, holder }: { object: Entry['object']; holder: LifeId },
): void {
  const entry = state.directory.get(object)
  if (!entry || entry.state !== 'stored' || !entry.holders.has(holder)) return
  if (holder === from) return state.directory.removeHolder(entry, holder)
  if (state.directory.doubt(entry, holder)) say(state, holder, { type: 'verify', object, hash: entry.hash })
}
