// How bytes leave this peer: an owner does not count on them any more, nobody else does, and no
// attempt here has yet to read them. What was found on the disk, and is nobody's, makes room for the rest.

import type { LifeId, ObjectId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'

export function dropBytes(state: PeerState, object: ObjectId, owner: LifeId): void {
  if (!state.holdings.disown(object, owner)) return
  state.holdings.doom(object)
  dropDoomed(state, object)
}

/** Bytes that only attempts here still kept. */
export function dropDoomed(state: PeerState, object: ObjectId): void {
  if (!state.holdings.isDoomed(object) || state.executor.isUsed(object)) return
  state.holdings.drop(object)
  state.effects.push({ type: 'drop', object })
}

/** Bytes that were found here and that nobody counts on. */
export function dropFoundling(state: PeerState, object: ObjectId): void {
  if (state.foundlings.take(object)) state.effects.push({ type: 'drop', object })
}

/** Of what was found the oldest goes first, whenever its place is needed. */
export function makeDiskRoom(state: PeerState, size: number, limitBytes = state.disk.limitBytes): void {
  const { foundlings, holdings } = state
  for (let oldest = foundlings.oldest(); oldest; oldest = foundlings.oldest()) {
    if (holdings.diskBytes + holdings.comingToDiskBytes + foundlings.bytes + size <= limitBytes) return
    dropFoundling(state, oldest.object)
  }
}

/** Objects here that others who are there count on. */
export function keepsForOthers(state: PeerState): number {
  const counts = (owner: LifeId): boolean => owner !== state.self && state.members.lives(owner)
  let objects = 0
  for (const { owners } of state.holdings.all()) if ([...owners].some(counts)) objects++
  return objects
}
