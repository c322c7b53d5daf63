// A page asks for a detached job and is gone for good, its process killed: Node peers finish the job, and somebody
// else reads it by its name.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { until } from '../processes/flock.ts'
import { Pages } from './pages.ts'

let pages: Pages

beforeEach(async () => {
  pages = await Pages.startOrdinary(2)
})
afterEach(() => pages.end())

test('a page’s detached job is finished by Node peers when its process is killed', async () => {
  const reader = await pages.flock.join()
  const { page, id } = await pages.open({ slots: 0 })
  const stateOf = (): string | undefined => reader.peers({ all: true }).find((peer) => peer.id === id)?.state
  await until(() => stateOf() === 'alive')
  await page.evaluate(async () => {
    const job = await mesh.job('squares', { lifetime: 'detached' })
    // Halves its range until one number is left.
    const sum = job.fn(async function sum(from: number, to: number): Promise<number> {
      if (to - from > 1) {
        const { current } = (globalThis as never as Record<symbol, { current: { mesh: Mesh } }>)[
          Symbol.for('murmuration.task.1')
        ]!
        const half = current.mesh.fn(sum)
        const middle = (from + to) >> 1
        const [low, high] = await current.mesh.get([half(from, middle), half(middle, to)])
        return low + high
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
      return from * from
    })
    sum.with({ name: 'sum' })(0, 20)
  })
  // By then Node peers own most of it.
  await until(async () => {
    const owned = await Promise.all(pages.flock.peers.map(({ name }) => reader.tasks({ peer: name })))
    return owned.flat().length > 4
  })
  const crashed = page.waitForEvent('crash')
  await pages.killPages()
  await crashed
  await until(() => stateOf() === 'dead')
  const job = await reader.job('squares', { lifetime: 'detached' })
  expect(await job.ref<number>('sum').get()).toBe(2470)
})
