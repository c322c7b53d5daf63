// The parts of a page's peer that need no browser: hashes, invites, options, prepared modules.

import { createHash, randomBytes } from 'node:crypto'
import { inviteLink, manifestLine, meshKeys, meshName, readEntries, signInvite } from '@murmuration/core/internal'
import type { CodePort, LoadedModule, PeerId, Role } from '@murmuration/core/internal'
import { afterEach, describe, expect, test } from 'vitest'
import { admissionByInvite } from '../src/admission.ts'
import { checkJoinOptions } from '../src/options.ts'
import { isFromThisMachine } from '../src/origin.ts'
import { preparedModules } from '../src/prepared-code.ts'
import { loadPageCode } from '../src/page-code.ts'
import { createHasher, sha256 } from '../src/sha256.ts'

test('sha256 hashes its parts as one', () => {
  const wanted = createHash('sha256').update('abcdéf').digest('hex')
  expect(sha256('abc', new TextEncoder().encode('déf'))).toBe(wanted)
  const hasher = createHasher()
  hasher.update(new TextEncoder().encode('abc'))
  hasher.update(new TextEncoder().encode('déf'))
  expect(hasher.digest()).toBe(wanted)
})

describe('entries', () => {
  const keys = meshKeys(randomBytes(32))
  const terms = { id: 'i', role: 'worker', until: Date.now() + 60_000, entry: ['/ip4/127.0.0.1/tcp/9/ws'] } as const

  test('an invite says where to knock and by what, from a whole link too', () => {
    const invite = signInvite(terms, keys)
    const { addresses, invite: found } = readEntries([inviteLink(invite, 'http://127.0.0.1:8000/')], Date.now())
    expect(addresses).toEqual(terms.entry)
    expect(found?.role).toBe('worker')
    const admission = admissionByInvite(invite, 'page' as PeerId)
    expect([admission.role, admission.mesh]).toEqual(['worker', meshName(keys.publicKey)])
  })

  test('two invites, one that has ended and one that leads nowhere are told', () => {
    const link = inviteLink(signInvite(terms, keys))
    expect(() => readEntries([link, link], Date.now())).toThrow('two invites')
    expect(() => readEntries([inviteLink(signInvite({ ...terms, until: 1_000 }, keys))], Date.now())).toThrow(/expired/)
    expect(() => readEntries([inviteLink(signInvite({ ...terms, entry: [] }, keys))], Date.now())).toThrow(
      'where to knock',
    )
  })
})

test('a page knows whether it came from this machine', () => {
  const here = ['localhost', 'app.localhost', '127.0.0.1', '127.9.0.1', '[::1]', '']
  const elsewhere = ['lab-3', '10.0.0.3', '127.example.org', 'localhost.example.org', '[fe80::1]']
  expect(here.map(isFromThisMachine)).toEqual(here.map(() => true))
  expect(elsewhere.map(isFromThisMachine)).toEqual(elsewhere.map(() => false))
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

  async function codeWith(kept: string[] = [], role: Role = 'member'): Promise<CodePort> {
    return (await loadPageCode(role))({ sha256, keep: (code) => void kept.push(code) })
  }

  test('one that the build made is found by its address, under the hash of its text', async () => {
    const kept: string[] = []
    const exports = [{ name: 'twice', kind: 'function', digest: 'd' }] as const
    const source = (): Promise<string> => Promise.resolve('export const twice = (x) => 2 * x\n')
    const url = new URL('https://app.test/assets/twice.task.ts')
    preparedModules().set(url.href, { name: 'twice.task.ts', exports, only: null, source })
    const module = await (await codeWith(kept)).use(url, nothing)
    expect(module).toMatchObject({ name: 'twice.task.ts', exports, code: sha256(await source()) })
    expect(kept).toEqual([module.code])
  })

  test('its files come from where the build put them, and must be those that it saw', async () => {
    const seen = new TextEncoder().encode('weights')
    const text = `${manifestLine(1, { env: {}, assets: { 'model.onnx': [sha256(seen), seen.length] } })}export {}\n`
    const use = async (href: string): Promise<LoadedModule> => {
      const url = new URL('https://app.test/assets/twice.task.ts')
      const source = (): Promise<string> => Promise.resolve(text)
      const assets = { 'model.onnx': href }
      preparedModules().set(url.href, { name: 'twice.task.ts', exports: [], only: null, source, assets })
      return (await codeWith()).use(url, { ...nothing, assets: [new URL('https://app.test/assets/model-3f2a.onnx')] })
    }
    expect((await use('data:,weights')).bytes?.assets.get(sha256(seen))).toEqual(seen)
    await expect(use('data:,others')).rejects.toThrow('model.onnx is not the file that was there when this page was')
    await expect(use('data:')).rejects.toThrow('twice.task.ts: its model.onnx could not be had from data:')
  })

  test('one that nobody made says what to do', async () => {
    await expect((await codeWith()).use(new URL('https://app.test/tiles.task.ts'), nothing)).rejects.toMatchObject({
      code: 'BUNDLE_FAILED',
      message: expect.stringMatching(/^tiles\.task\.ts was not bundled for this page: add murmuration\(\)/) as string,
    })
    await expect((await codeWith()).use(new URL('data:video/mp2t;base64,AAAA'), nothing)).rejects.toMatchObject({
      message: expect.stringContaining('as an asset; add murmuration() to vite.config') as string,
    })
  })

  test('functions are read as everywhere, and refused in the call that names them', async () => {
    const kept: string[] = []
    const code = await codeWith(kept)
    const square = code.fn((x: number) => x * x, {})
    expect(square.exports).toHaveLength(1)
    expect(kept).toEqual([square.code])
    expect(() => code.fn(() => kept.length, {})).toThrow(/^mesh\.fn: .* uses kept from outside/)
  })

  test('whoever may not submit is told so, and loads nothing to read functions with', async () => {
    const code = await codeWith([], 'worker')
    expect(() => code.fn((x: number) => x * x, {})).toThrow('and may not submit tasks')
    await expect(code.use(new URL('https://app.test/tiles.task.ts'), nothing)).rejects.toThrow('may not submit tasks')
  })
})
