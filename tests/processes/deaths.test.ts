// Work goes on and ends right when processes under it are killed or frozen, and everybody knows why.

import { afterEach, expect, test } from 'vitest'
import type { Mesh, MeshError, Tasks } from 'murmuration'
import { Flock, heard, until } from './flock.ts'
import type { FlockPeer } from './flock.ts'
import type * as work from './work.task.ts'

const module = new URL('./work.task.ts', import.meta.url)
let flock: Flock

afterEach(() => flock.end())

const use = (mesh: Mesh): Promise<Tasks<typeof work>> => mesh.use<typeof work>(module)

test('a function runs in another process', async () => {
  flock = await Flock.start(1)
  const mesh = await flock.join()
  const square = mesh.fn((x: number) => x * x)
  expect(await square(7).get()).toBe(49)
  expect(
    await mesh
      .fn(() => process.pid)()
      .get(),
  ).toBe(flock.peers[0]?.pid)
})

test('a peer is killed: its work moves, the sum is right, everybody has noticed', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { busy, sum } = await use(mesh)
  const values = Array.from({ length: 60 }, (_, i) => i)
  const retried: string[] = []
  mesh.addEventListener('task:retried', ({ detail }) => retried.push(detail.reason))
  const total = sum(...values.map((value) => busy(50, value)))
  const victim = await runningOn(mesh)
  const died = heard(mesh, 'peer:died')
  await flock.byName(victim).kill()
  expect(await total.get()).toBe(1_770)
  const { name, how, attemptsMoved } = await died
  expect(name).toBe(victim)
  expect(how).toMatch(/(suspected|declared dead) by \w+-\w+/)
  expect(attemptsMoved).toBeGreaterThan(0)
  expect(retried.length).toBeGreaterThan(0)
  for (const peer of flock.peers.filter((one) => one.name !== victim)) {
    await until(() => peer.notices.some(({ type }) => type === 'peer:died'))
    const deaths = peer.notices.filter(({ type }) => type === 'peer:died')
    expect(deaths).toMatchObject([{ name: victim, how: expect.stringMatching(/\w/) as string }])
  }
  await expect(mesh.tasks({ peer: victim })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `${victim} cannot be asked: it died (${how})`,
  })
})

test('whoever is asked when it dies, or when it does not answer, is named', async () => {
  flock = await Flock.start(2)
  const mesh = await flock.join()
  const [, peer] = flock.peers as [FlockPeer, FlockPeer]
  peer.freeze()
  const asked = mesh.tasks({ peer: peer.name }).catch((error: MeshError) => error)
  await peer.kill()
  expect(await asked).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(peer.name) as string })
})

test('a peer is frozen: its work moves; thawed, it is alive again and nobody else was buried', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { lasts, sum } = await use(mesh)
  const total = sum(...Array.from({ length: 60 }, (_, i) => lasts(50, i)))
  const victim = flock.byName(await runningOn(mesh))
  const died = heard(mesh, 'peer:died')
  victim.freeze()
  expect(await total.get()).toBe(1_770)
  expect((await died).name).toBe(victim.name)
  victim.thaw()
  await until(async () => {
    const views = await Promise.all(flock.peers.map((peer) => peer.peers()))
    return [...views, mesh.peers()].every((view) => view.filter(({ state }) => state === 'alive').length === 4)
  })
  for (const peer of flock.peers) {
    const buried = peer.notices.flatMap((notice) => (notice.type === 'peer:died' ? [notice.name] : []))
    expect(buried).toEqual(peer === victim ? [] : [victim.name])
  }
  expect(
    await lasts
      .with({ needs: { peer: victim.name } })(1, 8)
      .get(),
  ).toBe(8)
})

test('the founder is killed: those who came later go on, and take newcomers in', async () => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { square } = await use(mesh)
  const [founder, second] = flock.peers
  const died = heard(mesh, 'peer:died')
  await founder?.kill()
  expect(await mesh.get([square(3), square(4)])).toEqual([9, 16])
  await died
  const late = await flock.join({ entry: [second?.addresses[0] as string] })
  const there = (): number => late.peers().length
  await until(() => there() === 4)
  const [gone] = mesh.peers({ all: true }).filter(({ state }) => state === 'dead')
  expect(gone?.name).toBe(founder?.name)
  expect(mesh.peers().map(({ name }) => name)).not.toContain(founder?.name)
  expect(await (await use(late)).square(5).get()).toBe(25)
  const newcomer = await flock.add({ entry: [second?.addresses[0] as string] })
  const onNewcomer = square.with({ needs: { peer: newcomer.name } })
  expect(await onNewcomer(5).get()).toBe(25)
})

test.each([1_000, 300_000])('what a task put outlives the process that put it: %i bytes', async (length) => {
  flock = await Flock.start(3)
  const mesh = await flock.join()
  const { putInside } = await use(mesh)
  const [, maker] = flock.peers as [FlockPeer, FlockPeer]
  const { scene } = await putInside
    .with({ needs: { peer: maker.name } })(length)
    .get()
  await maker.kill()
  const read = await scene.get()
  expect(read).toHaveLength(length)
  expect(read.every((byte, i) => byte === (i * 3) % 251)).toBe(true)
})

/** The name of a peer that has work now. */
async function runningOn(mesh: Mesh): Promise<string> {
  let name: string | null = null
  await until(async () => {
    name = (await mesh.tasks()).find(({ state, peer }) => state === 'assigned' && peer !== null)?.peer ?? null
    return name !== null
  })
  return name as unknown as string
}
