// What was said of an object is not so any more: those who hold it and asked are told anew.

import type { ObjectId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'

export function tellBorrowers(state: PeerState, object: ObjectId): void {
  const located = state.directory.locate(object)
  if (located === null) return
  for (const life of state.holds.get(object)?.borrowers ?? []) say(state, life, { type: 'located', object, located })
}
