// The same with a peer that does not die but falls silent: its sockets stay open, so only the missing answers
// tell. It is not thawed: it is ended, still frozen, with the others of its run.

import type { FaultCase } from '../case.ts'
import { jobUnderFault, work } from './job-under-fault.ts'

const slackMs = 5_000

export const frozen: FaultCase = {
  name: 'frozen',
  what: '400 tasks of 20 ms on two one-slot peers, one SIGSTOPped at 1.5 s',
  promised: '≤ ideal + 5 s',
  kept: ({ makespanMs, idealMs, lost }) =>
    lost === 0 && makespanMs !== null && idealMs !== null && makespanMs <= idealMs + slackMs,
  others: ['ray', 'dask'],
  work,
  run: (context) => jobUnderFault(context, 'SIGSTOP'),
}
