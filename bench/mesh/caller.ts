// Keeps so many calls of one actor in flight, which lives at another peer.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import type * as counters from './counter.task.ts'
import { noopTasks } from './noop-tasks.ts'

export interface CallerOrder {
  readonly entry: readonly string[]
  readonly inFlight: number
  /** A checkpoint after so many calls; 0: none. */
  readonly everyCalls: number
}

const { entry, inFlight, everyCalls } = await told<CallerOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
const { Counter } = await mesh.use<typeof counters>(new URL('./counter.task.ts', import.meta.url))
const counter = Counter.with({ checkpoint: { everyCalls } }).spawn(0)
await counter.add(1).get()
answer(await noopTasks(() => counter.add(1), inFlight))
process.exit(0)
