// Eight peers of which four die, one after another, the entry among them; results are too large to ride
// along, so they live at the peers, in three copies, and are read when all is over. The tasks wait rather than keep
// a core busy: eight busy peers would measure how this machine shares its cores.

import type { FaultCase } from '../case.ts'
import type { Work } from '../facts.ts'
import { heardBy, type Struck, startPeers, startProgram, strike, until } from '../mesh/flock.ts'
import type { SubmitterOrder } from '../mesh/submitter.ts'

const work: Work = { tasks: 300, taskMs: 200, slots: 8 }
const bytes = 128 * 1024
const everyMs = 2_000

export const half: FaultCase = {
  name: 'half',
  what: '300 tasks of 200 ms and 128 KiB, 3 copies, on 8 peers, half of them SIGKILLed one after another, 2 s apart',
  promised: 'all results right',
  kept: ({ makespanMs, lost }) => makespanMs !== null && lost === 0,
  others: [],
  work,
  async run(context) {
    const peers = await startPeers(context, work.slots)
    const submitter = startProgram<SubmitterOrder>(context, 'submitter', {
      peers,
      tasks: work.tasks,
      taskMs: work.taskMs,
      bytes,
      copies: 3,
      job: null,
    })
    const beganAt = (await submitter.next('began')).at
    const struck: Struck[] = []
    for (const victim of peers.filter((_, index) => index % 2 === 0)) {
      await until(beganAt + everyMs * (struck.length + 1))
      struck.push(strike(victim))
    }
    const done = await submitter.next('done')
    return {
      beganAt,
      endedAt: done.at,
      changes: struck.map(({ at }, index) => ({ at, slots: work.slots - index - 1 })),
      losses: await heardBy(submitter, struck),
      lost: done.lost,
      note: done.note,
    }
  },
}
