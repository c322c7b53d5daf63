// How the outcome of an attempt reaches whoever asked for it. One run may have several askers: the
// parent of a task was cut off and runs again elsewhere, and both its lives ask for the same child.
// It runs once and all of them are told. What nobody can be told any more is forgotten here as well,
// with everything that was kept for its sake.

import type { LifeId } from '../model/ids.ts'
import { itemOf, resultOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Item } from '../model/stream.ts'
import { isFinal } from '../model/outcomes.ts'
import type { Outcome, RefLink, TaskSpec } from '../model/task.ts'
import { dropBytes } from './bytes.ts'
import { outcomeTaken } from './forgetting.ts'
import type { RunRow, Unsent } from './runs.ts'
import { askersOf, attemptFor } from './runs.ts'
import { currentLinks, letGo } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import { isSafe } from './safe.ts'
import { type Said, sayingOf } from './transits.ts'

type OutcomeMessage = Extract<Message, { type: 'outcome' }>

export function linksOf(outcome: Outcome): readonly RefLink[] {
  if (outcome.type === 'ref') return [outcome.link]
  return outcome.type === 'inline' || outcome.type === 'stored' ? outcome.refs : []
}

/** What it names that has yet to leave: its outcome, and of a generator what it yielded. */
export function linksToLeave({ outcome, unsent }: RunRow): readonly RefLink[] {
  const links = outcome ? linksOf(outcome) : []
  return unsent.length === 0 ? links : [...links, ...unsent.flatMap(({ item }) => linksOf(item))]
}

/** What is still wanted by somebody who was thought dead too soon. */
export function isLetter({ type }: Message): boolean {
  return type === 'outcome' || type === 'item' || type === 'remade'
}

/** An outcome of which nothing is kept here. */
export function answer(state: PeerState, to: LifeId, outcome: Omit<OutcomeMessage, 'type'>): void {
  say(state, to, { type: 'outcome', ...outcome })
}

/** Tells every asker that is there, of a generator that goes on only its items. The row goes with the last of them. */
export function answerAskers(state: PeerState, row: RunRow): void {
  if (row.unsent.length > 0) sendItems(state, row)
  if (row.state !== 'done') return
  if (row.unsent.length > 0 || row.unsaid.size > 0 || row.isHeldBack || state.ledger.waits.has(row.id)) return
  for (const asker of row.others ?? []) {
    if (state.members.ended(asker.owner)) continue
    state.executor.dropAsker(row, asker.owner)
    tell(state, row, asker.owner, asker.attempt)
  }
  if (state.members.ended(row.owner)) return
  const { owner, attempt } = row
  if (row.others) passOn(state, row, owner)
  else forget(state, row)
  tell(state, row, owner, attempt)
}

/** What a generator yielded leaves in order, each item when the refs in it are safe and known to those who answer for them. */
export function sendItems(state: PeerState, row: RunRow): void {
  if (state.members.ended(row.owner) || isLapsed(state, row)) return
  for (let next = row.unsent[0]; next && mayLeave(state, row, linksOf(next.item)); next = row.unsent[0]) {
    row.unsent.shift()
    sendItem(state, row, next)
  }
}

/** Of an actor without a lease nothing is heard: another may have begun in its place. */
function isLapsed({ residents, timers }: PeerState, { spec }: RunRow): boolean {
  const tenure = spec.call && residents.get(spec.call.actor)?.tenure
  return tenure ? timers.turnAt >= tenure.until : false
}

function mayLeave(state: PeerState, { owner, id }: RunRow, links: readonly RefLink[]): boolean {
  if (links.length === 0 || owner === state.self) return true
  if (state.ledger.waits.has(id)) return false
  const unanswered = state.holds.unanswered()
  const unsafe = links.filter(({ object }) => unanswered.has(object) || !isSafe(state, object))
  for (const { object } of unsafe) if (unanswered.has(object)) state.unsaid.add(object, id)
  return unsafe.length === 0
}

/** The refs inside are kept until they are held there. */
function sendItem(state: PeerState, { spec, attempt, owner }: RunRow, { index, item }: Unsent): void {
  const task = spec.id
  const links = linksOf(item)
  if (links.length > 0) leaves(state, owner, { task, attempt, index }, links)
  say(state, owner, { type: 'item', task, attempt, index, item: current(state, item) as Item })
  if (links.length > 0 && owner === state.self) say(state, owner, { type: 'delivered', task, attempt, index })
}

// oxlint-disable-next-line max-params -- to whom what is said, and what it names
function leaves(state: PeerState, to: LifeId, said: Said, links: readonly RefLink[]): void {
  state.transits.add(
    sayingOf(said),
    to,
    links.map((link) => link.object),
  )
}

