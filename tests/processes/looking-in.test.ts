// Lists that are asked for a part of what there is, and the whole mesh in a few numbers.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mesh, Tasks } from 'murmuration'
import { Flock, until } from './flock.ts'
import type * as work from './work.task.ts'

let flock: Flock
let mesh: Mesh
let tasks: Tasks<typeof work>

beforeAll(async () => {
  flock = await Flock.start(2)
  mesh = await flock.join()
  tasks = await mesh.use<typeof work>(new URL('./work.task.ts', import.meta.url))
  const refs = [tasks.square(2), tasks.square(3), tasks.fails(1)]
  for await (const _ of mesh.settled(refs));
  await refs[2]?.get().catch(() => {})
})

afterAll(() => flock.end())

test('tasks by state and function, before the limit counts', async () => {
  const fns = async (filter: Parameters<Mesh['tasks']>[0]): Promise<string[]> =>
    (await mesh.tasks(filter)).map(({ fn }) => fn)
  expect(await fns({ state: 'failure' })).toEqual(['fails'])
  expect(await fns({ fn: 'square', limit: 1 })).toEqual(['square'])
  expect(await fns({ fn: 'square', state: 'value' })).toEqual(['square', 'square'])
  expect(await fns({ fn: 'nobody' })).toEqual([])
  await expect(mesh.tasks({ state: 'done' as never })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(/tasks: state must be one of waiting, ready/) as string,
  })
})

test('peers by kind and state', () => {
  expect(mesh.peers({ kind: 'node' })).toHaveLength(3)
  expect(mesh.peers({ kind: 'browser' })).toEqual([])
  expect(mesh.peers({ state: 'dead' })).toEqual([])
})

test('the whole mesh in a few numbers', async () => {
  // Whom it has not met yet it cannot ask.
  await until(async () => (await mesh.summary()).slots === 2)
  const summary = await mesh.summary()
  expect(summary).toMatchObject({ slots: 2, settled: 3, failed: 1, silent: [], peers: { alive: 3 } })
  expect(summary.tasks['square']).toMatchObject({ value: 2, failure: 0 })
  expect(summary.tasks['fails']).toMatchObject({ value: 0, failure: 1 })
})
