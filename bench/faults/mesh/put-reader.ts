// Asks for a task that puts a value and returns its ref, and reads the value when it is told to. It has
// no way of its own to make the value again.

import { told } from '../../processes.ts'
import { isPattern, readMs } from './faults.task.ts'
import { join, type ProgramOrder, use, warm } from './joined.ts'
import { say } from './said.ts'

export interface PutReaderOrder extends ProgramOrder {
  readonly bytes: number
}

const order = await told<PutReaderOrder>()
const mesh = await join(order)
await warm(mesh)
const { putInside } = await use(mesh)
const { value } = await putInside(order.bytes, order.runs).get()

const go = told()
say({ type: 'holding' })
await go
const got = await value.get({ timeoutMs: readMs }).then(
  (bytes) => (isPattern(bytes, 0) ? '' : 'wrong bytes'),
  (error: Error) => String(error),
)
say({ type: 'done', at: Date.now(), lost: got === '' ? 0 : 1, note: got })
