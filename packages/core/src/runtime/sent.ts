// What the main thread remembers of an attempt that a worker has, from its order to its outcome.

import type { AttemptId } from '../model/ids.ts'
import type { Outcome } from '../model/task.ts'
import type { ContextBridge } from './context-bridge.ts'
import type { ItemQueue } from './item-queue.ts'
import { noRoom } from './thrown.ts'
import type { RunOrder } from './worker-port.ts'

export interface Sent {
  readonly number: number
  readonly order: RunOrder
  isSent: boolean
  /** Reported as cancelled while it may still start: its end is only noted. */
  isGhost: boolean
  context: ContextBridge | undefined
  /** Of a generator that has yielded. */
  items: ItemQueue | undefined
}

/** There was no room for what it gave. A call of an actor has had its effect, and does not go elsewhere. */
export function outOfRoom({ order }: Sent): Outcome {
  return order.isCall === true ? noRoom() : { type: 'returned', reason: 'memory' }
}

/** Of those that have no outcome: the first, and of an actor the calls that it may have begun. */
export function begunOf(
  attempts: readonly Sent[],
  actor: Sent | undefined,
  hasBegun: (number: number) => boolean | undefined,
): Sent[] {
  // Those that yield may wait for their readers, and others have begun meanwhile.
  const yielding = actor ? attempts.filter(({ order }) => order.stream !== null).length : 0
  const most = 1 + (actor?.order.actor?.concurrency ?? 0) + yielding
  return attempts.slice(0, most).filter(({ number, isSent, order }) => {
    return isSent && (order.isCall !== true || hasBegun(number) !== false)
  })
}

/** A worker is gone: of those that are still wanted, which had begun in it, and which had only been sent. */
export function whereTheyWere(
  attempts: readonly Sent[],
  begun: readonly Sent[],
): Record<'alive' | 'running' | 'unstarted', AttemptId[]> {
  const alive = attempts.filter(({ isGhost }) => !isGhost)
  const running = begun.filter(({ isGhost }) => !isGhost)
  const unstarted = alive.filter((sent) => !running.includes(sent))
  const ids = (list: readonly Sent[]): AttemptId[] => list.map(({ order }) => order.id)
  return { alive: ids(alive), running: ids(running), unstarted: ids(unstarted) }
}
