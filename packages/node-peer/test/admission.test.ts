import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PeerId } from '@murmuration/core/internal'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyAdmission, loadMeshKey } from '../src/admission.ts'
import { temporaryHome } from './fixtures/child.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'] as [PeerId, PeerId, PeerId]
const key = new Uint8Array(32).fill(7)
let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(() => rm(home, { recursive: true, force: true }))

test('who holds the key is admitted', () => {
  const [at, from] = [new KeyAdmission(key, bob), new KeyAdmission(key, alice)]
  expect(at.admits(alice, from.mesh, from.token(bob))).toBe(true)
})

test('a token is of use to nobody else, nowhere else and in one direction', () => {
  const from = new KeyAdmission(key, alice)
  const token = from.token(bob)
  expect(new KeyAdmission(key, bob).admits(carol, from.mesh, token)).toBe(false)
  expect(new KeyAdmission(key, carol).admits(alice, from.mesh, token)).toBe(false)
  expect(new KeyAdmission(key, alice).admits(bob, from.mesh, token)).toBe(false)
})

test('another key, another mesh name or rubbish is not admitted', () => {
  const at = new KeyAdmission(key, bob)
  const other = new KeyAdmission(new Uint8Array(32), alice)
  const token = new KeyAdmission(key, alice).token(bob)
  expect(other.mesh).not.toBe(at.mesh)
  expect(at.admits(alice, at.mesh, other.token(bob))).toBe(false)
  expect(at.admits(alice, other.mesh, token)).toBe(false)
  for (const rubbish of ['', 'x', token.slice(1), `${token}AA`]) {
    expect(at.admits(alice, at.mesh, rubbish), rubbish).toBe(false)
  }
})

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
