import { totalmem } from 'node:os'
import { expect, test } from 'vitest'
import { objectStoreContract } from '../../../tests/contract/object-store.ts'
import { createStore } from '../src/store.ts'

objectStoreContract('memory', (limitBytes) => Promise.resolve(createStore(limitBytes)))

test('a quarter of the memory of the machine unless told otherwise', () => {
  expect(createStore(undefined).limitBytes).toBe(Math.floor(totalmem() / 4))
})
