// How bytes come to be kept here, as what an attempt made or as what was brought. A task that is run once for each
// of two owners may come out as other bytes of the same name: there is room for one of them, the later.

import type { LifeId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'

/** Whoever counted on other bytes of that name hears which ones are here now. */
export function keepBytes(
  state: PeerState,
  bytes: Parameters<PeerState['holdings']['keep']>[0],
  owners: Iterable<LifeId>,
): void {
  const before = state.holdings.get(bytes.object)
  if (before && before.hash !== bytes.hash)
    for (const owner of before.owners) say(state, owner, { type: 'holding', ...bytes })
  state.holdings.keep(bytes, owners)
}
