// Too many bytes in memory here. First go the copies that are not needed: their owners are asked, and
// strike them from the directory before the bytes go, so two holders never both let go of the last
// ones. Then bytes move to disk. With no disk either, an owner lets a copy go that is one of those
// wanted, as long as others remain: it is made again where there is room. What nothing can be done
// about stays, and the store refuses what does not fit.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import type { PeerEvent } from '../model/events.ts'
import { limits } from '../model/limits.ts'
import type { Message } from '../model/messages.ts'
import { dropBytes, makeDiskRoom } from '../state/bytes.ts'
import type { Entry } from '../state/directory.ts'
import type { Holding } from '../state/holdings.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { excessBytes, hasDisk } from '../state/room.ts'

type MayDrop = Extract<Message, { type: 'mayDrop' }>

/** Goes through what is in memory, the oldest first, until what is left or about to go is no excess. */
export function relieve(state: PeerState, now: Instant): void {
  const { holdings, timers } = state
  if (!holdings.isRestless && timers.relieveAt > now) return
  holdings.isRestless = false
  timers.relieveAt = never
  let excess = Math.max(excessBytes(state), holdings.lacking)
  if (excess <= 0) return
  for (const row of holdings.all()) {
    if (excess <= 0) return
    if (row.place !== 'disk' && isEased(state, row, now)) excess -= row.size
  }
  if (excess > 0) timers.relieveAt = after(now, state.config.syncMs)
}

/** Whether these bytes leave memory, now or by what is under way. */
function isEased(state: PeerState, row: Holding, now: Instant): boolean {
  if (state.holdings.isDoomed(row.object) || row.place === 'moving') return true
  // Whoever reads them finds them: neither dropped nor moved meanwhile.
  if (state.executor.isKept(row.object)) return false
  if (row.plea && stillWaits(state, row)) return true
  if (!row.plea && ask(state, row, false, now)) return true
  if (hasDisk(state, row.size, now)) return spill(state, row)
  if (row.plea?.pressed !== true) return ask(state, row, true, now)
  // It is needed, and was even so: asked once more when others may have come.
  if (row.plea.askedAt + state.config.syncMs <= now) row.plea = null
  return false
}

function stillWaits(state: PeerState, { plea }: Holding): boolean {
  for (const life of plea?.waits ?? []) if (!state.members.ended(life)) return true
  return false
}

/** False when nobody is there to answer: then the bytes are kept. */
function ask(state: PeerState, row: Holding, pressed: boolean, now: Instant): boolean {
  const owners = [...row.owners].filter((owner) => !state.members.ended(owner))
  if (owners.length === 0) return false
  const nth = state.holdings.ask(row, owners, { pressed, now })
  for (const owner of owners) say(state, owner, { type: 'mayDrop', object: row.object, nth, pressed })
  return true
}

function spill(state: PeerState, row: Holding): true {
  const { object, size, hash } = row
  row.plea = null
  makeDiskRoom(state, size)
  state.holdings.moved(row, 'moving')
  const label = { object, size, hash, owners: [...row.owners].slice(0, limits.labelOwners) }
  state.effects.push({ type: 'spill', label })
  return true
}

/** On leaving: what others counted on and nobody took over is there for the next life. */
export function saveRest(state: PeerState, now: Instant): void {
  for (const row of state.holdings.all()) {
    const isOurs = row.owners.size === 1 && row.owners.has(state.self)
    if (row.place === 'memory' && !isOurs && hasDisk(state, row.size, now)) spill(state, row)
  }
}

export function spilled(state: PeerState, { object, kept }: Extract<PeerEvent, { type: 'spilled' }>): void {
  if (kept) state.counters.spilled++
  else state.counters.unspilled++
  if (!kept) state.disk.retryAt = after(state.timers.turnAt, state.config.syncMs)
  const row = state.holdings.get(object)
  if (row?.place === 'moving') state.holdings.moved(row, kept ? 'disk' : 'memory')
}

/** The owner has struck our copy. */
export function dropped(state: PeerState, from: LifeId, { object, nth }: { object: ObjectId; nth: number }): void {
  if (!state.holdings.answered(object, from, nth)) return stays(state, from, object)
  state.counters.dropped++
  dropBytes(state, object, from)
}

/** The question is void by now, and the answer too: what that one has struck is here. */
function stays(state: PeerState, from: LifeId, object: ObjectId): void {
  state.counters.strayed++
  const row = state.holdings.get(object)
  if (!row?.owners.has(from)) return
  // It counts on them again: whatever else it has said by then is void as well.
  state.holdings.unask(object, from)
  say(state, from, { type: 'holding', object, size: row.size, hash: row.hash })
}

/** At the owner: a holder has too little room. */
export function mayDrop(state: PeerState, from: LifeId, message: MayDrop): void {
  const { object, nth, pressed } = message
  const entry = state.directory.get(object)
  if (entry?.state !== 'stored' || !entry.holders.has(from)) return say(state, from, { type: 'keep', object, nth })
  const needed = Math.max(1, pressed ? entry.copies - 1 : entry.copies)
  if (soundCopies(state, entry, from) < needed) return say(state, from, { type: 'keep', object, nth })
  state.directory.strike(entry, from)
  say(state, from, { type: 'drop', object, nth })
}

/** Copies that can be counted on when that one is gone. */
function soundCopies(state: PeerState, entry: Entry, without: LifeId): number {
  let count = 0
  for (const life of entry.holders) {
    const member = state.members.get(peerOf(life))
    const isThere = member?.life === life && member.state === 'alive'
    if (life !== without && isThere && !entry.doubted.has(life) && !state.directory.isRetiring(life)) count++
  }
  return count
}
