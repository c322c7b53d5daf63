// Objects that outlive the process that kept them: a peer is killed with its memory full, started again on
// the same home, and what it had on disk is there; and bytes that a disk spoilt are not taken for good.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Mesh, Tasks } from 'murmuration'
import { Flock, heard, until } from './flock.ts'
import type { FlockPeer } from './flock.ts'
import type * as work from './work.task.ts'

const megabyte = 1024 * 1024
const size = 8 * megabyte
/** Memory has no room for one such object; the identity is the home's first. */
const onDisk = { identity: 'kept', memoryBytes: 4 * megabyte, spillBytes: 256 * megabyte } as const
let flock: Flock

afterEach(() => flock.end())

const use = (mesh: Mesh): Promise<Tasks<typeof work>> =>
  mesh.use<typeof work>(new URL('./work.task.ts', import.meta.url))

const spilled = (peer: FlockPeer): Promise<boolean> => until(async () => ((await peer.counters())['spilled'] ?? 0) > 0)

test('a peer killed with an object on its disk is started again on the same home: the object is readable', async () => {
  flock = await Flock.start(1, { slots: 0 })
  const keeper = await flock.add(onDisk)
  const mesh = await flock.join()
  const { bytes } = await use(mesh)
  const made = bytes.with({ copies: 1, needs: { peer: keeper.name } })(size, 7)
  await mesh.wait([made])
  await spilled(keeper)
  const died = heard(mesh, 'peer:died')
  await keeper.kill()
  await died
  // It runs nothing now: the object is not made again.
  const back = await flock.add({ ...onDisk, slots: 0 })
  expect(back.id).toBe(keeper.id)
  const value = await made.get()
  expect(value.length).toBe(size)
  expect(value.every((byte, i) => byte === (i * 7) % 251)).toBe(true)
})

test('bytes that a disk spoilt are found out where they are read, and fetched anew', async () => {
  flock = await Flock.start(1, { slots: 0 })
  const keeper = await flock.add(onDisk)
  const mesh = await flock.join()
  const { bytes, wrong } = await use(mesh)
  const made = bytes.with({ needs: { peer: keeper.name } })(size, 5)
  await made.durable()
  await spilled(keeper)
  const directory = join(flock.home, 'peers', '0', 'objects')
  const [name] = (await readdir(directory)).filter((file) => file.endsWith('.object'))
  const path = join(directory, name as string)
  const file = await readFile(path)
  file[file.length >> 1] = (file[file.length >> 1] as number) ^ 1
  await writeFile(path, file)
  expect(
    await wrong
      .with({ needs: { peer: keeper.name } })(made, 5)
      .get(),
  ).toBe(0)
  expect((await keeper.counters())['spoilt']).toBe(1)
})
