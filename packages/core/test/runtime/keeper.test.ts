// What stays on a peer of a bundle that was fetched with its files, and of one that was not.

import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { PeerEvent } from '../../src/model/events.ts'
import { assetObject, type CodeId, codeObject, type LifeId, type ObjectId } from '../../src/model/ids.ts'
import { manifestLine } from '../../src/runtime/code-manifest.ts'
import { Keeper } from '../../src/runtime/keeper.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import type { Platform } from '../../src/runtime/ports.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const code = 'c0de' as CodeId
const files = ['weights', 'words'].map(bytesOf)
const [weights, words] = files.map(hashOf) as [string, string]
const assets = { 'a.onnx': [weights, 7], 'b.txt': [words, 5] } as const
const source = bytesOf(`${manifestLine(1, { env: {}, assets })}export {}`)

/** A keeper whose holders have the bundle and those files; what it told of the fetch. */
async function fetched(had: readonly Uint8Array[]): Promise<{ keeper: Keeper; told: PeerEvent[] }> {
  const told: PeerEvent[] = []
  const platform = { store: new MemoryStore(10_000) } as Partial<Platform> as Platform
  const keeper = new Keeper({ platform, config: presets.lan, addressesOf: () => [], post: (event) => told.push(event) })
  const there = new Map<ObjectId, Uint8Array>([[codeObject(code), source]])
  for (const bytes of had) there.set(assetObject(hashOf(bytes)), bytes)
  vi.spyOn(keeper.transfers, 'fetch').mockImplementation(async ({ object, hash }) => {
    const bytes = there.get(object)
    if (!bytes) return { type: 'failed', absent: [], corrupt: [], full: false }
    await keeper.store.put(object, bytes, hash)
    return { type: 'here', size: bytes.length, hash }
  })
  const from = ['a/1' as LifeId]
  await keeper.fetch({
    type: 'fetch',
    object: codeObject(code),
    size: source.length,
    hash: hashOf(source),
    from,
    ofMembers: true,
  })
  return { keeper, told }
}

test('a bundle is fetched with its files', async () => {
  const { keeper, told } = await fetched(files)
  expect(told).toMatchObject([{ type: 'fetched', result: { type: 'here' } }])
  expect([weights, words].map((hash) => keeper.store.has(assetObject(hash)))).toEqual([true, true])
  expect(keeper.bundles.has(code)).toBe(true)
})

test('with one that nobody has, nothing of it stays', async () => {
  const { keeper, told } = await fetched(files.slice(0, 1))
  expect(told).toMatchObject([{ type: 'fetched', result: { type: 'failed' } }])
  expect([weights, words].map((hash) => keeper.store.has(assetObject(hash)))).toEqual([false, false])
  expect(keeper.store.has(codeObject(code))).toBe(false)
})
