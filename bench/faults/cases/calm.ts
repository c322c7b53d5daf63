// The same job without a fault: what the others are to be read against, since a busy machine and the
// way from task to task cost both the same.

import type { FaultCase } from '../case.ts'
import { startPeers, startProgram } from '../mesh/flock.ts'
import type { SubmitterOrder } from '../mesh/submitter.ts'
import { work } from './job-under-fault.ts'

export const calm: FaultCase = {
  name: 'calm',
  what: '400 tasks of 20 ms on two one-slot peers, and nothing happens',
  promised: 'nothing twice',
  kept: ({ makespanMs, lost, beyond }) => makespanMs !== null && lost === 0 && beyond === 0,
  others: ['ray', 'dask'],
  work,
  async run(context) {
    const peers = await startPeers(context, 2)
    const { tasks, taskMs } = work
    const order = { peers, tasks, taskMs, bytes: 0, copies: 2, job: null }
    const submitter = startProgram<SubmitterOrder>(context, 'submitter', order)
    const beganAt = (await submitter.next('began')).at
    const done = await submitter.next('done')
    return { beganAt, endedAt: done.at, changes: [], losses: [], lost: done.lost, note: done.note }
  },
}
