// When whoever kept a reply is told that it may forget it, or that nobody here can say: a question over several
// tables, asked wherever a result is let go of or a context ends.

import type { ContextId, TaskId } from '../model/ids.ts'
import type { Outcome, TaskSpec } from '../model/task.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import type { Reply } from './replies.ts'
import type { RunRow } from './runs.ts'

/** A call of an actor that keeps its replies has been answered. */
export function replied(state: PeerState, { id, call, context, depth }: TaskSpec): void {
  const callee = call && state.callees.get(call.actor)
  if (!call?.onceOnly || !callee || callee.at === null) return
  // A program is not run again by anybody else.
  const keep = depth === 0 ? 'not' : null
  state.replies.add({ task: id, actor: callee.meant, at: callee.at, context, isReleased: false, keep })
}

/** Nobody here holds its result any more. */
export function replyReleased(state: PeerState, task: TaskId): void {
  const reply = state.replies.get(task)
  if (!reply) return
  reply.isReleased = true
  // Taken over from somebody: its context is nowhere near.
  if (reply.keep === null && state.executor.ofTask(reply.context as string as TaskId).length === 0) reply.keep = 'long'
  settle(state, reply)
}

/** A run here is over, and with it the context that it was. */
export function contextEnded(state: PeerState, { spec }: RunRow, outcome: Outcome): void {
  if (state.replies.size === 0) return
  for (const reply of state.replies.ofContext(spec.id as string as ContextId)) {
    reply.keep = isDone(outcome, spec) ? 'briefly' : 'long'
    settle(state, reply)
  }
}

/** Anything else is done once more; and so may this be, by whoever has not heard of it. */
function isDone({ type }: Outcome, { policy }: TaskSpec): boolean {
  return type === 'inline' || type === 'stored' || type === 'ref' || (type === 'error' && policy.retryErrors === false)
}

function settle(state: PeerState, reply: Reply): void {
  const { task, actor, isReleased, keep } = reply
  if (!isReleased || keep === null) return
  state.replies.remove(reply)
  // It may have moved since.
  const at = [...state.callees.all()].find(({ meant }) => meant === actor)?.at ?? reply.at
  if (!state.members.ended(at)) say(state, at, { type: 'forget', actor, task, keep })
}
