// What is going on here in a few numbers: tasks by function and state, and what the peer has and holds. Of what has
// ended only what is remembered can be told by function; the totals count everything since the peer started.

import type { InspectRow } from '../model/messages.ts'
import type { PeerState } from './peer-state.ts'

const states = ['waiting', 'ready', 'assigned', 'retrying', 'value', 'failure', 'cancelled'] as const

/** A row per function, then one of the whole peer: the one without `fn`. */
export function summed(state: PeerState): InspectRow[] {
  const functions = new Map<string, Record<string, number>>()
  const count = (fn: string, at: string): void => {
    const counts = functions.get(fn) ?? Object.fromEntries(states.map((one) => [one, 0]))
    functions.set(fn, counts)
    counts[at] = (counts[at] ?? 0) + 1
  }
  for (const { spec, state: at } of state.tasks.all()) if (at !== 'settled') count(spec.fn, at)
  for (const { fn, state: at } of state.remembered.values()) count(fn, at)
  const { executor, holdings, foundlings, counters, meters } = state
  return [
    ...[...functions].map(([fn, counts]) => ({ fn, ...counts })),
    {
      fn: null,
      slots: executor.slots,
      running: executor.running,
      queued: executor.readyCount,
      settled: counters.settled,
      failed: meters.failed,
      retried: counters.retried,
      objects: holdings.size,
      memoryBytes: holdings.memoryBytes,
      diskBytes: holdings.diskBytes + foundlings.bytes,
    },
  ]
}
