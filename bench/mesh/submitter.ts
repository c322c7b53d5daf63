// Keeps so many tasks that do nothing in flight at another peer.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import { keepInFlight } from '../throughput.ts'

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
answer(
  await keepInFlight(inFlight, (done) => {
    const ref = noop()
    void ref.get().then(() => {
      ref[Symbol.dispose]()
      done()
    })
  }),
)
process.exit(0)
