// What the main thread remembers of an attempt that a worker has, from its order to its outcome.

import type { AttemptId } from '../model/ids.ts'
import type { ContextBridge } from './context-bridge.ts'
import type { ItemQueue } from './item-queue.ts'
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
