// Values that the attempts in a worker share, and who wrote into them.

import { expect, test } from 'vitest'
import type { ObjectId } from '../../src/model/ids.ts'
import { SharedInputs } from '../../src/runtime/shared-inputs.ts'
import { encode } from '../../src/runtime/values.ts'

const object = 'list' as ObjectId
const input = { object, span: null, refs: [] }
const noRef = (): never => {
  throw new Error('there are no refs')
}

function sharing(value: unknown, every = 1): { inputs: SharedInputs; value: () => unknown } {
  const inputs = new SharedInputs()
  inputs.every = every
  inputs.take({ objects: [{ object, bytes: new Uint8Array(encode(value).bytes) }], forget: [] })
  return { inputs, value: () => inputs.valueOf(input, new ArrayBuffer(0), noRef) }
}

function lookAt(inputs: SharedInputs, value: unknown): ReturnType<SharedInputs['look']> {
  return inputs.look([input], ['first', value])
}

test.each<[what: string, value: unknown, write: (value: never) => void]>([
  ['an item', [3, 1, 2], (list: number[]) => list.reverse()],
  ['a property', { a: { b: 1 } }, (box: { a: { b: number } }) => (box.a.b = 2)],
  ['a byte', new Uint8Array(1_000), (bytes: Uint8Array) => (bytes[999] = 1)],
  ['a row of a Map', new Map([['a', 1]]), (map: Map<string, number>) => map.delete('a')],
  ['what cannot travel', [{}], (list: unknown[]) => list.push(() => 1)],
])('%s that was written is found, and is again as it was', (_, original, write) => {
  const { inputs, value } = sharing(original)
  const given = value()
  expect(value()).toBe(given)
  const looked = lookAt(inputs, given)
  if (looked === null) throw new Error('it is not looked at')
  expect(inputs.changed(looked)).toBeNull()
  write(given as never)
  expect(inputs.changed(looked)).toBe(1)
  expect(value()).toEqual(original)
  expect(value()).not.toBe(given)
})

test('one attempt in so many is looked at, the first among them', () => {
  const { inputs, value } = sharing([1], 3)
  const looked = Array.from({ length: 7 }, () => lookAt(inputs, value()) !== null)
  expect(looked).toEqual([true, false, false, true, false, false, true])
})

test('what nobody shares, and what cannot be written, is not looked at', () => {
  const { inputs, value } = sharing('x'.repeat(2_000))
  expect(lookAt(inputs, value())?.size).toBe(0)
  expect(inputs.look([{ object, span: [0, 1], refs: [] }], [])).toBeNull()
})
