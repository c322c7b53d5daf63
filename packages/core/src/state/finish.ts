// An attempt here is over: what was kept for it goes, and its outcome leaves as soon as it may, which is when the
// owners of what it has refs to know of us, guardians could answer for what is ours, and, of an actor's
// call, its reply is kept. Asked for by whoever ends one: its worker, its owner, or its actor's end.

import type { AttemptId } from '../model/ids.ts'
import { resultOf } from '../model/ids.ts'
import type { Outcome } from '../model/task.ts'
import { answerAskers, forsake, linksOf, shareResult } from './answer.ts'
import { dropBytes, dropDoomed } from './bytes.ts'
import { contextEnded } from './forgetting.ts'
import { awaitGuardians } from './guarding.ts'
import { letGo } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import { tellRun } from './recording.ts'
import type { RunRow } from './runs.ts'
import { ranFor } from './story-rows.ts'

/** An outcome leaves when its owners know of the borrows that it brought about: no ref outlives its hold. */
export function finish(state: PeerState, row: RunRow, outcome: Outcome, ms: number): void {
  forgetInputs(state, row)
  const ranMs = ms > 0 ? ms : ranFor(state, row, state.timers.turnAt)
  state.executor.finished(row, outcome, ms, state.timers.turnAt)
  tellRun(state, row, outcome, ranMs)
  contextEnded(state, row, outcome)
  shareResult(state, row)
  for (const { source } of row.inputs) dropDoomed(state, source)
  if (row.spec.actor) state.agenda.unhosted.push(row)
  // What it names is kept for its reply, until that is in a record.
  if (row.abandoned) return row.isHeldBack ? undefined : forsake(state, row)
  awaitBorrows(state, row)
  awaitGuardians(state, row)
  answerAskers(state, row)
}

/**
 * What the attempt was given, and what is inside that, is kept for us until the outcome is taken: by then
 * what we keep of it ourselves must be known. What it got by reading is kept by what it read.
 */
function awaitBorrows(state: PeerState, row: RunRow): void {
  const unanswered = state.holds.unanswered()
  if (unanswered.size === 0) return
  const inside = row.inputs.flatMap(({ located }) => ('refs' in located ? located.refs : []))
  for (const { object } of [...row.spec.refs, ...inside, ...linksOf(row.outcome as Outcome)]) {
    if (!unanswered.has(object)) continue
    row.unsaid.add(object)
    state.unsaid.add(object, row.id)
  }
}

function forgetInputs(state: PeerState, row: RunRow): void {
  for (const object of row.missing) {
    const fetch = state.holdings.fetching(object)
    if (!fetch) continue
    fetch.attempts.delete(row.id)
    state.holdings.forgetUnwanted(fetch)
  }
  row.missing.clear()
}

// oxlint-disable-next-line max-params -- what came of which attempt
export function yielded(state: PeerState, row: RunRow, outcome: Outcome, ms: number): void {
  for (const link of linksOf(outcome)) state.holds.add(link.object, link.owner, 'transit')
  finish(state, row, outcome, ms)
}

/** It ends as that, whatever its worker says of it. What has ended and may not be told yet is told as this instead. */
export function evict(
  state: PeerState,
  { run, outcome }: { readonly run: AttemptId; readonly outcome: Outcome },
): void {
  const row = state.executor.get(run)
  if (!row) return
  if (row.state !== 'done') return yielded(state, row, outcome, 0)
  for (const link of linksOf(row.outcome as Outcome)) letGo(state, link.object, 'transit')
  if (row.outcome?.type === 'stored') dropBytes(state, resultOf(row.spec.id), row.owner)
  row.outcome = outcome
  contextEnded(state, row, outcome)
  answerAskers(state, row)
}
