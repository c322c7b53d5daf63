// Objects made by tasks on two peers, read by the program that asked for them, in the moment in which
// one of the two dies: the kill comes as soon as all are made, copied or not.

import type { FaultCase } from '../case.ts'
import { heardBy, startPeers, startProgram, strike } from '../mesh/flock.ts'
import type { MakerOrder } from '../mesh/maker.ts'

const objects = 20
const bytes = 2_000_000

export const objectsCase: FaultCase = {
  name: 'objects',
  what: '20 objects of 2 MB made on two peers, one SIGKILLed as soon as they are made: time until all are read',
  promised: '≤ 1.5 s',
  kept: ({ readableMs, lost }) => lost === 0 && readableMs !== null && readableMs <= 1_500,
  others: ['ray', 'dask'],
  work: null,
  async run(context) {
    const peers = await startPeers(context, 2)
    const [, victim] = peers
    if (!victim) throw new Error('no second peer')
    const maker = startProgram<MakerOrder>(context, 'maker', { peers, objects, bytes })
    await maker.next('holding')
    const marks = await context.marks()
    const there = marks.filter(({ kind, pid }) => kind === 'end' && pid === victim.process.pid).length
    const struck = strike(victim)
    maker.process.tell('read')
    const done = await maker.next('done')
    const losses = await heardBy(maker, [struck])
    const note = `${there} of ${objects} made there${done.note === '' ? '' : `; ${done.note}`}`
    return { beganAt: struck.at, endedAt: done.at, changes: [], losses, lost: done.lost, note }
  },
}
