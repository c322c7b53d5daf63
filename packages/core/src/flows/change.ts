// An actor goes on with other code (`onCodeChange: 'restore'`), where it is answered for: the bundle is fetched first, then
// the host is told to hand the actor over, as when it leaves, and what it gives back is given out again as its next
// edition. What its calls do meanwhile is as with any move: what has not begun goes to where it lives next.

import type { LifeId } from '../model/ids.ts'
import { codeObject, resultOf } from '../model/ids.ts'
import type { TaskId } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { adoptOrphan } from '../state/adoption.ts'
import { askersMost, type Change } from '../state/changes.ts'
import { codeSources } from '../state/code-sources.ts'
import { changeOver, fits, isToBeHad, nextEdition, noPlace } from '../state/editions.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import type { TaskRow } from '../state/tasks.ts'
import { stays } from '../state/tenancy.ts'

type MessageOf<T> = Extract<Message, { type: T }>

/** Somebody would have that actor go on with its code. Asked again, it is the same. */
export function asked(state: PeerState, from: LifeId, message: MessageOf<'change-actor'>): void {
  const { actor, task, code, needs, generators } = message
  const id = actor as string as TaskId
  adoptOrphan(state, actor)
  if (!state.changes.ask(id, { code, needs, generators }, { task, life: from })) {
    const why = `${askersMost} wait for such changes at ${state.members.nameOf(state.peer)} already`
    return say(state, from, { type: 'changed-actor', actor, task, end: 'refused', why })
  }
  if (isToBeHad(state, code)) return
  state.holdings
    .want(codeObject(code), from, { size: 0, hash: code, holders: codeSources(state, code, from) })
    .copyFor.add(from)
}

/** Once a turn: what can be gone on with. */
export function tendChanges(state: PeerState): void {
  for (const [id, change] of state.changes.all()) {
    const row = state.tasks.get(id)
    if (!change || row?.spec.actor === undefined || row.state === 'settled')
      changeOver(state, id, { end: 'gone', why: '' })
    else if (row.spec.code === change.code) {
      if (row.hosted) changeOver(state, id, { end: 'changed', why: '' })
    } else if (!isToBeHad(state, change.code))
      changeOver(state, id, { end: 'refused', why: 'its bundle could not be fetched' })
    else if (row.hosted && state.code.has(change.code) && change.ordered !== row.attempt) order(state, row, change)
  }
}

/** Nothing is given up for what nobody could run. */
function order(state: PeerState, row: TaskRow, change: Change): void {
  const { spec, at, attempt } = row
  if (!fits(state, row, change)) return changeOver(state, spec.id, { end: 'refused', why: noPlace })
  change.ordered = attempt
  const edition = nextEdition(spec, change)
  if (at) say(state, at, { type: 'hand-over', actor: resultOf(spec.id), attempt, edition })
}

/** Its host cannot: it goes on as it is. */
export function keptBy(state: PeerState, from: LifeId, { task, why }: MessageOf<'changed-actor'>): void {
  const row = state.tasks.get(task)
  if (row?.at !== from || state.changes.of(task)?.ordered !== row.attempt) return void state.counters.strayed++
  changeOver(state, task, { end: 'refused', why })
}

/** At its host: whoever answers for it has other code for it. */
export function handOverAsked(
  state: PeerState,
  from: LifeId,
  { actor, attempt, edition }: MessageOf<'hand-over'>,
): void {
  const task = actor as string as TaskId
  const run = state.executor.find(task, attempt, from)
  const row = state.residents.get(actor)
  if (!run || row?.run !== run || row.state !== 'open') return void state.counters.strayed++
  if (row.canSnapshot) return void (row.movesTo = edition)
  stays(
    state,
    row,
    `its class ${run.spec.fn}, as it runs, has not both snapshot() and a static restore(state), so nothing can tell what it is`,
  )
}
