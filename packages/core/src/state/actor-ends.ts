// What the end of a task means when it is an actor, or a call of one: how that is put, who is told, and what is
// not kept. Everything else of it is as with any task (flows/conclude.ts).

import { itemOf, resultOf } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { TaskSpec } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import { replied } from './forgetting.ts'
import { dropMaker } from './lineage.ts'
import { letGo } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import type { TaskRow } from './tasks.ts'

/** Of an actor it is the end, whatever ended it. */
export function actorEnd(row: TaskRow, result: Located): Located {
  if (result.type !== 'failure' || !endsOfActors.has(result.failure.code)) return result
  const { code, reason, message } = result.failure
  const because = code === 'TASK_CANCELLED' ? 'killed' : code === 'TASK_FAILED' ? 'constructor' : reason
  const said = code === 'TASK_CANCELLED' ? `was ended: ${reason}` : `is dead: ${message}`
  return {
    type: 'failure',
    failure: { ...result.failure, code: 'ACTOR_DIED', reason: because, message: `the actor ${row.spec.fn} ${said}` },
  }
}

/** It ended at its host, which has told its group. One that was ended may not have been there any more. */
export function saidByHost(state: PeerState, { at }: TaskRow, result: Located): boolean {
  const code = result.type === 'failure' ? result.failure.code : ''
  return at !== null && !state.members.ended(at) && saidByHosts.has(code)
}

const saidByHosts: ReadonlySet<string> = new Set(['TASK_FAILED', 'ACTOR_DIED', 'UNKNOWN_EXPORT', 'CODE_REJECTED'])

/** Where no host of it is left to say so, its group is told that nobody is to be one. */
export function actorOver(
  state: PeerState,
  { spec, epoch }: TaskRow,
  { result, isSaid }: { readonly result: Located; readonly isSaid: boolean },
): void {
  const object = resultOf(spec.id)
  if (spec.actor?.detached) letGo(state, object, 'container')
  if (result.type === 'alias') state.notes.set(object, 'it stands for an actor that was there already')
  if (result.type !== 'failure' || isSaid) return
  const over = { type: 'resign', actor: object, epoch, over: result.failure.message } as const
  for (const { life } of [state.members.me, ...state.members.others()]) say(state, life, over)
}

const endsOfActors: ReadonlySet<string> = new Set([
  'TASK_CANCELLED',
  'TASK_FAILED',
  'TASK_TIMEOUT',
  'WORKER_DIED',
  'PEER_DIED',
  'OVERLOADED',
  'ACTOR_DIED',
])

/** It is not made again: what it did, it did. */
export function callOver(state: PeerState, { spec }: TaskRow, result: Located): void {
  const { call, context, id } = spec
  if (!call) return
  if (result.type !== 'failure' || result.failure.code === 'TASK_FAILED') replied(state, spec)
  state.callees.settled(call.actor, context, id)
  if (result.type === 'stored') state.notes.set(resultOf(id), notAgain(spec))
  if (isStream(spec)) endMaking(state, spec)
}

/** Why what a call gave is lost with its last copy. */
function notAgain({ fn }: TaskSpec): string {
  return `${fn} is a call of an actor, and is not made again for its result`
}

/** What it yielded and is lost from now on is lost for good. */
function endMaking(state: PeerState, spec: TaskSpec): void {
  state.notes.set(resultOf(spec.id), notAgain(spec))
  for (const index of state.streams.get(spec.id)?.items ?? []) dropMaker(state, itemOf(spec.id, index))
  dropMaker(state, resultOf(spec.id))
}
