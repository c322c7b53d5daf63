// Submits a job of equal tasks and collects what comes of each; a named job when it is told a name. It
// stays when it is done: who it is killed by, and when, is the case's affair.

import { isMeshError } from 'murmuration'
import type { ObjectRef } from 'murmuration'
import { told } from '../../processes.ts'
import { isPattern } from './faults.task.ts'
import { join, openJob, orSay, type ProgramOrder, use, warm } from './joined.ts'
import { say } from './said.ts'

export interface SubmitterOrder extends ProgramOrder {
  readonly tasks: number
  readonly taskMs: number
  /** Above 0: tasks that wait instead of keeping a core busy, and give so many bytes. */
  readonly bytes: number
  readonly copies: number
  readonly job: string | null
}

const order = await told<SubmitterOrder>()
await orSay(async () => {
  const mesh = await join(order)
  await warm(mesh)
  const scope = order.job === null ? mesh : await openJob(mesh, order.job)
  const { busy, idle } = await use(scope)
  const { tasks, taskMs, runs, bytes, copies } = order
  const call = (index: number): ObjectRef<number | Uint8Array> =>
    bytes > 0 ? idle.with({ copies })(index, taskMs, runs, bytes) : busy.with({ copies })(index, taskMs, runs)

  say({ type: 'began', at: Date.now() })
  const refs = Array.from({ length: tasks }, (_, index) => call(index))
  let settled = 0
  for await (const _ of scope.settled(refs)) {
    settled += 1
    if (settled === tasks >> 1) say({ type: 'half' })
  }
  const results = await Promise.allSettled(refs.map((ref) => ref.get()))
  const at = Date.now()
  const missing = results.filter((result, index) => !isRight(result, index))
  say({ type: 'done', at, lost: missing.length, note: noteOf(missing) })
})

function isRight(result: PromiseSettledResult<number | Uint8Array>, index: number): boolean {
  if (result.status === 'rejected') return false
  const { value } = result
  return typeof value === 'number' ? value === index : isPattern(value, index)
}

/** The codes of what failed, each with how often. */
function noteOf(missing: readonly PromiseSettledResult<unknown>[]): string {
  const codes = missing.map((result) => {
    if (result.status === 'fulfilled') return 'wrong'
    return isMeshError(result.reason) ? result.reason.code : String(result.reason)
  })
  return [...new Set(codes)].map((code) => `${codes.filter((one) => one === code).length} ${code}`).join(', ')
}
