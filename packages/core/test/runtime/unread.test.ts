// How far a generator may go: so many items, and with a limit in bytes as many, or a few of any size.

import { expect, test } from 'vitest'
import { Unread } from '../../src/runtime/unread.ts'

const lead = (ahead: number, aheadBytes = 0): { ahead: number; aheadBytes: number } => ({ ahead, aheadBytes })
const whole = { from: 0, also: [], taken: 0 }

/** How many of that size it yields before it waits. */
function run(unread: Unread, bytes: number, from = 0): number {
  let index = from
  for (; unread.mayYield(index) && index < 10_000; index++) unread.yielded(index, bytes)
  return index
}

test('so many items, and as many more as are taken', () => {
  const unread = new Unread(whole, lead(3))
  expect(run(unread, 1e9)).toBe(3)
  unread.proceed(2)
  expect(run(unread, 1e9, 3)).toBe(5)
})

test('what is only passed over waits for nobody', () => {
  const unread = new Unread({ from: 6, also: [2], taken: 4 }, lead(3))
  expect([5, 6, 7].map((index) => unread.mayYield(index))).toEqual([true, true, false])
  expect(new Unread({ ...whole, from: Number.POSITIVE_INFINITY }, lead(1)).mayYield(1e6)).toBe(true)
})

test('with a limit in bytes small items are many and large ones few, as they come', () => {
  expect(run(new Unread(whole, lead(64, 1_000)), 10)).toBe(64)
  expect(run(new Unread(whole, lead(64, 1_000)), 50)).toBe(20)
  const unread = new Unread(whole, lead(64, 1_000))
  expect(run(unread, 1e6)).toBe(8)
  unread.proceed(8)
  expect(run(unread, 10, 8)).toBe(72)
  unread.proceed(70)
  expect(run(unread, 1e6, 72)).toBe(78)
})
