// Streams across processes: read as they are yielded, with a bounded lead, while the peers that yield them are killed.

import { afterEach, expect, test } from 'vitest'
import type { Mesh, MeshError, ObjectRef, Tasks } from 'murmuration'
import { Flock, until } from './flock.ts'
import type * as work from './streams.task.ts'

const module = new URL('./streams.task.ts', import.meta.url)
let flock: Flock

afterEach(() => flock.end())

const use = (mesh: Mesh): Promise<Tasks<typeof work>> => mesh.use<typeof work>(module)

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: MeshError) => error.code,
  )

test('a generator of another process is read item by item, small and large, sync and async', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join()
  const { count, blocks } = await use(mesh)
  expect(await collect(count(100))).toEqual(upTo(100))
  const sizes: number[] = []
  for await (const block of blocks(5, 200_000)) sizes.push(block.length * 10 + (block[0] as number))
  expect(sizes).toEqual([0, 1, 2, 3, 4].map((n) => 2_000_000 + n))
  const doubled = mesh.fn(function* (n: number) {
    for (let i = 0; i < n; i++) yield i * 2
  })
  expect(await collect(doubled.with({ ahead: 1 })(4))).toEqual([0, 2, 4, 6])
})

test('the peer that yields is killed: the stream goes on elsewhere, every item once', async () => {
  flock = await Flock.start(2)
  const mesh = await flock.join()
  const { places } = await use(mesh)
  const seen: { i: number; pid: number; attempt: number }[] = []
  for await (const item of places(60)) {
    seen.push(item)
    if (item.i === 20) await flock.peers.find(({ pid }) => pid === item.pid)?.kill()
  }
  expect(seen.map(({ i }) => i)).toEqual(upTo(60))
  expect(new Set(seen.map(({ pid }) => pid)).size).toBe(2)
  expect(seen.at(-1)?.attempt).toBe(2)
})

test('large items that were unread when their only holder was killed are made again', async () => {
  flock = await Flock.start(2)
  const mesh = await flock.join()
  const { blocks } = await use(mesh)
  const seen: number[] = []
  for await (const ref of blocks.with({ ahead: 12, copies: 1 })(12, 300_000).refs()) {
    if (seen.length === 0) {
      const [task] = await mesh.tasks()
      const victim = flock.byName(task?.peer as string)
      // All that it may yield before more is read: twelve ahead, of which one is taken.
      await until(async () => (await mesh.objects()).filter(({ state }) => state === 'stored').length >= 11)
      await victim.kill()
    }
    seen.push((await ref.get())[0] as number)
    ref[Symbol.dispose]()
  }
  expect(seen).toEqual(upTo(12))
})

test('leaving the loop ends the generator: its finally blocks have run by then', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join()
  const { endless, wasLeft } = await use(mesh)
  for await (const i of endless('by break')) if (i === 3) break
  expect(await wasLeft('by break').get()).toBe(true)
  const thrown = (async () => {
    for await (const i of endless('by throw')) if (i === 3) throw new TypeError('mine')
  })()
  await expect(thrown).rejects.toThrow('mine')
  expect(await wasLeft('by throw').get()).toBe(true)
  const stream = endless('by cancel')
  const reading = codeOf(collect(stream))
  await Promise.all([stream.cancel('enough'), stream.cancel('twice')])
  expect(await reading).toBe('TASK_CANCELLED')
  await stream.cancel('it has stopped long ago')
  expect(await wasLeft('by cancel').get()).toBe(true)
  {
    using dropped = endless('by using')
    expect(dropped.id).toMatch(/./)
  }
  const ended = (): Promise<boolean> => mesh.tasks().then((rows) => rows.every(({ state }) => state !== 'assigned'))
  expect(await until(ended)).toBe(true)
})

test('an error comes after the items before it; time runs out as for any task', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join()
  const { breaks, endless, count, mishaps } = await use(mesh)
  const seen: number[] = []
  const failure = await (async () => {
    for await (const i of breaks(5)) seen.push(i)
  })().catch((error: MeshError) => error)
  expect(seen).toEqual(upTo(5))
  expect(failure).toMatchObject({ code: 'TASK_FAILED', cause: { name: 'RangeError', message: 'no item 5' } })
  expect(await codeOf(collect(endless.with({ timeoutMs: 200 })('late')))).toBe('TASK_TIMEOUT')
  const controller = new AbortController()
  const aborted = collect(endless.with({ signal: controller.signal })('aborted'))
  controller.abort()
  expect(await codeOf(aborted)).toBe('TASK_CANCELLED')
  expect(await collect(count(0))).toEqual([])
  expect((await collect(mishaps())).map(({ name, message }) => `${name}: ${message}`)).toEqual([
    'RangeError: one',
    'TypeError: two',
  ])
})

test('streams travel: tasks read them, yield of what they read, and hand on refs', async () => {
  flock = await Flock.start(2, { slots: 2 })
  const mesh = await flock.join()
  const { count, total, doubled, refs, square } = await use(mesh)
  expect(await total({ numbers: count(500) }).get()).toBe(124_750)
  expect(await collect(doubled(20))).toEqual(upTo(20).map((n) => n * 2))
  const texts: string[] = []
  for await (const { inside } of refs(5)) texts.push(await inside.get())
  expect(texts).toEqual(upTo(5).map((i) => `ref ${i}`))
  const squares: number[] = []
  for await (const ref of count(5).refs()) squares.push(await square(ref).get())
  expect(squares).toEqual([0, 1, 4, 9, 16])
})

test('what is done wrong is said, with the way out', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join()
  const { count, total, square, wraps } = await use(mesh)
  const stream = count(3)
  expect(await collect(stream)).toEqual(upTo(3))
  const said = (act: () => unknown): string => {
    try {
      act()
      return 'nothing'
    } catch (error) {
      return `${(error as MeshError).code}: ${(error as MeshError).message}`
    }
  }
  expect(said(() => stream[Symbol.asyncIterator]())).toMatch(/^STREAM_CONSUMED: streams.count was read already.*call/)
  expect(said(() => stream.refs())).toMatch(/^STREAM_CONSUMED/)
  expect(said(() => count.with({ ahead: 0 }))).toMatch(/ahead must be a whole number from 1 to 65536; received 0/)
  expect(said(() => count.with({ hedge: true }))).toMatch(/^INVALID_OPTION: .*hedge is for functions that return/)
  expect(said(() => square.with({ ahead: 4 }))).toMatch(/^INVALID_OPTION: .*ahead is for generator functions/)
  const misused = mesh as unknown as { get(refs: unknown[]): Promise<unknown> }
  await expect(misused.get([count(1)])).rejects.toThrow(/refs\[0\] is an ObjectStream.*for await/)
  await expect(mesh.put(count(1))).rejects.toThrow(/the value is a stream/)
  const wrapped = wraps(3)
  await expect(collect(wrapped)).rejects.toThrow(/wraps gives one value.*make it a generator function/)
  await expect((wrapped as unknown as ObjectRef<never>).get()).rejects.toThrow(/export async function\* wraps/)
  // @ts-expect-error a stream is not a number
  expect(await codeOf(square(count(1)).get())).not.toBe('no error')
  const shared = count(1_000)
  const codes = await Promise.all([codeOf(total({ numbers: shared }).get()), codeOf(total({ numbers: shared }).get())])
  expect(codes.sort()).toEqual(['TASK_FAILED', 'no error'])
})
