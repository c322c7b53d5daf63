// Keeps so many tasks that do nothing in flight at another peer.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import { noopTasks } from './noop-tasks.ts'

export interface SubmitterOrder {
  readonly entry: readonly string[]
  readonly inFlight: number
}

const { entry, inFlight } = await told<SubmitterOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
answer(
  await noopTasks(
    mesh.fn(() => null),
    inFlight,
  ),
)
process.exit(0)
