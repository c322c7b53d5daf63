// How bytes leave this peer: an owner does not count on them any more, nobody else does, and no
// attempt here has yet to read them.

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
