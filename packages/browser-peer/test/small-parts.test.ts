// The parts of a page's peer that need no browser: hashes, the key's token, options, prepared modules.

import { createHash, randomBytes } from 'node:crypto'
import type { PeerId } from '@murmuration/core/internal'
import { afterEach, describe, expect, test } from 'vitest'
import { KeyAdmission as NodeAdmission } from '../../node-peer/src/admission.ts'
import { KeyAdmission } from '../src/key-admission.ts'
import { checkJoinOptions } from '../src/options.ts'
import { createPageCode, preparedModules } from '../src/prepared-code.ts'
import { createHasher, sha256 } from '../src/sha256.ts'

test('sha256 hashes its parts as one', () => {
  const wanted = createHash('sha256').update('abcdéf').digest('hex')
  expect(sha256('abc', new TextEncoder().encode('déf'))).toBe(wanted)
  const hasher = createHasher()
  hasher.update(new TextEncoder().encode('abc'))
  hasher.update(new TextEncoder().encode('déf'))
  expect(hasher.digest()).toBe(wanted)
})

test('a page and a Node peer with one key admit each other, and nobody else', () => {
  const [page, node] = ['page' as PeerId, 'node' as PeerId]
  const key = randomBytes(32)
  const here = new KeyAdmission(key, page)
  const there = new NodeAdmission(key, node)
  expect(here.mesh).toBe(there.mesh)
  expect(there.admits(page, here.mesh, here.token(node))).toBe(true)
  expect(here.admits(node, there.mesh, there.token(page))).toBe(true)
  const stranger = new KeyAdmission(randomBytes(32), page)
  expect(there.admits(page, there.mesh, stranger.token(node))).toBe(false)
  expect(here.admits('other' as PeerId, here.mesh, there.token(page))).toBe(false)
  expect(here.admits(node, here.mesh, '')).toBe(false)
})

describe('options', () => {
  test('a page must be told whom to join', () => {
    expect(() => checkJoinOptions({})).toThrow(/give entry/)
    expect(() => checkJoinOptions({ entry: [] })).not.toThrow()
    expect(() => checkJoinOptions({ entry: ['ws://lab-3:9001', 'lab-3:9001'] })).not.toThrow()
  })
  test('what is wrong is named', () => {
    expect(() => checkJoinOptions({ entry: ['nonsense'] })).toThrow(/joinMesh: entry: "nonsense" is no address/)
    expect(() => checkJoinOptions({ entry: [], slot: 1 })).toThrow(/no option slot \(did you mean slots/)
    expect(() => checkJoinOptions({ entry: [], wakeLock: 'yes' })).toThrow(/wakeLock must be true or false/)
  })
})

describe('prepared modules', () => {
  const nothing = { env: {}, assets: [], external: [] }
  afterEach(() => preparedModules().clear())

  function codeWith(kept: string[] = []): ReturnType<typeof createPageCode> {
    return createPageCode({ sha256, keep: (code) => void kept.push(code) })
  }

  test('one that the build made is found by its address, under the hash of its text', async () => {
    const kept: string[] = []
    const exports = [{ name: 'twice', kind: 'function', digest: 'd' }] as const
    const source = (): Promise<string> => Promise.resolve('export const twice = (x) => 2 * x\n')
    const url = new URL('https://app.test/assets/twice.task.ts')
    preparedModules().set(url.href, { name: 'twice.task.ts', exports, only: null, source })
    const module = await codeWith(kept).use(url, nothing)
    expect(module).toMatchObject({ name: 'twice.task.ts', exports, code: sha256(await source()) })
    expect(kept).toEqual([module.code])
  })

  test('one that nobody made says what to do', async () => {
    await expect(codeWith().use(new URL('https://app.test/tiles.task.ts'), nothing)).rejects.toMatchObject({
      code: 'BUNDLE_FAILED',
      message: expect.stringMatching(/^tiles\.task\.ts was not bundled for this page: add murmuration\(\)/) as string,
    })
    await expect(codeWith().use(new URL('data:video/mp2t;base64,AAAA'), nothing)).rejects.toMatchObject({
      message: expect.stringContaining('as an asset; add murmuration() to vite.config') as string,
    })
  })

  test('functions are read as everywhere', () => {
    const kept: string[] = []
    const { code, exports } = codeWith(kept).fn((x: number) => x * x, {})
    expect(exports).toHaveLength(1)
    expect(kept).toEqual([code])
  })
})
