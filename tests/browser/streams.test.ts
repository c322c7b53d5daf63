// Streams between pages and Node: read in either place, yielded in either place, whatever tab is closed in between.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { until } from '../processes/flock.ts'
import { Pages } from './pages.ts'
import type { Tab } from './pages.ts'

let pages: Pages
let mesh: Mesh
let tab: Tab

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 1 })
  mesh = await pages.flock.join()
  tab = await openKnown()
})
afterAll(() => pages.end())

async function openKnown(): Promise<Tab> {
  const opened = await pages.open()
  await until(() => mesh.peers().some((peer) => peer.id === opened.id))
  return opened
}

const inPages = { needs: { labels: { kind: 'browser' } } } as const

test('a page yields, and Node reads: small items and large ones, no further ahead than it may be', async () => {
  const blocks = mesh.fn(async function* (count: number, bytes: number) {
    for (let n = 0; n < count; n++) yield new Uint8Array(bytes).fill(n)
  })
  const sizes: number[] = []
  for await (const block of blocks.with({ ...inPages, ahead: 2 })(4, 200_000))
    sizes.push(block.length + (block[3] ?? 0))
  expect(sizes).toEqual([200_000, 200_001, 200_002, 200_003])
  const numbers = mesh.fn(function* (count: number) {
    for (let n = 0; n < count; n++) yield n
  })
  let sum = 0
  for await (const n of numbers.with(inPages)(300)) sum += n
  expect(sum).toBe(44_850)
})

test('Node yields, and a page reads', async () => {
  const sum = await tab.page.evaluate(async () => {
    const numbers = mesh.fn(function* (count: number) {
      for (let n = 0; n < count; n++) yield n
    })
    let total = 0
    for await (const n of numbers.with({ needs: { labels: { kind: 'node' } } })(100)) total += n
    return total
  })
  expect(sum).toBe(4_950)
})

/** The last one: it may close the tab of all. */
test('the tab that yields is closed: another goes on', async () => {
  const tabs = [tab, await openKnown()]
  const ticks = mesh.fn(async function* (count: number) {
    for (let n = 0; n < count; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      yield n
    }
  })
  const seen: number[] = []
  for await (const n of ticks.with(inPages)(40)) {
    seen.push(n)
    if (n !== 10) continue
    const [row] = (await mesh.tasks()).filter(({ state }) => state === 'assigned')
    await tabs.find(({ id }) => mesh.peers().some((peer) => peer.id === id && peer.name === row?.peer))?.page.close()
  }
  expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n))
})
