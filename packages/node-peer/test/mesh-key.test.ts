import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadMeshKey } from '../src/mesh-key.ts'
import { temporaryHome } from './fixtures/child.ts'

let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(() => rm(home, { recursive: true, force: true }))

test('the key is made once, for the user alone', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadMeshKey(home)))
  const stored = await readFile(join(home, 'mesh.key'))
  expect(stored).toHaveLength(32)
  expect(keys.every((one) => stored.equals(one))).toBe(true)
  expect((await stat(join(home, 'mesh.key'))).mode & 0o777).toBe(0o600)
})

test('a key of the wrong size is refused with its path', async () => {
  await writeFile(join(home, 'mesh.key'), 'short')
  await expect(loadMeshKey(home)).rejects.toThrow(join(home, 'mesh.key'))
})
