// What every ObjectStore promises, of a platform or of the simulator: the bytes as they were given, a count
// that is right, and a no that says the limit instead of a silent drop. And what those promise besides
// that outlive their process: the same bytes for the next one, or none.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import type { FoundNote, LifeId, ObjectId, ObjectStore, SpillStore } from '@murmuration/core/internal'

const one = 'one' as ObjectId
const two = 'two' as ObjectId

export function objectStoreContract(name: string, create: (limitBytes: number) => Promise<ObjectStore>): void {
  describe(`ObjectStore contract: ${name}`, () => {
    let store: ObjectStore

    beforeEach(async () => {
      store = await create(1_000)
    })

    afterEach(() => store.close())

    test('gives back the bytes that were put', async () => {
      await store.put(one, Uint8Array.of(1, 2, 3))
      expect(store.has(one)).toBe(true)
      expect([...((await store.get(one)) ?? [])]).toEqual([1, 2, 3])
    })

    test('has nothing that was not put', async () => {
      expect(store.has(one)).toBe(false)
      expect(await store.get(one)).toBeUndefined()
    })

    test('counts what it keeps', async () => {
      await store.put(one, new Uint8Array(300))
      await store.put(two, new Uint8Array(0))
      expect(store.usedBytes()).toBe(300)
      await store.put(one, new Uint8Array(200))
      expect(store.usedBytes()).toBe(200)
      store.delete(one)
      store.delete(one)
      expect([store.usedBytes(), store.has(one), store.has(two)]).toEqual([0, false, true])
    })

    test('fills up to the limit exactly', async () => {
      await store.put(one, new Uint8Array(400))
      await store.put(two, new Uint8Array(600))
      expect(store.usedBytes()).toBe(store.limitBytes)
    })

    test('says OVERLOADED with size and limit, and keeps what it had', async () => {
      await store.put(one, new Uint8Array(400))
      await expect(store.put(two, new Uint8Array(601))).rejects.toMatchObject({
        code: 'OVERLOADED',
        message: expect.stringMatching(/601.*(1000|400.*600)/s) as string,
      })
      await expect(store.put(one, new Uint8Array(1_001))).rejects.toMatchObject({ code: 'OVERLOADED' })
      expect([store.usedBytes(), store.has(two), (await store.get(one))?.byteLength]).toEqual([400, false, 400])
    })

    test('knows sizes without looking', async () => {
      await store.put(one, new Uint8Array(300))
      expect([store.sizeOf(one), store.sizeOf(two)]).toEqual([300, undefined])
    })

    test('gives whole what is let go of while it is read', async () => {
      await store.put(one, Uint8Array.of(1, 2, 3))
      const reading = store.get(one)
      store.delete(one)
      expect([undefined, '1,2,3']).toContain((await reading)?.join())
      expect([store.has(one), store.usedBytes()]).toEqual([false, 0])
    })

    test('of two writes at once the room is shared, not taken twice', async () => {
      const puts = [one, two].map((id) => store.put(id, new Uint8Array(600)).then(() => id))
      const kept = (await Promise.allSettled(puts)).filter(({ status }) => status === 'fulfilled')
      expect([kept.length, store.usedBytes()]).toEqual([1, 600])
    })

    test('what is let go of while it is written leaves nothing', async () => {
      const writing = store.put(one, new Uint8Array(100))
      store.delete(one)
      await writing
      store.delete(one)
      expect([store.usedBytes(), await store.get(one)]).toEqual([0, undefined])
    })
  })
}

/** Where a store is opened, as often as a test says; `spoil` does to the bytes of an object what a bad disk does. */
export interface SpillPlace {
  open(limitBytes: number): Promise<SpillStore>
  spoil(id: ObjectId): Promise<void>
}

export function spillStoreContract(name: string, create: () => Promise<SpillPlace>): void {
  const bytes = Uint8Array.from({ length: 300 }, (_, at) => at % 251)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const label: FoundNote = { object: one, size: 300, hash, owners: ['p/1' as LifeId] }

  describe(`SpillStore contract: ${name}`, () => {
    let place: SpillPlace

    beforeEach(async () => {
      place = await create()
    })

    test('the next to open it finds what was kept, with its label', async () => {
      const first = await place.open(1_000)
      expect(first.found()).toEqual([])
      await first.keep(label, bytes)
      await first.close()
      const second = await place.open(1_000)
      expect([second.found(), second.usedBytes(), second.labelOf(one)]).toEqual([[label], 300, label])
      expect(await second.get(one)).toEqual(bytes)
      await second.close()
    })

    test('what was let go of is not found', async () => {
      const first = await place.open(1_000)
      await first.keep(label, bytes)
      first.delete(one)
      await first.close()
      expect((await place.open(1_000)).found()).toEqual([])
    })

    test('what is not there, or is gone already, is let go of without a word', async () => {
      const first = await place.open(1_000)
      first.delete(two)
      await first.keep(label, bytes)
      first.delete(one)
      first.delete(one)
      expect(first.usedBytes()).toBe(0)
      await first.close()
      const second = await place.open(1_000)
      expect(second.found()).toEqual([])
      await second.close()
    })

    test('of bytes that are there already only the label is written', async () => {
      const first = await place.open(1_000)
      await first.put(one, bytes, hash)
      expect(first.labelOf(one)?.owners).toEqual([])
      await first.keep(label, null)
      await first.close()
      const second = await place.open(1_000)
      expect([second.found(), await second.get(one)]).toEqual([[label], bytes])
    })

    test('bytes that are not what was written are a reason and then gone', async () => {
      const first = await place.open(1_000)
      await first.keep(label, bytes)
      await place.spoil(one)
      await expect(first.get(one)).rejects.toMatchObject({ name: 'SpoiltError' })
      expect([first.has(one), first.usedBytes(), await first.get(one)]).toEqual([false, 0, undefined])
      await first.close()
      expect((await place.open(1_000)).found()).toEqual([])
    })

    test('says OVERLOADED when there is no room, and keeps what it had', async () => {
      const store = await place.open(400)
      await store.keep(label, bytes)
      const other = { ...label, object: two }
      await expect(store.keep(other, bytes)).rejects.toMatchObject({ code: 'OVERLOADED' })
      expect([store.usedBytes(), store.has(two), (await store.get(one))?.length]).toEqual([300, false, 300])
    })
  })
}
