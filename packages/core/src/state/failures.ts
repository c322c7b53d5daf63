// How a task's end is put into words, once: the sentences that errors carry.

import { peerOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Failure } from '../model/object.ts'
import { voters } from './candidates.ts'
import { isOver } from './membership.ts'
import type { TaskSpec } from '../model/task.ts'
import type { PeerState } from './peer-state.ts'
import { notify } from './peer-state.ts'
import { unfit } from './placement.ts'
import type { TaskRow } from './tasks.ts'

/** Two runs of one task came to two ends: said to people. */
export function conflict(state: PeerState, { id, fn }: Pick<TaskSpec, 'id' | 'fn'>, how: string): void {
  notify(state, { type: 'task:conflict', task: id, fn, reason: `${how}: the task is not deterministic` })
}

export function failure(row: TaskRow, code: Failure['code'], reason: string, message: string): Failure {
  return {
    code,
    reason: clip(reason),
    message: clip(message),
    task: row.spec.id,
    peer: null,
    attempt: row.attempt,
    cause: null,
    story: [...row.story],
  }
}

/** It settles as this. */
export function giveFailure(state: PeerState, row: TaskRow, failed: Failure): void {
  state.agenda.conclude.push({ task: row.spec.id, result: { type: 'failure', failure: failed }, holder: null })
}

export function unplaceable(state: PeerState, row: TaskRow): Failure {
  const reasons = placementReasons(state, row).join('; ')
  return failure(
    row,
    'UNPLACEABLE',
    'needs',
    `no peer can run ${row.spec.fn}: ${reasons}; start one that can, or ask for less (needs)`,
  )
}

/** One sentence per kind of reason, with how many peers share it. */
function placementReasons(state: PeerState, row: TaskRow): string[] {
  const counts = new Map<string, number>()
  const taken = voters(state, row.spec.id)
  for (const member of state.members.all()) {
    if (isOver(member.state)) continue
    const isVoter = taken.has(member.peer)
    const reason =
      member.peer === state.peer && state.leaving
        ? 'it is leaving'
        : (unfit(member, row.spec.policy.needs) ?? (isVoter ? 'it has a vote already' : null))
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  if (counts.size === 0) return ['there is no other peer']
  return [...counts].map(([reason, count]) => `${count} ${count === 1 ? 'peer' : 'peers'}: ${reason}`)
}

/** Of a task that was cancelled or whose time was up, and where it was then. */
export function ended(state: PeerState, row: TaskRow, { code, reason }: NonNullable<TaskRow['ending']>): Failure {
  const said = code === 'TASK_TIMEOUT' ? 'was not done within its time' : 'was cancelled'
  const peer = row.at === null ? null : state.members.nameOf(peerOf(row.at))
  return { ...failure(row, code, reason, `${row.spec.fn} ${said}: ${reason}`), peer }
}
