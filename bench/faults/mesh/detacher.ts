// Starts a detached job, whose one task asks for all the others, and is not needed any more: it
// waits for the result only so that it is there to be killed.

import { told } from '../../processes.ts'
import { join, openJob, orSay, type ProgramOrder, use, warm } from './joined.ts'
import { say } from './said.ts'

export interface DetacherOrder extends ProgramOrder {
  readonly job: string
  readonly tasks: number
  readonly taskMs: number
}

const order = await told<DetacherOrder>()
await orSay(async () => {
  const mesh = await join(order)
  await warm(mesh)
  const job = await openJob(mesh, order.job, { lifetime: 'detached' })
  const { main } = await use(job)
  say({ type: 'began', at: Date.now() })
  const result = main.with({ name: 'result' })(order.tasks, order.taskMs, order.runs)
  await result.get()
})
