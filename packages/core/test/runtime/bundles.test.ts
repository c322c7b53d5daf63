// Which bundles and files of theirs are on a peer.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { assetObject, type CodeId, codeObject } from '../../src/model/ids.ts'
import { Bundles } from '../../src/runtime/bundles.ts'
import { manifestLine } from '../../src/runtime/code-manifest.ts'
import type { BundleBytes } from '../../src/runtime/code-port.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import { TieredStore } from '../../src/runtime/tiered-store.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const weights = bytesOf('weights')
const hash = hashOf(weights)
const weightsAt = assetObject(hash)
const [first, second] = ['first', 'second'] as CodeId[] as [CodeId, CodeId]

function bundleWith(name: string): BundleBytes {
  const source = bytesOf(`${manifestLine(1, { env: {}, assets: { [name]: [hash, weights.length] } })}export {}`)
  return { source, assets: new Map([[hash, weights]]) }
}

function open(bytes = 10_000): { store: TieredStore; bundles: Bundles } {
  const store = new TieredStore(new MemoryStore(bytes), null)
  return { store, bundles: new Bundles(store) }
}

test('a file goes with the last bundle that names it', async () => {
  const { store, bundles } = open()
  bundles.keep(first, bundleWith('a.onnx'))
  bundles.keep(second, bundleWith('b.onnx'))
  expect((await bundles.assetOf(second, 'b.onnx')).bytes).toEqual(weights)
  bundles.dropped(first)
  expect(store.has(weightsAt)).toBe(true)
  bundles.dropped(second)
  expect(store.has(weightsAt)).toBe(false)
})

test('one that was fetched is here when its files are, and not before', async () => {
  const { store, bundles } = open()
  const { source } = bundleWith('a.onnx')
  await store.put(codeObject(first), source)
  expect(await bundles.missingOf(first)).toEqual([[hash, weights.length]])
  expect(await bundles.arrived(first)).toBe(false)
  await store.put(weightsAt, weights)
  expect(await bundles.missingOf(first)).toEqual([])
  expect(await bundles.arrived(first)).toBe(true)
  expect(bundles.has(first)).toBe(true)
  // Fetched twice, it still goes at once.
  expect(await bundles.arrived(first)).toBe(true)
  bundles.dropped(first)
  expect(store.has(weightsAt)).toBe(false)
})

test('room is counted for both, and what is not there is said', async () => {
  const { bundles } = open(20)
  expect(() => bundles.checkRoom(bundleWith('a.onnx'))).toThrow(/^the bundle and its assets have \d+ bytes, and 20 of/)
  await expect(bundles.assetOf(first, 'a.onnx')).rejects.toThrow(
    "no a.onnx came with this module; it has none. To add it, list it: mesh.use(url, { assets: [new URL('./a.onnx'",
  )
})
