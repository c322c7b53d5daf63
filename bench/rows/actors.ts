// Calls of one actor in another process: one worker, one mailbox, in order.

import { pipeline } from '../baselines/pipeline.ts'
import { meshCalls } from '../mesh/mesh.ts'
import type { Row } from '../row.ts'

function calls(name: string, inFlight: number, limit: string): Row {
  return {
    name: `actor calls, ${name}`,
    unit: 'tasks/s',
    limit: `${limit} (bare pipeline)`,
    async run(context) {
      return { mesh: await meshCalls(context, inFlight), 'bare pipeline': await pipeline(context, { inFlight }) }
    },
  }
}

/** After each hundredth call the state goes to the group, and the next calls wait for the snapshot. */
const checkpointed: Row = {
  name: 'actor calls with a checkpoint per 100, 1,000 in flight',
  unit: 'tasks/s',
  limit: 'a snapshot and a record to two peers per 100 calls; promised: 0.5 of the same without',
  async run(context) {
    return { mesh: await meshCalls(context, 1_000, 100), 'no checkpoints': await meshCalls(context, 1_000) }
  },
}

export const rows: readonly Row[] = [
  calls('one at a time', 1, 'two wake-ups of a process and two of a thread per call'),
  calls('1,000 in flight', 1_000, 'encoding and one hop into the worker per batch'),
  checkpointed,
]
