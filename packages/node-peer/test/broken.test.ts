// A peer whose machine broke says so to everybody who waits, and is gone: no address, no run file, no worker.

import { rm } from 'node:fs/promises'
import type { MeshError, PeerId } from '@murmuration/core/internal'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { livingPeers } from '../src/entry.ts'
import { meshOf } from '../src/mesh-of.ts'
import { joinPeer } from '../src/join-peer.ts'
import { createNodePlatform } from '../src/platform.ts'
import { temporaryHome } from './fixtures/child.ts'

let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(home, { recursive: true, force: true })
})

test('whoever waits is told what broke, and nothing of it stays behind', async () => {
  const joined = await joinPeer({ home, entry: [], slots: 0 })
  const mesh = meshOf(joined)
  const addresses = [...mesh.addresses]
  const waiting = mesh.fn(() => 1)()
  const got = waiting.get().catch((error: MeshError) => error)
  const asked = mesh.tasks().catch((error: MeshError) => error)
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const stopped = new Promise<MeshError | null>((resolve) => joined.peer.onStop(resolve))
  joined.peer.post({ type: 'nonsense' } as never)
  const told = { code: 'INTERNAL', message: expect.stringMatching(/^this peer stopped: .*report it/) as string }
  expect(await stopped).toMatchObject(told)
  expect(await got).toMatchObject(told)
  expect(await asked).toMatchObject(told)
  await expect(waiting.get()).rejects.toMatchObject(told)
  expect(printed).toHaveBeenCalledOnce()

  await mesh.leave()
  expect(await livingPeers(home)).toEqual([])
  const other = await createNodePlatform({ home, identity: 'fresh', listen: [] })
  const dialled = other.platform.transport.open('link', mesh.id as PeerId, addresses, new AbortController().signal)
  await expect(dialled).rejects.toMatchObject({ name: 'DialError', refused: true })
  await other.close()
})

test('a bundle that cannot be read is fetched again', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const owner = await joinPeer({ home, entry: [], slots: 0 })
  const entry = [owner.node.platform.transport.addresses()[0]]
  const executor = await joinPeer({ home, entry, slots: 1, taskOutput: 'none' })
  const { store } = executor.node.platform
  const { get } = store
  let broken = 2
  store.get = (id) => (id.startsWith('code:') && broken-- > 0 ? Promise.reject(new Error('EIO')) : get.call(store, id))
  const meshes = [meshOf(owner), meshOf(executor)] as const
  expect(
    await meshes[0]
      .fn(() => 7)()
      .get(),
  ).toBe(7)
  expect(broken).toBeLessThan(0)
  expect(printed).toHaveBeenCalledWith('a bundle that was fetched cannot be read: Error: EIO')
  await Promise.all(meshes.map((mesh) => mesh.leave()))
})

test('one that broke needs no goodbye to be gone', async () => {
  const joined = await joinPeer({ home, entry: [], slots: 0 })
  vi.spyOn(console, 'error').mockImplementation(() => {})
  joined.peer.post({ type: 'nonsense' } as never)
  await vi.waitUntil(() => joined.node.platform.transport.addresses().length === 0)
  expect(await livingPeers(home)).toEqual([])
})
