// A detached job whose submitter is gone for good: another program, which knows the job's name, reads
// the result. The one task that asks for all others gives back its slot while it waits, so the ideal is
// that of the others alone.

import type { FaultCase } from '../case.ts'
import type { DetacherOrder } from '../mesh/detacher.ts'
import { startPeers, startProgram, until } from '../mesh/flock.ts'
import type { JobReaderOrder } from '../mesh/job-reader.ts'
import { faultMs, work } from './job-under-fault.ts'

const job = 'faults'

export const detached: FaultCase = {
  name: 'detached',
  what: 'a detached job, its submitter SIGKILLed for good at 1.5 s; its result read elsewhere by the job’s name',
  promised: 'readable, right',
  kept: ({ makespanMs, lost }) => makespanMs !== null && lost === 0,
  others: [],
  work,
  async run(context) {
    const peers = await startPeers(context, 2)
    const { tasks, taskMs } = work
    const submitter = startProgram<DetacherOrder>(context, 'detacher', { peers, job, tasks, taskMs })
    const beganAt = (await submitter.next('began')).at
    await until(beganAt + faultMs)
    const at = Date.now()
    submitter.process.kill()
    const done = await startProgram<JobReaderOrder>(context, 'job-reader', { peers, job, tasks }).next('done')
    const losses = [{ at, pids: [submitter.process.pid], heardAt: null }]
    return { beganAt, endedAt: done.at, changes: [], losses, lost: done.lost, note: done.note }
  },
}
