// A job on two peers, one of which is killed on the way: does the rest take as long as it must with one, and
// is anything done twice? It does not know what the job costs without a fault; that is `calm`.

import type { FaultCase } from '../case.ts'
import { jobUnderFault, work } from './job-under-fault.ts'

export const killed: FaultCase = {
  name: 'killed',
  what: '400 tasks of 20 ms on two one-slot peers, one SIGKILLed at 1.5 s',
  promised: '≤ 1.15 × ideal',
  kept: ({ ratio, lost }) => lost === 0 && ratio !== null && ratio <= 1.15,
  others: ['ray', 'dask'],
  work,
  run: (context) => jobUnderFault(context, 'SIGKILL'),
}
