// Who waits until an object is safe: told when there are as many copies as wanted and guardians could answer
// for it, or why there will not be. Small values are in the ledger itself; what became another object is as
// safe as that one. Looked at once per turn, with everything of it known: few wait at a time.

import type { Instant, ObjectId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import type { Failure } from '../model/object.ts'
import { guard } from '../state/guarding.ts'
import type { Found } from '../state/locate.ts'
import { locate, request } from '../state/locate.ts'
import type { Durable, PeerState } from '../state/peer-state.ts'
import { lostFailure, say } from '../state/peer-state.ts'

/** How often another owner is asked how many copies there are by now. */
const askMs = 500

export function durable(state: PeerState, object: ObjectId): void {
  state.durables.set(object, { by: never, askAt: never })
  guard(state, object, null)
  request(state, object, state.self)
}

export function answerDurables(state: PeerState, now: Instant): void {
  for (const [object, row] of state.durables) {
    const failure = look(state, object, row, now)
    if (failure === undefined) continue
    state.durables.delete(object)
    state.effects.push({ type: 'durable', object, failure })
  }
}

/** Undefined: not yet. What is made, again perhaps, takes as long as its task may; the time for copies begins after that. */
function look(state: PeerState, object: ObjectId, row: Durable, now: Instant): Failure | null | undefined {
  if (state.directory.get(object)?.state === 'faded') return lostFailure(object, 'freed', 'it was released')
  const found = locate(state, object, state.self)
  if (found?.located.type === 'failure') return found.located.failure
  if (!found) {
    row.by = row.askAt = never
    return undefined
  }
  const { copies, wanted } = countCopies(state, object, found)
  const isEnough = copies >= wanted
  if (isEnough && state.ledger.isSafe(found.source)) return null
  if (row.by === never) row.by = after(now, state.config.placeTimeoutMs)
  if (row.by > now) {
    askOthers(state, found, row, now)
    return undefined
  }
  // Guardians that do not answer for so long are not there.
  if (isEnough) return null
  const message = `object ${object} has ${copies} of ${wanted} copies: ${because(state, found)}`
  return { ...lostFailure(object, 'copies', ''), code: 'UNPLACEABLE', message }
}

function countCopies(state: PeerState, object: ObjectId, found: Found): { copies: number; wanted: number } {
  if (found.located.type === 'inline') return { copies: 1, wanted: 1 }
  const entry = state.directory.get(found.source)
  if (entry) return { copies: entry.holders.size, wanted: entry.copies }
  const holders = found.located.type === 'stored' ? found.located.holders : []
  return { copies: holders.length, wanted: state.directory.get(object)?.copies ?? 1 }
}

/** Owners of other objects tell where they are when asked, and not when that changes. */
function askOthers(state: PeerState, { source, owner }: Found, row: Durable, now: Instant): void {
  if (state.directory.get(source)) return
  if (row.askAt <= now) say(state, owner, { type: 'want', object: source })
  if (row.askAt === never || row.askAt <= now) row.askAt = after(now, askMs)
}

function because(state: PeerState, { source, owner }: Found): string {
  if (state.directory.get(source)) return 'no other peer can keep one'
  return `it is object ${source} now, for which ${state.members.nameOf(peerOf(owner))} answers`
}

export function durableDeadline(state: PeerState): Instant {
  let next: Instant = never
  for (const { by, askAt } of state.durables.values()) next = Math.min(next, by, askAt) as Instant
  return next
}
