// A job of equal tasks on two one-slot peers, of which one is struck on the way: what `killed` and
// `frozen` share.

import type { CaseContext } from '../case.ts'
import type { Facts, Work } from '../facts.ts'
import { heardBy, startPeers, startProgram, strike, until } from '../mesh/flock.ts'
import type { SubmitterOrder } from '../mesh/submitter.ts'

export const work: Work = { tasks: 400, taskMs: 20, slots: 2 }

/** When the fault comes, after the first task was submitted. */
export const faultMs = 1_500

export async function jobUnderFault(context: CaseContext, signal: 'SIGKILL' | 'SIGSTOP'): Promise<Facts> {
  const peers = await startPeers(context, 2)
  const [, victim] = peers
  if (!victim) throw new Error('no second peer')
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
  const struck = strike(victim, signal)
  const done = await submitter.next('done')
  const losses = await heardBy(submitter, [struck])
  const changes = [{ at: struck.at, slots: 1 }]
  return { beganAt, endedAt: done.at, changes, losses, lost: done.lost, note: done.note }
}
