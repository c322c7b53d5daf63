// How much room there is for bytes here, in memory and on disk: asked by whoever lets go of some, and by
// whoever is asked to take a copy. Admission itself is the store's: it knows what is under way.

import type { Instant } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'

/** Bytes in memory above which others' copies are let go of, and bytes move to disk. */
export function markBytes(state: PeerState): number {
  return (state.members.me.profile?.memoryBytes ?? 0) * state.config.pressureShare
}

export function excessBytes(state: PeerState): number {
  const mark = markBytes(state)
  return mark > 0 ? state.holdings.memoryBytes - mark : 0
}

/** Bytes that nobody answers for make room for those that somebody counts on. */
export function hasDisk(state: PeerState, size: number, now: Instant): boolean {
  const { disk, holdings } = state
  return now >= disk.retryAt && holdings.diskBytes + holdings.comingToDiskBytes + size <= disk.limitBytes
}

/** A copy that would have to be let go of again is not taken. */
export function hasRoomForCopy(state: PeerState, size: number, now: Instant): boolean {
  return excessBytes(state) + size <= 0 || hasDisk(state, size, now)
}
