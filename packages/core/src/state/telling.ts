// What borrowers are told of an object of ours, and when. A value that names other objects of ours leaves when
// guardians could answer for those: whoever reads it may let go of it at once, and knows nobody but us to ask for
// them. A borrower has leave to pass a ref on, inside something of its own, when guardians could answer for that:
// we never hear of such a thing. Who reads, and what for, is not known here.

import type { LifeId, ObjectId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import { linksIn } from '../model/object.ts'
import type { Entry } from './directory.ts'
import { guardNamed, isAnyUnsafe } from './guarding.ts'
import { whereabouts } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'

/** It has settled: everybody who asked is told, at once or when what it names is safe. */
export function answerWanted(state: PeerState, object: ObjectId): void {
  const entry = state.directory.get(object)
  if (!entry || entry.wantedBy.size === 0) return
  const located = whereabouts(state, object)
  if (!located) return
  // Looked at when this turn has asked for copies and appointed guardians.
  if (guardNamed(state, linksIn(located))) state.ledger.answers.add(object)
  else tell(state, entry, located)
}

/** That one is known to hold it. The outcome of an attempt leaves when all that it was given has been answered so. */
// oxlint-disable-next-line max-params -- an answer and where it goes
export function answerBorrow(state: PeerState, to: LifeId, object: ObjectId, nth: number): void {
  // A program's own go no further than its tasks, which end with it.
  if (state.directory.get(object)?.isInner) state.ledger.lends.set(`${object}|${to}`, { object, to, nth })
  else say(state, to, { type: 'borrowed', object, nth, known: true })
}

/** Those that waited and need not any more. */
export function answerSafe(state: PeerState): void {
  for (const [key, { object, to, nth }] of state.ledger.lends) {
    // Should that life be back it asks again.
    const isOver = state.members.ended(to)
    if (!isOver && !state.ledger.isSafe(object)) continue
    state.ledger.lends.delete(key)
    if (!isOver) say(state, to, { type: 'borrowed', object, nth, known: true })
  }
  for (const object of state.ledger.answers) {
    const entry = state.directory.get(object)
    const located = entry ? whereabouts(state, object) : null
    if (located && isAnyUnsafe(state, linksIn(located))) continue
    state.ledger.answers.delete(object)
    if (entry && located) tell(state, entry, located)
    // Made again meanwhile it is told when that is done; let go of meanwhile it has to be.
    else if (entry?.state === 'faded' && entry.wantedBy.size > 0)
      state.agenda.lost.push({ object, reason: 'wanted again' })
    state.agenda.loose.push(object)
  }
}

function tell(state: PeerState, entry: Entry, located: Located): void {
  const { object, wantedBy } = entry
  for (const life of wantedBy) say(state, life, { type: 'located', object, located })
  wantedBy.clear()
}
