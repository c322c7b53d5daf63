import { expect, test } from 'vitest'
import { slotsPerPeer } from '../dragon/flock.ts'
import { killTimes } from '../dragon/deaths.ts'

test.each([
  [3, 2, [1, 1, 1]],
  [3, 8, [3, 3, 2]],
  [1, 4, [4]],
  [4, 4, [1, 1, 1, 1]],
])('%i peers on %i cores', (peers, cores, slots) => {
  expect(slotsPerPeer(peers, cores)).toEqual(slots)
})

test('kills are spread over the work, and leave some of it for the survivors', () => {
  expect(killTimes(1000, 0)).toEqual([])
  expect(killTimes(1000, 2)).toEqual([300, 600])
  expect(killTimes(1000, 3)).toEqual([200, 400, 600])
})
