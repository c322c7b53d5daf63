// Whom to ask when the owner of something is gone: the living guardians of everybody who ever answered for
// it, one after the other. One of them may have come too late to know of it, or have gone as well.

import type { LifeId } from '../model/ids.ts'
import type { HoldRow } from './holds.ts'
import type { PeerState } from './peer-state.ts'

/** Those who were not asked yet, in the order in which everybody asks them. */
export function heirsOf(state: PeerState, { owner, before }: HoldRow): LifeId[] {
  const heirs = new Set<LifeId>()
  for (const gone of [owner, ...[...before].reverse()])
    for (const life of state.members.guardiansOf(gone)) if (life !== owner && !before.includes(life)) heirs.add(life)
  return [...heirs]
}
