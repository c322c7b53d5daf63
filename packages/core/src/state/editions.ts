// Which code an actor runs. Whoever answers for it decides that, and counts the changes; the number and the code are in its
// record too, beside the state that this code can go on from. Whoever stands with an earlier edition gives the actor back
// and says which its record has. That is no more than a number and a hash: what it needs is taken from what is known here,
// and what is not known here is run when a member has it, since a host may be a worker.

import type { Edition, NewCode } from '../model/actor.ts'
import type { CodeId, LifeId, TaskId } from '../model/ids.ts'
import { codeObject, resultOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { Outcome, TaskSpec } from '../model/task.ts'
import { candidatesFor } from './candidates.ts'
import { fetchOfMembers } from './code-sources.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import { asksHere } from './permits.ts'
import { noteStory } from './recording.ts'
import type { Resident } from './residents.ts'
import type { TaskRow } from './tasks.ts'

export function editionOf({ code, actor }: TaskSpec): Edition {
  return { nth: actor?.edition ?? 0, code }
}

function codeOf({ code, policy, actor }: TaskSpec): NewCode {
  return { code, needs: policy.needs, generators: actor?.generators ?? [] }
}

/** The one that is to be run comes after that, so the state has yet to be taken up by it. */
export function isNewTo(spec: TaskSpec, { nth }: Edition): boolean {
  return editionOf(spec).nth > nth
}

// oxlint-disable-next-line max-params -- which number of whose is what
function setEdition(state: PeerState, row: TaskRow, nth: number, { code, needs, generators }: NewCode): void {
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

/** It is about to be given out: with the code that it is to go on with, if that is here and somebody could run it. */
export function applyChange(state: PeerState, row: TaskRow): void {
  const change = state.changes.of(row.spec.id)
  if (!change || change.code === row.spec.code || !state.code.has(change.code) || !fits(state, row, change)) return
  change.before = codeOf(row.spec)
  setEdition(state, row, nextEdition(row.spec, change).nth, change)
}

export function nextEdition(spec: TaskSpec, { code }: NewCode): Edition {
  return { nth: editionOf(spec).nth + 1, code }
}

/** Somebody could run that, now or later. */
export function fits(state: PeerState, { spec }: TaskRow, { needs }: NewCode): boolean {
  return candidatesFor(state, { needs, depth: spec.depth, isApart: true }).fit
}

/**
 * Its host says which edition its record has: what was asked for, the old again as the new could not go on with it, or what
 * somebody else who answered for it had it changed to. False while that is not to be run from here.
 */
// oxlint-disable-next-line max-params -- who says what of which actor
export function correctEdition(
  state: PeerState,
  row: TaskRow,
  from: LifeId,
  { edition, why }: { readonly edition: Edition; readonly why: string },
): boolean {
  const { spec } = row
  const code = isLeap(state, from, edition, editionOf(spec)) ? null : known(state, row, edition)
  if (!code) return false
  const change = state.changes.of(spec.id)
  if (change?.code === spec.code && code.code !== change.code && isNewTo(spec, edition))
    changeOver(state, spec.id, { end: 'refused', why })
  else if (change?.code === code.code && spec.code !== code.code) change.before = codeOf(spec)
  setEdition(state, row, edition.nth, code)
  return true
}

/** What it needs is never its host's to say. */
function known(state: PeerState, { spec }: TaskRow, { code }: Edition): NewCode | null {
  const own = codeOf(spec)
  const change = state.changes.of(spec.id)
  const found = [own, change, change?.before].find((one) => one?.code === code)
  if (found) return found
  if (state.code.has(code)) return { ...own, code }
  fetchOfMembers(state, code)
  return null
}

/** After one so far ahead there would be no later one: no worker says so. */
// oxlint-disable-next-line max-params -- who says which, after which
function isLeap(state: PeerState, from: LifeId, { nth }: Edition, before: Edition | undefined): boolean {
  return !asksHere(state, from) && nth - (before?.nth ?? 0) > limits.editions
}

/**
 * A record may say so: it comes from a member, or has what the one before had, or a bundle that a member has. When that is
 * not known here it is asked for, and the host asks again.
 */
// oxlint-disable-next-line max-params -- who says which, after which
export function mayRecord(state: PeerState, from: LifeId, edition: Edition, before: Edition | undefined): boolean {
  if (asksHere(state, from)) return true
  if (isLeap(state, from, edition, before)) return false
  // Of the first nobody asks the record: whoever goes on with it has that from who answers for it.
  if (edition.nth === 0 || edition.code === before?.code || state.code.has(edition.code)) return true
  fetchOfMembers(state, edition.code)
  return false
}

/** Nobody could run the new code after all: it goes on with the old. False when that is no change's doing. */
export function goesBack(state: PeerState, row: TaskRow): boolean {
  const { spec } = row
  const change = state.changes.of(spec.id)
  if (!change?.before || change.code !== spec.code) return false
  const { before } = change
  changeOver(state, spec.id, { end: 'refused', why: noPlace })
  setEdition(state, row, editionOf(spec).nth + 1, before)
  return true
}

export const noPlace = 'no peer here has what it needs'

/** The first of the changes has come to that, and whoever waits for it is told. */
export function changeOver(
  state: PeerState,
  actor: TaskId,
  told: { readonly end: 'changed' | 'refused' | 'gone'; readonly why: string },
): void {
  for (const [task, life] of state.changes.over(actor)?.askers ?? [])
    if (!state.members.ended(life)) say(state, life, { type: 'changed-actor', actor: resultOf(actor), task, ...told })
}

/** Where its bundle is on its way, or here. */
export function isToBeHad(state: PeerState, code: CodeId): boolean {
  return state.code.has(code) || state.holdings.fetching(codeObject(code)) !== undefined
}
