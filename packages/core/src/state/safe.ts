// Whether a ref may be told to others: nothing leaves before its reason, so what it refers to must be known to those
// who would answer for it if we were gone.

import type { ObjectId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'

/** Known to our guardians; of a `put`, which nobody could make again, the copies are there too, as far as anybody takes one. */
export function isSafe(state: PeerState, object: ObjectId): boolean {
  const entry = state.directory.get(object)
  if (!entry) return true
  if (
    entry.task === null &&
    entry.state === 'stored' &&
    entry.copying.size > 0 &&
    state.directory.copiesOf(entry) < entry.copies
  )
    return false
  return state.ledger.isSafe(object)
}
