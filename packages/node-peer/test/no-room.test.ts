// A machine where nothing can be written, or with no memory for objects: what works without, works; what does
// not says what is in the way. A file stands where directories should be, since root may write anywhere else.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { joinMesh } from '@murmuration/node-peer'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { temporaryHome } from './fixtures/child.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await temporaryHome()
  file = join(directory, 'file')
  await writeFile(file, '')
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

test('without a home to write to a peer computes all the same', async () => {
  const mesh = await joinMesh({ home: file, entry: [], slots: 1 })
  const square = mesh.fn((x: number) => x * x)
  expect(await square(7).get()).toBe(49)
  await mesh.leave()
  expect(process.stderr.write).toHaveBeenCalledWith(expect.stringMatching(/file cannot be written \(ENOTDIR/))
})

test('without any place for code the task says what it waits for, and leaving works', async () => {
  vi.stubEnv('TMPDIR', file)
  const mesh = await joinMesh({ home: file, entry: [], slots: 1, taskOutput: 'none' })
  const ref = mesh.fn(() => 1)()
  await expect(ref.get({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'GET_TIMEOUT' })
  expect(await mesh.explain(ref)).toMatch(/given back: its code cannot be loaded here: the bundle can be kept neither/)
  await ref.cancel()
  await mesh.leave()
})

test('a module that does not fit into the memory for objects is refused where it is used', async () => {
  const mesh = await joinMesh({ home: directory, entry: [], slots: 1, memoryBytes: 1_000, spillBytes: 0 })
  const url = new URL('./fixtures/env.task.ts', import.meta.url)
  const told = { code: 'OVERLOADED', message: expect.stringMatching(/bundle .* bytes .*memoryBytes/) as string }
  await expect(mesh.use(url, { env: { LARGE: 'x'.repeat(1_000) } })).rejects.toMatchObject(told)
  expect(() => mesh.fn(() => LARGE, { constants: { LARGE: 'x'.repeat(1_000) } })).toThrow(expect.objectContaining(told))
  expect(
    await mesh
      .fn(() => 1)()
      .get(),
  ).toBe(1)
  await mesh.leave()
})

test('a place for objects on disk that cannot be one is said where one joins', async () => {
  const joining = joinMesh({ home: directory, entry: [], slots: 0, spillDirectory: join(file, 'objects') })
  await expect(joining).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(
      /^joinMesh: objects cannot be kept on disk in .*\(ENOTDIR\): make it a directory/,
    ) as string,
  })
  // Nothing is held on to: the same home is free for the next.
  const mesh = await joinMesh({ home: directory, entry: [], slots: 0, spillBytes: 0 })
  await mesh.leave()
})

test('what memory has no room for is kept on disk, and read from there', async () => {
  const sizes = { memoryBytes: 1_000_000, spillBytes: 10_000_000 }
  const mesh = await joinMesh({ home: directory, entry: [], slots: 1, ...sizes })
  const refs = await Promise.all([1, 2, 3, 4].map((n) => mesh.put(new Uint8Array(700_000).fill(n))))
  const values = await mesh.get(refs)
  expect(values.map((value) => [value.length, value[0], value.at(-1)])).toEqual(
    [1, 2, 3, 4].map((n) => [700_000, n, n]),
  )
  await expect(mesh.put(new Uint8Array(20_000_000))).rejects.toMatchObject({
    code: 'OVERLOADED',
    message: expect.stringMatching(
      /1000000 bytes in memory \(memoryBytes\).*10000000 on disk \(spillBytes\)/,
    ) as string,
  })
  await mesh.leave()
})

declare const LARGE: string
