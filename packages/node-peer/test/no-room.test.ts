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
  const mesh = await joinMesh({ home: directory, entry: [], slots: 1, memoryBytes: 1_000 })
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

declare const LARGE: string
