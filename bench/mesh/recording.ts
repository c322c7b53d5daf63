// What it costs to remember: the same tasks by turns with a peer's story being written and not, in one process,
// so that whatever else the machine does befalls both.

import { peerBeneath } from '@murmuration/core/internal'
import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'

export interface Recorded {
  readonly recording: readonly number[]
  readonly without: readonly number[]
}

const inFlight = 1_000
const tasksPerRound = 10_000
const rounds = 12

await told()
const mesh = await joinMesh({ entry: [], slots: 1, identity: 'fresh' })
const story = peerBeneath(mesh)?.state.story
if (!story) throw new Error('the mesh has no peer beneath it')
const write = story.add.bind(story)
const noop = mesh.fn(() => null)

/** Tasks per second. */
async function round(): Promise<number> {
  const began = performance.now()
  let left = tasksPerRound
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      using ref = noop()
      await ref.get()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  return tasksPerRound / ((performance.now() - began) / 1_000)
}

await round()
await round()
const recorded = { recording: [] as number[], without: [] as number[] }
for (let i = 0; i < rounds; i++) {
  story.add = () => {}
  recorded.without.push(await round())
  story.add = write
  recorded.recording.push(await round())
}
answer(recorded satisfies Recorded)
process.exit(0)
