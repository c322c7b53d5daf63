// Attempts that a peer had and has no more, as far as we know: what is left for the requeue flow to judge, and
// what is said to a peer that may have one nevertheless. What a loss costs is decided there, not here.

import type { LifeId, TaskId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import type { TaskRow } from './tasks.ts'

/** How an attempt was lost, by whom. */
export interface Loss {
  readonly name: string
  readonly reason: string
  /** Tasks that take peers with them are not tried for ever. */
  readonly died: boolean
}

export function diedAs(name: string): Loss {
  return { name, reason: `peer ${name} died`, died: true }
}

// oxlint-disable-next-line max-params -- an attempt and where it is
export function takeBack(state: PeerState, from: LifeId, task: TaskId, attempt: number): void {
  say(state, from, { type: 'abort', task, attempt, reason: 'it was given to another peer', moved: true })
}

// oxlint-disable-next-line max-params -- what was lost, and how
export function lose(state: PeerState, row: TaskRow, at: LifeId, loss: Loss & { readonly ran: boolean }): void {
  const { name, reason, died, ran } = loss
  const attempt = state.tasks.attemptAt(row, at) ?? row.attempt
  const base = { task: row.spec.id, attempt, code: 'PEER_DIED', cause: null, peer: name } as const
  state.agenda.requeue.push({ ...base, charge: ran ? 'retry' : 'none', reason, killed: ran && died })
}