/** One of several does not ask for it any more. */
export function dropAsker(state: PeerState, row: RunRow, owner: LifeId): void {
  const attempt = attemptFor(row, owner)
  if (attempt !== null) outcomeTaken(state, owner, { task: row.spec.id, attempt })
  passOn(state, row, owner)
  if (row.outcome?.type === 'stored') dropBytes(state, resultOf(row.spec.id), owner)
}

/** Everybody who asked counts on the result's bytes: the first to let go must not take them from the others. */
export function shareResult(state: PeerState, row: RunRow): void {
  const { outcome } = row
  if (outcome?.type !== 'stored') return
  const object = resultOf(row.spec.id)
  const { size, hash } = outcome
  if (state.holdings.get(object)?.hash === hash) state.holdings.keep({ object, size, hash }, askersOf(row))
}

/** Whoever it counts to then may be thought dead: until its grace is over. */
function passOn(state: PeerState, row: RunRow, owner: LifeId): void {
  state.executor.dropAsker(row, owner)
  if (state.members.ended(row.owner)) state.executor.orphan(row, state.graves.get(row.owner) ?? state.timers.turnAt)
}

function tell(state: PeerState, row: RunRow, to: LifeId, attempt: number): void {
  const { spec, ms, waitedMs } = row
  deliver(state, to, { task: spec.id, attempt, outcome: row.outcome as Outcome, ms, waitedMs })
}

/**
 * It has run here for an owner that was gone before it took the outcome: whoever asks in its place gets
 * that one. True when there is one.
 */
export function answerFromLetters(state: PeerState, to: LifeId, spec: TaskSpec, attempt: number): boolean {
  const task = spec.id
  for (const letters of state.letters.values()) {
    const letter = letters.find(
      (said): said is OutcomeMessage => said.type === 'outcome' && said.task === task && isFinal(said.outcome, spec),
    )
    if (!letter) continue
    const { outcome, ms } = letter
    const held = outcome.type === 'stored' ? state.holdings.get(resultOf(task)) : undefined
    if (outcome.type === 'stored' && held?.hash !== outcome.hash) continue
    if (held) state.holdings.keep(held, [to])
    deliver(state, to, { task, attempt, outcome, ms })
    return true
  }
  return false
}

/** With the refs inside kept until they are held there. */
function deliver(state: PeerState, to: LifeId, said: Omit<OutcomeMessage, 'type'>): void {
  const { task, attempt, outcome, ms, waitedMs } = said
  const links = linksOf(outcome)
  if (links.length > 0) {
    for (const link of links) state.holds.add(link.object, link.owner, 'transit')
    leaves(state, to, { task, attempt }, links)
  }
  answer(state, to, { task, attempt, outcome: current(state, outcome), ms, waitedMs })
  // Our own tables take over in the same turn when we are the owner ourselves.
  if (links.length > 0 && to === state.self) say(state, to, { type: 'delivered', task, attempt })
}

/** Its refs name those who answer by now. */
function current(state: PeerState, outcome: Outcome): Outcome {
  if (outcome.type === 'ref') return { ...outcome, link: currentLinks(state, [outcome.link])[0] ?? outcome.link }
  if (outcome.type !== 'inline' && outcome.type !== 'stored') return outcome
  const refs = currentLinks(state, outcome.refs)
  return refs === outcome.refs ? outcome : { ...outcome, refs }
}

/** The row's own holds go with it; those of its answers stay until they are delivered. */
function forget(state: PeerState, row: RunRow): void {
  for (const link of linksOf(row.outcome as Outcome)) letGo(state, link.object, 'transit')
  dropUnsent(state, row)
  state.executor.remove(row)
  state.code.unneed(row.spec.code)
}

/** What it yielded and may never leave. */
export function dropUnsent(state: PeerState, row: RunRow): void {
  for (const { index, item } of row.unsent.splice(0)) {
    for (const link of linksOf(item)) letGo(state, link.object, 'transit')
    if (item.type === 'stored') dropBytes(state, itemOf(row.spec.id, index), row.owner)
  }
}

/** Nobody asks for it any more: what an abandoned attempt leaves behind goes with it, unless its reply is kept. */
export function forsake(state: PeerState, row: RunRow): void {
  forget(state, row)
  const object = resultOf(row.spec.id)
  const isKept = row.spec.call && state.residents.get(row.spec.call.actor)?.answers.has(row.spec.id)
  if (row.outcome?.type === 'stored' && !isKept && !state.holds.isHeld(object)) dropBytes(state, object, row.owner)
}

/** The owner holds those refs now. */
export function delivered(state: PeerState, from: LifeId, message: Extract<Message, { type: 'delivered' }>): void {
  for (const object of state.transits.delivered(sayingOf(message), from)) letGo(state, object, 'transit')
}
