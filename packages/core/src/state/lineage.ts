// What keeps a finished task's spec: its result could be lost and made again from it. The spec holds
// the origins of its arguments for as long; both go together, here, wherever the reason to keep them
// ends. Both are bounded together: arguments in specs, and bytes that nobody else would keep.

import type { TaskId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import type { TaskRow } from './tasks.ts'

/** The row has just settled with a result that may be lost one day. */
export function keepLineage(state: PeerState, row: TaskRow): void {
  row.lineage = true
  state.lineageBytes += row.spec.args.length
  for (const link of row.spec.refs) state.holds.addLineage(link.object, link.owner)
}

export function lineageBytes(state: PeerState): number {
  return state.lineageBytes + state.holds.lineageBytes
}

/** Forgets a settled task. Without one there is nothing to forget. */
export function dropSpec(state: PeerState, task: TaskId): void {
  const row = state.tasks.get(task)
  if (!row || row.state !== 'settled') return
  state.tasks.remove(task)
  state.code.unneed(row.spec.code)
  if (!row.lineage) return
  state.lineageBytes -= row.spec.args.length
  for (const link of row.spec.refs) if (state.holds.dropLineage(link.object)) state.agenda.loose.push(link.object)
}
