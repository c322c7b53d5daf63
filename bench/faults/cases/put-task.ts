// A value that a task puts, whose ref is its result: the peer that ran the task is killed as soon as the
// ref has come, and the program that holds it reads.

import { type FaultCase, NotThere } from '../case.ts'
import { heardBy, startPeers, startProgram, strike } from '../mesh/flock.ts'
import type { PutReaderOrder } from '../mesh/put-reader.ts'

const bytes = 2_000_000

export const putTask: FaultCase = {
  name: 'put-task',
  what: 'a value put by a task, whose peer is SIGKILLed as soon as another program holds the ref',
  promised: 'readable, ≤ 1.5 s',
  kept: ({ readableMs, lost }) => lost === 0 && readableMs !== null && readableMs <= 1_500,
  others: ['ray', 'dask'],
  work: null,
  async run(context) {
    const peers = await startPeers(context, 2)
    const reader = startProgram<PutReaderOrder>(context, 'put-reader', { peers, bytes })
    await reader.next('holding')
    const ran = (await context.marks()).find(({ kind }) => kind === 'end')?.pid
    const victim = peers.find(({ process }) => process.pid === ran)
    if (!victim) throw new Error(`no peer is process ${ran}, which ran the task`)
    const struck = strike(victim)
    reader.process.tell('read')
    const done = await reader.next('done')
    if (done.lost > 0) throw new NotThere(`the ref could not be read: ${done.note}`)
    const losses = await heardBy(reader, [struck])
    return { beganAt: struck.at, endedAt: done.at, changes: [], losses, lost: done.lost, note: done.note }
  },
}
