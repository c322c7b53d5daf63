// Puts a value, waits until its copies are there, and hands its ref to a task at a peer that has none of
// them: the program that is killed while somebody else holds the ref.

import { told } from '../../processes.ts'
import { pattern } from './faults.task.ts'
import { join, type ProgramOrder, use, warm } from './joined.ts'
import { say } from './said.ts'

export interface PutterOrder extends ProgramOrder {
  readonly bytes: number
  /** The file whose being there tells the task to read. */
  readonly go: string
}

const order = await told<PutterOrder>()
const mesh = await join(order)
await warm(mesh)
const { readOnceTold } = await use(mesh)
const value = await mesh.put(pattern(0, order.bytes))
await value.durable()
const holders = (await mesh.objects()).find(({ id }) => id === value.id)?.holders.split(' ') ?? []
const reader = mesh.peers().find(({ name, slots }) => slots > 0 && !holders.includes(name))
if (!reader) throw new Error(`every peer has a copy (${holders.join(' ')}): nobody is left to read it from elsewhere`)
const reading = readOnceTold.with({ needs: { peer: reader.id } })([value], order.go, order.runs)
say({ type: 'holding' })
await reading.get()
