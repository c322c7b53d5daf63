import { expect, it } from 'vitest'
import { Recent } from '../../src/state/recent.ts'

it('gives the part of what was measured last, by the nearest rank', () => {
  const recent = new Recent()
  expect(recent.quantile(0.75)).toBeNull()
  recent.add(5)
  expect(recent.quantile(0.75)).toBe(5)
  for (const value of [1, 9, 3]) recent.add(value)
  expect([0, 0.25, 0.5, 0.75, 1].map((part) => recent.quantile(part))).toEqual([1, 1, 3, 5, 9])
})

it('forgets all but the last thirty-two', () => {
  const recent = new Recent()
  for (let n = 0; n < 1_000; n++) recent.add(1_000)
  for (let n = 1; n <= 32; n++) recent.add(n)
  expect(recent.quantile(1)).toBe(32)
  expect(recent.quantile(0.75)).toBe(24)
})
