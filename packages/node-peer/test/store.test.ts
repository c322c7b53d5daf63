import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { totalmem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FoundNote, LifeId, ObjectId, PeerId } from '@murmuration/core/internal'
import { MemoryStore, TieredStore } from '@murmuration/core/internal'
import { objectStoreContract, spillStoreContract } from '../../../tests/contract/object-store.ts'
import { DiskStore } from '../src/disk-store.ts'
import { labelBytes, writeLabel } from '../src/object-file.ts'
import { createHasher, sha256 } from '../src/sha256.ts'
import { createStore, openDisk } from '../src/store.ts'

const root = await mkdtemp(join(tmpdir(), 'murmuration-store-'))
afterAll(() => rm(root, { recursive: true }))
let places = 0
const place = (): string => join(root, String(++places))

const open = (
  directory: string,
  limitBytes: number,
  warn: (sentence: string) => void = unexpected,
): Promise<DiskStore> => DiskStore.open({ directory, limitBytes, warn })

function unexpected(sentence: string): void {
  throw new Error(sentence)
}

objectStoreContract('memory', (limitBytes) => Promise.resolve(createStore(limitBytes)))
objectStoreContract('disk', (limitBytes) => open(place(), limitBytes))
objectStoreContract('memory, then disk', async (limitBytes) => {
  const disk = await open(place(), limitBytes * 0.6)
  return new TieredStore(new MemoryStore(limitBytes * 0.4), disk)
})

spillStoreContract('disk', () => {
  const directory = place()
  return Promise.resolve({
    open: (limitBytes: number) => open(directory, limitBytes),
    spoil: async () => {
      const [name] = await readdir(directory)
      const path = join(directory, name ?? '')
      const bytes = await readFile(path)
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      await writeFile(path, bytes)
    },
  })
})

test('a quarter of the memory of the machine unless told otherwise', () => {
  expect(createStore(undefined).limitBytes).toBe(Math.floor(totalmem() / 4))
})

const bytes = new Uint8Array(100).fill(7)
const label: FoundNote = {
  object: 'o/../x' as ObjectId,
  size: 100,
  hash: sha256(bytes),
  owners: Array.from({ length: 16 }, (_, n) => `${'p'.repeat(200)}${n}/1` as LifeId),
}

test('a label is of one length, whatever is on it, and nothing of an id is in a name', async () => {
  expect(writeLabel({ ...label, object: 'ö'.repeat(512) as ObjectId })).toHaveLength(labelBytes)
  const directory = place()
  const store = await open(directory, 1_000)
  await store.keep(label, bytes)
  const names = await readdir(directory)
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.object$/)])
  expect(createHasher().digest()).toHaveLength(64)
})

test('files that are not ours are named and left alone, half-written ones of ours go', async () => {
  const directory = place()
  await (await open(directory, 1_000)).keep(label, bytes)
  const uuid = '00000000-0000-4000-8000-000000000000'
  for (const name of ['notes.txt', `${uuid}.object`, `${uuid}.object.draft`])
    await writeFile(join(directory, name), 'not an object')
  const warnings: string[] = []
  const store = await open(directory, 1_000, (sentence) => warnings.push(sentence))
  expect(warnings).toEqual([expect.stringMatching(/left alone: .*(notes\.txt, .*\.object|\.object, notes\.txt)$/)])
  expect(store.found()).toEqual([label])
  expect((await readdir(directory)).sort()).toContain('notes.txt')
  expect(await readdir(directory)).toHaveLength(3)
})

test('a directory that cannot be one is one sentence that says which, why and what to do', async () => {
  const file = place()
  await writeFile(file, '')
  await expect(open(join(file, 'objects'), 1_000)).rejects.toThrow(
    /cannot be kept on disk in .*objects \(ENOTDIR\): .*spillDirectory.*spillBytes: 0/,
  )
})

test('without being asked for, a disk that cannot be used is a warning; without an identity there is none', async () => {
  const file = place()
  await writeFile(file, '')
  const warnings: string[] = []
  const owner = { peer: 'p' as PeerId, warn: (sentence: string) => void warnings.push(sentence) }
  expect(await openDisk({}, { ...owner, identity: { directory: file } })).toBeUndefined()
  expect(await openDisk({}, { ...owner, identity: { directory: null } })).toBeUndefined()
  expect(await openDisk({ spillBytes: 0 }, { ...owner, identity: { directory: place() } })).toBeUndefined()
  expect(warnings).toEqual([expect.stringMatching(/in memory only/)])
  await expect(openDisk({ spillBytes: 5 }, { ...owner, identity: { directory: null } })).rejects.toThrow(
    /spillDirectory/,
  )
})

test('what a peer that is never seen again left goes with it', async () => {
  const directory = place()
  const owner = { peer: 'p' as PeerId, warn: unexpected, identity: { directory: null } }
  const disk = await openDisk({ spillDirectory: directory, spillBytes: 1_000 }, owner)
  await disk?.store.keep(label, bytes)
  expect(await readdir(join(directory, 'p'))).toHaveLength(1)
  await disk?.close()
  expect(await readdir(directory)).toEqual([])
})

test('a disk that takes no more is a no for the spill, and an OVERLOADED that names both limits for a put', async () => {
  const disk = await open(place(), 150)
  const store = new TieredStore(new MemoryStore(150), disk)
  const other = { ...label, object: 'other' as ObjectId }
  await store.put(label.object, bytes)
  await store.put(other.object, bytes)
  expect([disk.has(label.object), disk.has(other.object)]).toEqual([false, true])
  expect(await store.spill(label)).toBe(false)
  expect(await store.get(label.object)).toBe(bytes)
  await expect(store.put('third' as ObjectId, bytes)).rejects.toMatchObject({
    code: 'OVERLOADED',
    message: expect.stringMatching(
      /100 bytes.*150 bytes in memory \(memoryBytes\).*150 on disk \(spillBytes\)/,
    ) as string,
  })
})

test('a disk that breaks while it is written to is no error either', async () => {
  const directory = place()
  const disk = await open(directory, 1_000)
  const store = new TieredStore(new MemoryStore(1_000), disk)
  await store.put(label.object, bytes)
  await rm(directory, { recursive: true })
  expect(await store.spill(label)).toBe(false)
  expect([await store.get(label.object), disk.usedBytes()]).toEqual([bytes, 0])
})

test('a file that somebody else has removed is let go of without a word', async () => {
  const directory = place()
  const disk = await open(directory, 1_000)
  await disk.keep(label, bytes)
  for (const name of await readdir(directory)) await rm(join(directory, name))
  disk.delete(label.object)
  expect([disk.has(label.object), disk.usedBytes()]).toEqual([false, 0])
  await disk.close()
})

test('what is let go of while it moves to disk is on neither side', async () => {
  const disk = await open(place(), 1_000)
  const store = new TieredStore(new MemoryStore(1_000), disk)
  await store.put(label.object, bytes)
  const moving = store.spill(label)
  store.delete(label.object)
  await moving
  expect([store.has(label.object), store.usedBytes(), disk.has(label.object)]).toEqual([false, 0, false])
})

test('bytes that come back spoilt are told of, and read as if they had not been there', async () => {
  const directory = place()
  const disk = await open(directory, 1_000)
  const spoilt: string[] = []
  const store = new TieredStore(new MemoryStore(1_000), disk, (id) => spoilt.push(id))
  await store.put(label.object, bytes)
  expect(await store.spill(label)).toBe(true)
  await rm(directory, { recursive: true })
  expect([await store.get(label.object), spoilt, store.has(label.object)]).toEqual([undefined, [label.object], false])
})
