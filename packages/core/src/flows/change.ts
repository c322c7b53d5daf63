// An actor goes on with other code (`onCodeChange: 'restore'`), where it is answered for: the bundle is fetched first, then
// the host is told to hand the actor over, as when it leaves, and what it gives back is given out again as its next
// edition. What its calls do meanwhile is as with any move: what has not begun goes to where it lives next.

import type { LifeId } from '../model/ids.ts'
import { codeObject, resultOf } from '../model/ids.ts'
import type { TaskId } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { adopt } from '../state/adoption.ts'
import { codeSources } from '../state/code-sources.ts'
import { changeOver, isToBeHad, nextEdition } from '../state/editions.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'

type MessageOf<T> = Extract<Message, { type: T }>

/** Somebody would have that actor go on with its code. Asked again, it is the same. */
export function asked(state: PeerState, from: LifeId, message: MessageOf<'change-actor'>): void {
  const { actor, task, code, needs, generators } = message
  const id = actor as string as TaskId
  adopt(state, actor)
  const waiting = state.changes.get(id) ?? []
  let change = waiting.find((known) => known.code === code)
  if (!change) {
    waiting.push((change = { code, needs, generators, askers: new Map(), ordered: 0 }))
    state.code.need(code)
  }
  change.askers.set(task, from)
  state.changes.set(id, waiting)
  if (isToBeHad(state, code)) return
  state.holdings
    .want(codeObject(code), from, { size: 0, hash: code, holders: codeSources(state, code, from) })
    .copyFor.add(from)
}

/** Once a turn: what can be gone on with. */
export function tendChanges(state: PeerState): void {
  for (const [id, [change]] of state.changes) {
    const row = state.tasks.get(id)
    if (!change || row?.spec.actor === undefined || row.state === 'settled')
      changeOver(state, id, { end: 'gone', why: '' })
    else if (row.spec.code === change.code) {
      if (row.hosted) changeOver(state, id, { end: 'changed', why: '' })
    } else if (!isToBeHad(state, change.code))
      changeOver(state, id, { end: 'refused', why: 'its bundle could not be fetched' })
    else if (row.hosted && row.at && state.code.has(change.code) && change.ordered !== row.attempt) {
      change.ordered = row.attempt
      const edition = nextEdition(row.spec, change)
      say(state, row.at, { type: 'hand-over', actor: resultOf(id), attempt: row.attempt, edition })
    }
  }
}

/** Its host cannot: it goes on as it is. */
export function keptBy(state: PeerState, from: LifeId, { task, why }: MessageOf<'changed-actor'>): void {
  const row = state.tasks.get(task)
  if (row?.at !== from || state.changes.get(task)?.[0]?.ordered !== row.attempt) return void state.counters.strayed++
  changeOver(state, task, { end: 'refused', why })
}
