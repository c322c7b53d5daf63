// The peer through which all others joined is killed mid-job, and a newcomer joins through another. The
// ideal counts the newcomer's slot from the moment at which it has joined.

import type { FaultCase } from '../case.ts'
import { heardBy, startPeer, startPeers, startProgram, strike, until } from '../mesh/flock.ts'
import type { SubmitterOrder } from '../mesh/submitter.ts'
import { faultMs, work } from './job-under-fault.ts'

export const entry: FaultCase = {
  name: 'entry',
  what: 'the same job, the entry peer SIGKILLed at 1.5 s; a newcomer joins through the other',
  promised: 'no task lost, the newcomer works',
  kept: ({ makespanMs, lost, newcomer }) => makespanMs !== null && lost === 0 && newcomer !== null && newcomer > 0,
  others: ['ray', 'dask'],
  work,
  async run(context) {
    const peers = await startPeers(context, 2)
    const [first, second] = peers
    if (!first || !second) throw new Error('no two peers')
    const submitter = startProgram<SubmitterOrder>(context, 'submitter', {
      peers,
      tasks: work.tasks,
      taskMs: work.taskMs,
      bytes: 0,
      copies: 2,
      job: null,
    })
    const beganAt = (await submitter.next('began')).at
    await until(beganAt + faultMs)
    const struck = strike(first)
    const newcomer = await startPeer(context, second.addresses)
    const joinedAt = Date.now()
    const done = await submitter.next('done')
    return {
      beganAt,
      endedAt: done.at,
      changes: [
        { at: struck.at, slots: 1 },
        { at: joinedAt, slots: 2 },
      ],
      losses: await heardBy(submitter, [struck]),
      lost: done.lost,
      newcomerPids: [newcomer.process.pid],
      note: done.note,
    }
  },
}
