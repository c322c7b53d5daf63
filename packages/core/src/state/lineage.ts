// What keeps a finished task's spec: its result could be lost and made again from it, or something that was put
// inside it. The spec holds the origins of its arguments for as long; both go together, here, wherever the reason to
// keep them ends. All are bounded together: arguments in specs, and bytes that nobody else would keep.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { TaskSpec } from '../model/task.ts'
import type { Entry } from './directory.ts'
import { hold, letGo } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import type { TaskRow } from './tasks.ts'

/** The row has just settled with a result that may be lost one day. */
export function keepLineage(state: PeerState, row: TaskRow): void {
  row.lineage = true
  keepInputs(state, row.spec)
}

function keepInputs(state: PeerState, { args, refs }: TaskSpec): void {
  state.lineageBytes += args.length
  for (const link of refs) state.holds.addLineage(link.object, link.owner)
}

function dropInputs(state: PeerState, { args, refs }: TaskSpec): void {
  state.lineageBytes -= args.length
  for (const link of refs) if (state.holds.dropLineage(link.object)) state.agenda.loose.push(link.object)
}

/** The task that it is the result of can be run again for it. */
export function hasLineage(state: PeerState, { task }: Pick<Entry, 'task'>): boolean {
  return task !== null && state.tasks.get(task) !== undefined
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
  if (row.lineage) dropInputs(state, row.spec)
}

/** It was put inside that task, by whoever ran it: what that took is borrowed of its owners for as long. */
// oxlint-disable-next-line max-params -- what was put, and where it comes from
export function keepMaker(state: PeerState, object: ObjectId, spec: TaskSpec, formerly: readonly LifeId[]): void {
  if (state.makers.of(object) || !state.makers.add(object, { spec, since: state.timers.turnAt, formerly })) return
  state.code.need(spec.code)
  for (const link of spec.refs) hold(state, link, 'spec')
  keepInputs(state, spec)
  for (const link of spec.refs) letGo(state, link.object, 'spec')
}

/** That object is let go of, lost for good, or may not be made again. */
export function dropMaker(state: PeerState, object: ObjectId): void {
  const maker = state.makers.drop(object)
  if (!maker) return
  state.code.unneed(maker.spec.code)
  dropInputs(state, maker.spec)
}
