// Beginning a conversation. The first message of one that is not the first says all that we have to
// do with that life, so that both sides can bring their tables in line; what it does not list is gone.

import type { AttemptId, LifeId, ObjectId } from '../model/ids.ts'
import { attemptId, itemOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { attemptFor } from './runs.ts'
import type { PeerState } from './peer-state.ts'
import { sayingOf } from './transits.ts'

export function openSession(state: PeerState, life: LifeId): void {
  if (state.sessions.has(life)) return
  if (state.sessions.open(life)) state.sessions.send(life, announcement(state, life))
}

/** What that life is told next, when it is there. */
export function onTheirWay(state: PeerState, life: LifeId, unsaid: readonly Message[] = []): Message[] {
  const said = state.outbox.filter(({ to }) => to === life).map(({ message }) => message)
  return [...unsaid, ...(state.letters.get(life) ?? []), ...said]
}

/** `unsaid`: messages that the old conversation never delivered; outcomes and items among them are on their way again. */
export function announcement(state: PeerState, life: LifeId, unsaid: readonly Message[] = []): Message {
  const attempts: AttemptId[] = []
  const coming: ObjectId[] = []
  for (const message of onTheirWay(state, life, unsaid)) {
    if (message.type === 'outcome') attempts.push(attemptId(message.task, message.attempt))
    if (message.type === 'item') coming.push(itemOf(message.task, message.index))
  }
  for (const row of state.executor.all()) {
    const attempt = attemptFor(row, life)
    if (attempt !== null) attempts.push(attemptId(row.spec.id, attempt))
    if (row.owner === life) for (const { index } of row.unsent) coming.push(itemOf(row.spec.id, index))
  }
  const borrows = state.holds.ofLife(life).filter((row) => row.owner === life)
  const holdings = state.holdings.of(life).map(({ object, size, hash }) => ({ object, size, hash }))
  const undelivered = [...state.deliveries.values()].filter(({ to }) => to === life)
  // Listed once, it is said to be held once.
  for (const delivery of undelivered) delivery.times = 1
  return {
    type: 'announce',
    attempts,
    borrows: borrows.map((row) => row.object),
    holdings,
    coming,
    undelivered: undelivered.map(sayingOf),
  }
}
