// When whoever kept a reply is told that it may forget it, or that nobody here can say: a question over several
// tables, asked wherever a result is let go of, a context ends, or its outcome is taken.

import type { ContextId, LifeId, TaskId } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { isValue } from '../model/outcomes.ts'
import type { Outcome, TaskSpec } from '../model/task.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import type { Reply } from './replies.ts'
import type { RunRow } from './runs.ts'
import { askersOf, attemptFor } from './runs.ts'

/** A call of an actor that keeps its replies has been answered. */
export function replied(state: PeerState, { id, call, context, depth }: TaskSpec): void {
  const callee = call && state.callees.get(call.actor)
  if (!call?.onceOnly || !callee || callee.at === null) return
  // A program is not run again by anybody else.
  const keep = depth === 0 ? 'not' : null
  state.replies.add({
    task: id,
    actor: callee.meant,
    at: callee.at,
    context,
    isReleased: false,
    keep,
    untold: new Map(),
  })
}

/** Nobody here holds its result any more. */
export function replyReleased(state: PeerState, task: TaskId): void {
  const reply = state.replies.get(task)
  if (!reply) return
  reply.isReleased = true
  // Taken over from somebody, or of a call that nobody waited for: its context is nowhere near.
  const runs = state.executor.ofTask(reply.context as string as TaskId)
  if (runs.every(({ outcome }) => outcome)) reply.keep ??= 'long'
  settle(state, reply)
}

/** A run here is over, and with it the context that it was. */
export function contextEnded(state: PeerState, row: RunRow, outcome: Outcome): void {
  if (state.replies.size === 0) return
  const askers = askersOf(row)
  // Anything else is done once more, or asked for anew by whoever asked for it; and so may this be, by whoever has not heard of it.
  const isHeard = isValue(outcome) && !askers.some((life) => state.members.ended(life))
  const untold = isHeard ? askers.filter((life) => life !== state.self) : []
  for (const reply of state.replies.ofContext(contextOf(row.spec.id))) {
    reply.keep = isHeard ? 'briefly' : 'long'
    reply.untold = new Map(untold.map((life) => [life, attemptFor(row, life) as number]))
    settle(state, reply)
  }
}

/** What we had said has been taken: outcomes of runs here among it. */
export function outcomesTaken(state: PeerState, by: LifeId, messages: readonly Message[]): void {
  if (state.replies.size === 0) return
  for (const message of messages) if (message.type === 'outcome') outcomeTaken(state, by, message)
}

/** That one knows of the outcome, or asks for it no more. */
// oxlint-disable-next-line max-params -- who has taken what
export function outcomeTaken(
  state: PeerState,
  by: LifeId,
  { task, attempt }: { readonly task: TaskId; readonly attempt: number },
): void {
  for (const reply of state.replies.ofContext(contextOf(task))) {
    if (reply.untold.get(by) !== attempt) continue
    reply.untold.delete(by)
    settle(state, reply)
  }
}

/** Whoever goes on in its place has not heard what it was not told, and has that run again. */
export function askerEnded(state: PeerState, life: LifeId): void {
  for (const reply of state.replies.all()) {
    if (!reply.untold.has(life)) continue
    reply.keep = 'long'
    reply.untold.clear()
    settle(state, reply)
  }
}

function contextOf(task: TaskId): ContextId {
  return task as string as ContextId
}

function settle(state: PeerState, reply: Reply): void {
  const { task, actor, isReleased, keep, untold } = reply
  if (!isReleased || keep === null || untold.size > 0) return
  state.replies.remove(reply)
  // It may have moved since.
  const at = [...state.callees.all()].find(({ meant }) => meant === actor)?.at ?? reply.at
  if (!state.members.ended(at)) say(state, at, { type: 'forget', actor, task, keep })
}
