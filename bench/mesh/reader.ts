// Reads a stream of small items that another peer yields, as fast as they come.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import { keepInFlight } from '../throughput.ts'

export interface ReaderOrder {
  readonly entry: readonly string[]
  /** Items that the generator may be ahead; null: the default. */
  readonly ahead: number | null
}

const { entry, ahead } = await told<ReaderOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
const numbers = mesh.fn(function* () {
  for (let i = 0; ; i++) yield i
})
const reading = (ahead === null ? numbers : numbers.with({ ahead }))()[Symbol.asyncIterator]()
// One reader, one item after the other: counted by the same clock as tasks are.
const perSecond = keepInFlight(1, (done) => void reading.next().then(done))
answer(await perSecond)
process.exit(0)
