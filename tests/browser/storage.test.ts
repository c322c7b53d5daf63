// What a page keeps beyond its memory, and beyond its life.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../processes/flock.ts'
import { Pages, untilIn } from './pages.ts'

let pages: Pages

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 0 })
})
beforeEach(() => pages.forget())
afterAll(() => pages.end())

const mebibyte = 1024 * 1024

test('what memory has no room for is kept in the site’s storage', async () => {
  const { page } = await pages.open({ memoryBytes: 2 * mebibyte, spillBytes: 64 * mebibyte })
  const sums = await page.evaluate(async (size) => {
    const put = (fill: number): ReturnType<typeof mesh.put> => mesh.put(new Uint8Array(size).fill(fill))
    const refs = await Promise.all([1, 2, 3, 4, 5, 6].map(put))
    const values = (await mesh.get(refs)) as Uint8Array[]
    return values.map((bytes) => bytes.reduce((sum, byte) => sum + byte, 0) / size)
  }, mebibyte)
  expect(sums).toEqual([1, 2, 3, 4, 5, 6])
})

/** The last one: it kills the peer at which pages knock. */
test('copies that others counted on are there again after a reload', async () => {
  const { page, id } = await pages.open({ memoryBytes: 1 * mebibyte, spillBytes: 64 * mebibyte })
  const mesh = await pages.flock.join({ memoryBytes: 64 * mebibyte })
  await until(() => mesh.peers().some((peer) => peer.id === id))
  // Only then: of two that know of each other through one that dies, neither can tell.
  await untilIn(page, (other) => globalThis.mesh.peers().some((peer) => peer.id === other), mesh.id)
  await pages.flock.peers[0]?.kill()
  const ref = await mesh.put(new Uint8Array(3 * mebibyte).fill(7))
  await ref.durable()
  await page.reload()
  await page.waitForFunction(() => typeof doors === 'object')
  const entry = mesh.addresses.filter((address) => address.includes('/ws/'))
  await pages.join(page, { entry, memoryBytes: 1 * mebibyte, spillBytes: 64 * mebibyte })
  expect(await page.evaluate(() => doors.found())).toContain(ref.id)
  await until(async () => (await mesh.objects()).some(({ id: object, copies }) => object === ref.id && copies === 2))
})
