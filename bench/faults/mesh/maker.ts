// Has objects made by tasks on all peers, and reads them all when it is told to: in
// the moment of the kill, so that finding out, making again and fetching are all in the time.

import { told } from '../../processes.ts'
import { isPattern, readMs } from './faults.task.ts'
import { join, type ProgramOrder, use, warm } from './joined.ts'
import { say } from './said.ts'

export interface MakerOrder extends ProgramOrder {
  readonly objects: number
  readonly bytes: number
}

const order = await told<MakerOrder>()
const mesh = await join(order)
await warm(mesh)
const { make } = await use(mesh)
const refs = Array.from({ length: order.objects }, (_, index) =>
  make.with({ spread: true })(index, order.bytes, order.runs),
)
await mesh.wait(refs)

const go = told()
say({ type: 'holding' })
await go
const values = await Promise.allSettled(refs.map((ref) => ref.get({ timeoutMs: readMs })))
const at = Date.now()
const failed = values.filter((value, index) => value.status === 'rejected' || !isPattern(value.value, index))
const [first] = failed
say({ type: 'done', at, lost: failed.length, note: first?.status === 'rejected' ? String(first.reason) : '' })
