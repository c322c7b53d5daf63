// Large objects between processes: moved, copied, lost with their holder and still there, and never
// taken when the bytes are not what they should be.

import { afterEach, expect, test } from 'vitest'
import type { AnyRef, Mesh, Tasks } from 'murmuration'
import { Flock, heard, until } from './flock.ts'
import { bytes as bytesOf, wrong as wrongIn } from './work.task.ts'
import type * as work from './work.task.ts'

const size = 8 * 1024 * 1024
let flock: Flock

afterEach(() => flock.end())

const use = (mesh: Mesh): Promise<Tasks<typeof work>> =>
  mesh.use<typeof work>(new URL('./work.task.ts', import.meta.url))

test('a result of 8 MiB outlives the peer that made it', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { bytes, wrong } = await use(mesh)
  const made = bytes(size, 7)
  await made.durable()
  const holders = await holdersOf(mesh, made)
  expect(holders.length).toBeGreaterThanOrEqual(2)
  const died = heard(mesh, 'peer:died')
  await flock.byName(holders.find((name) => name !== mesh.name) as string).kill()
  await died
  expect(await wrong(made, 7).get()).toBe(0)
  const value = await made.get()
  expect(value.length).toBe(size)
  expect(wrongIn(value, 7)).toBe(0)
})

test('a task that waits for copies lets its child have the slot', async () => {
  flock = await Flock.start(2)
  const mesh = await flock.join()
  const { durably } = await use(mesh)
  const [{ name }] = flock.peers as [(typeof flock.peers)[0]]
  await durably
    .with({ needs: { peer: name } })(size, name)
    .get({ timeoutMs: 30_000 })
})

test('a copy lost with its holder is made again elsewhere', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const put = await mesh.put(bytesOf(size, 3))
  await put.durable()
  const victim = (await holdersOf(mesh, put)).find((name) => name !== mesh.name) as string
  expect(victim).toBeDefined()
  await flock.byName(victim).kill()
  await until(async () => {
    const holders = await holdersOf(mesh, put)
    return holders.length === 2 && !holders.includes(victim)
  })
  const { wrong } = await use(mesh)
  expect(await wrong(put, 3).get()).toBe(0)
})

test('with every holder gone it is made again from its task', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { bytes, wrong } = await use(mesh)
  const made = bytes.with({ copies: 1 })(size, 5)
  await mesh.wait([made])
  const [holder] = await holdersOf(mesh, made)
  const rebuilt = heard(mesh, 'object:rebuilt')
  await flock.byName(holder as string).kill()
  expect(await wrong(made, 5).get()).toBe(0)
  expect((await rebuilt).object).toBe(made.id)
})

test('bytes that are not what their hash says are refused and fetched elsewhere', async () => {
  flock = await Flock.start(1, { labels: { part: 'honest' } })
  const liar = await flock.add({ slots: 0, tampers: true })
  // Too little memory for a copy of its own: the liar has the second of each.
  const mesh = await flock.join({ memoryBytes: 1024 * 1024 })
  const { bytes, wrong } = await use(mesh)
  const made = Array.from({ length: 8 }, (_, i) => bytes(2 * 1024 * 1024, 9 + i))
  await Promise.all(made.map((ref) => ref.durable()))
  for (const ref of made) expect(await holdersOf(mesh, ref)).toContain(liar.name)
  await flock.add({ labels: { part: 'reader' } })
  const read = wrong.with({ needs: { labels: { part: 'reader' } } })
  expect(await mesh.get(made.map((ref, i) => read(ref, 9 + i)))).toEqual(made.map(() => 0))
})

test('a peer with little memory refuses what does not fit, and goes on', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join({ memoryBytes: 1024 * 1024 })
  await expect(mesh.put(new Uint8Array(2 * 1024 * 1024))).rejects.toMatchObject({
    code: 'OVERLOADED',
    message: expect.stringMatching(/1048576 bytes/) as string,
  })
  const { square } = await use(mesh)
  expect(await square(4).get()).toBe(16)
})

async function holdersOf(mesh: Mesh, ref: AnyRef): Promise<string[]> {
  const row = (await mesh.objects()).find(({ id }) => id === ref.id)
  return row ? row.holders.split(' ').filter((name) => name !== '') : []
}
