// A named job whose program is killed when half of its results are there, and run again. No capacity is
// lost, so the ideal is the job's own, as if nothing had happened; the makespan has the second start of the
// program in it.

import type { FaultCase } from '../case.ts'
import { startPeers, startProgram } from '../mesh/flock.ts'
import type { SubmitterOrder } from '../mesh/submitter.ts'
import { work } from './job-under-fault.ts'

const twice = 10

export const submitter: FaultCase = {
  name: 'submitter',
  what: 'a named job, its submitter SIGKILLed at half of 400 tasks and run again',
  promised: `≤ ${twice} tasks executed twice`,
  kept: ({ makespanMs, lost, beyond }) => makespanMs !== null && lost === 0 && beyond !== null && beyond <= twice,
  others: [],
  work,
  async run(context) {
    const peers = await startPeers(context, 2)
    const program = () =>
      startProgram<SubmitterOrder>(context, 'submitter', {
        peers,
        tasks: work.tasks,
        taskMs: work.taskMs,
        bytes: 0,
        copies: 2,
        job: 'faults',
      })
    const first = program()
    const beganAt = (await first.next('began')).at
    await first.next('half')
    const at = Date.now()
    first.process.kill()
    const done = await program().next('done')
    const losses = [{ at, pids: [first.process.pid], heardAt: null }]
    return { beganAt, endedAt: done.at, changes: [], losses, lost: done.lost, note: done.note }
  },
}
