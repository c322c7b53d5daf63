// What a peer's main thread and one of its workers share where a platform has shared memory: a ring for small outcomes
// (outcome-ring.ts) and cells for what is taken back (recall.ts). A platform that has none brings none of this along.

import { OutcomeReader, sharedRing } from './outcome-ring.ts'
import { Recall, recallCells } from './recall.ts'

export interface SharedMemory {
  /** What goes to the worker. */
  readonly cells: { readonly ring: SharedArrayBuffer; readonly recall: SharedArrayBuffer }
  readonly outcomes: Pick<OutcomeReader, 'drain' | 'hears'>
  readonly recall: Pick<Recall, 'hasBegun' | 'take'>
}

/** For one worker. */
export function shareMemory(): SharedMemory {
  const cells = { ring: sharedRing(), recall: recallCells() }
  return { cells, outcomes: new OutcomeReader(cells.ring), recall: new Recall(cells.recall) }
}
