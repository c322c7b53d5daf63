// Keeps so many tasks that do nothing in flight at another peer.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import { noopTasks } from './noop-tasks.ts'

export interface SubmitterOrder {
  readonly entry: readonly string[]
  readonly inFlight: number
  /** The name of the job they are of. */
  readonly job: string | null
}

const { entry, inFlight, job } = await told<SubmitterOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
const scope = job === null ? mesh : await mesh.job(job)
const noop = scope.fn(() => null)
answer(await noopTasks(noop, inFlight))
process.exit(0)
