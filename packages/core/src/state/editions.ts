// Which code an actor runs. Whoever answers for it counts the changes; the number and the code are in its record too,
// beside the state that this code can go on from, and there they count: whoever stands with an earlier edition
// gives the actor back and says which it is. What is to be changed waits here, one change after the other.

import type { Edition, NewCode } from '../model/actor.ts'
import type { CodeId, LifeId, TaskId } from '../model/ids.ts'
import { codeObject, resultOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Outcome, TaskSpec } from '../model/task.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import { noteStory } from './recording.ts'
import type { Resident } from './residents.ts'
import type { TaskRow } from './tasks.ts'

export interface Change extends NewCode {
  /** Who would have the actor's name, and waits for that. */
  readonly askers: Map<TaskId, LifeId>
  /** The attempt that was told to hand over. */
  ordered: number
}

export function editionOf({ code, policy, actor }: TaskSpec): Edition {
  return { nth: actor?.edition ?? 0, code, needs: policy.needs, generators: actor?.generators ?? [] }
}

/** The one that is to be run comes after that, so the state has yet to be taken up by it. */
export function isNewTo(spec: TaskSpec, { nth }: Edition): boolean {
  return editionOf(spec).nth > nth
}

function setEdition(state: PeerState, row: TaskRow, { nth, code, needs, generators }: Edition): void {
  const { spec } = row
  if (!spec.actor) return
  state.code.need(code)
  state.code.unneed(spec.code)
  const actor = { ...spec.actor, edition: nth, generators }
  state.tasks.edited(row, { ...spec, code, policy: { ...spec.policy, needs }, actor })
  noteStory(state, spec.id, `is to run its code number ${nth + 1}, ${code}`, { trouble: true })
}

/** What ends the making of an actor with new code ends that change, and no more: the record has what the old goes on from. */
export function orRefused({ run, tenure }: Pick<Resident, 'run' | 'tenure'>, outcome: Outcome): Outcome {
  if (!tenure || !isNewTo(run.spec, tenure.record.edition)) return outcome
  const { type } = outcome
  if (type !== 'error' && type !== 'rejected' && type !== 'crash') return outcome
  const said =
    type === 'error'
      ? `${run.spec.fn} threw ${outcome.name}: ${outcome.message}`
      : type === 'crash'
        ? `its worker died (${outcome.reason})`
        : outcome.message
  return { type: 'returned', reason: clip(said), free: true, edition: tenure.record.edition }
}

/** It is about to be given out: with the code that it is to go on with, if that is here. */
export function applyChange(state: PeerState, row: TaskRow): void {
  const change = state.changes.get(row.spec.id)?.[0]
  if (!change || change.code === row.spec.code || !state.code.has(change.code)) return
  setEdition(state, row, nextEdition(row.spec, change))
}

export function nextEdition(spec: TaskSpec, { code, needs, generators }: NewCode): Edition {
  return { nth: editionOf(spec).nth + 1, code, needs, generators }
}

/** Its host says what it is to run: what was asked for, the old again as the new could not go on with it, or what somebody else had it changed to. */
export function correctEdition(
  state: PeerState,
  row: TaskRow,
  { edition, why }: { readonly edition: Edition; readonly why: string },
): void {
  const change = state.changes.get(row.spec.id)?.[0]
  if (change?.code === row.spec.code && edition.code !== change.code && isNewTo(row.spec, edition))
    changeOver(state, row.spec.id, { end: 'refused', why })
  setEdition(state, row, edition)
}

/** The first of the changes has come to that, and whoever waits for it is told. */
export function changeOver(
  state: PeerState,
  actor: TaskId,
  told: { readonly end: 'changed' | 'refused' | 'gone'; readonly why: string },
): void {
  const waiting = state.changes.get(actor)
  const change = waiting?.shift()
  if (!change) return
  if (waiting?.length === 0) state.changes.delete(actor)
  state.code.unneed(change.code)
  for (const [task, life] of change.askers)
    if (!state.members.ended(life)) say(state, life, { type: 'changed-actor', actor: resultOf(actor), task, ...told })
}

/** Where its bundle is on its way, or here. */
export function isToBeHad(state: PeerState, code: CodeId): boolean {
  return state.code.has(code) || state.holdings.fetching(codeObject(code)) !== undefined
}
