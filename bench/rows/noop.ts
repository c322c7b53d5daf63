// Tasks that do nothing, so many in flight: what is left is everything around the work.

import { pipeline } from '../baselines/pipeline.ts'
import { piscina } from '../baselines/piscina.ts'
import { meshTasks } from '../mesh/mesh.ts'
import type { Row } from '../row.ts'

function noop(name: string, inFlight: number, limit: string): Row {
  return {
    name: `noop, ${name}`,
    unit: 'tasks/s',
    limit: `${limit} (bare pipeline)`,
    async run(context) {
      return {
        mesh: await meshTasks(context, inFlight),
        'bare pipeline': await pipeline(context, { inFlight }),
        piscina: await piscina(context, inFlight),
      }
    },
  }
}

/** What a job's name costs: ids from what is asked for, and a row of each task at whoever would answer for it. */
const named: Row = {
  name: 'noop of a named job, 1,000 in flight',
  unit: 'tasks/s',
  limit: 'a hash and a guarded row per task; promised: 0.75 of an unnamed one',
  async run(context) {
    return { mesh: await meshTasks(context, 1_000, 'noops'), unnamed: await meshTasks(context, 1_000) }
  },
}

const batched = 'encoding and one hop into the worker per batch'

export const rows: readonly Row[] = [
  noop('one at a time', 1, 'two wake-ups of a process and two of a thread per task'),
  noop('1,000 in flight', 1_000, batched),
  noop('20,000 in flight', 20_000, batched),
  named,
]
