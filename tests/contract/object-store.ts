// What every ObjectStore of a platform promises: the bytes as they were given, a count that is right,
// and a no that says the limit instead of a silent drop. The simulator's values only claim their size.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectId, ObjectStore } from '@murmuration/core/internal'

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
        message: expect.stringMatching(/601.*1000/s) as string,
      })
      await expect(store.put(one, new Uint8Array(1_001))).rejects.toMatchObject({ code: 'OVERLOADED' })
      expect([store.usedBytes(), store.has(two), (await store.get(one))?.byteLength]).toEqual([400, false, 400])
    })
  })
}
