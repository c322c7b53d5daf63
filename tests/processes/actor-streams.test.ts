// Generator methods of actors across processes: read from two programs, left early, and resumed where the actor lives next.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mesh, MeshError, Tasks } from 'murmuration'
import { Flock, heard } from './flock.ts'
import type * as actors from './actors.task.ts'

let flock: Flock
let mesh: Mesh
let used: Tasks<typeof actors>

beforeAll(async () => {
  flock = await Flock.start(2, { slots: 2 })
  mesh = await flock.join()
  used = await mesh.use<typeof actors>(new URL('./actors.task.ts', import.meta.url))
})
afterAll(() => flock.end())

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('a method that yields gives a stream, to whoever has the handle or finds its name', async () => {
  using feed = used.Feed.with({ name: 'feed' }).spawn(50)
  expect(await collect(feed.rows())).toEqual(upTo(50))
  expect(await collect(feed.sums.with({ ahead: 1 })(5))).toEqual([0, 1, 3, 6, 10])
  const other = await flock.join()
  const found = await other.actor<actors.Feed>('feed')
  expect(await collect(found.rows())).toEqual(upTo(50))
  expect(await used.reads({ feed }).get()).toBe(1_225)
  expect(await used.spawnsFeed(10).get()).toBe(45)
})

test('between two items other calls have their turn, also those of the loop that reads', async () => {
  using feed = used.Feed.spawn(20)
  const lengths: number[] = []
  for await (const i of feed.rows.with({ ahead: 2 })()) if (i < 5) lengths.push(await feed.grow().get())
  expect(lengths).toEqual([21, 22, 23, 24, 25])
})

test('leaving the loop ends the call: its finally blocks have run, and the next one is served', async () => {
  using feed = used.Feed.spawn(1_000_000_000)
  for await (const i of feed.rows()) if (i === 3) break
  expect(await feed.left().get()).toBe(1)
  const failing = collect(feed.sums(-1))
  await expect(failing).rejects.toMatchObject({ code: 'TASK_FAILED', cause: { name: 'RangeError' } })
  expect(await feed.left().get()).toBe(1)
})

test('what is wrong is said at once, with the way out', () => {
  using feed = used.Feed.spawn(1)
  const said = (act: () => unknown): string => {
    try {
      act()
      return 'nothing'
    } catch (error) {
      return `${(error as MeshError).code}: ${(error as MeshError).message}`
    }
  }
  expect(said(() => feed.rows.with({ ahead: 0 }))).toMatch(/^INVALID_OPTION: .*ahead must be a whole number from 1/)
  expect(said(() => feed.left.with({ ahead: 4 }))).toMatch(/^INVALID_OPTION: .*ahead is for generator functions/)
})

test('its host is killed in the middle: with retries it goes on at the next item, where the actor lives then', async () => {
  using feed = used.Feed.with({ restarts: -1, callRetries: -1 }).spawn(60)
  const restarted = heard(mesh, 'actor:restarted')
  const seen: { i: number; pid: number }[] = []
  for await (const item of feed.places()) {
    seen.push(item)
    if (item.i === 20) await flock.peers.find(({ pid }) => pid === item.pid)?.kill()
  }
  expect(seen.map(({ i }) => i)).toEqual(upTo(60))
  expect(new Set(seen.map(({ pid }) => pid)).size).toBe(2)
  expect((await restarted).fn).toBe('Feed')
})
