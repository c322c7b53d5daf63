// Knows a job's name and nothing else, and reads its result: the reader that a
// detached job is for. Whether anybody else still works on it, it does not know.

import { told } from '../../processes.ts'
import { join, openJob, orSay, type ProgramOrder } from './joined.ts'
import { say } from './said.ts'

export interface JobReaderOrder extends ProgramOrder {
  readonly job: string
  readonly tasks: number
}

const order = await told<JobReaderOrder>()
await orSay(async () => {
  const mesh = await join(order)
  const job = await openJob(mesh, order.job)
  const [right, note] = await job
    .ref<number>('result')
    .get({ timeoutMs: 60_000 })
    .then(
      (count) => [count, ''] as const,
      (error: Error) => [0, String(error)] as const,
    )
  say({ type: 'done', at: Date.now(), lost: order.tasks - right, note })
})
