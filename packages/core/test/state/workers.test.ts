// Whose workers wait for each other, and when one more may be taken.

import { expect, it } from 'vitest'
import type { AttemptId, Instant } from '../../src/model/ids.ts'
import { never } from '../../src/model/ids.ts'
import { Workers } from '../../src/state/workers.ts'

const at = (ms: number): Instant => ms as Instant
const attempt = (name: string): AttemptId => name as AttemptId

it('one more is taken when all have waited for long, and no time is named while that one runs', () => {
  const workers = new Workers(100)
  workers.add(0, attempt('a'), { width: 1, now: at(0) })
  workers.block(0, 1)
  expect(workers.mayExceed(1, at(10))).toBe(false)
  expect(workers.exceedAt(1)).toBe(110)
  expect(workers.mayExceed(1, at(110))).toBe(true)
  workers.add(1, attempt('b'), { width: 1, now: at(110) })
  expect(workers.exceedAt(1)).toBe(never)
  workers.block(1, 1)
  // The next one after twice the time, counted from when all wait again.
  expect(workers.mayExceed(1, at(120))).toBe(false)
  expect(workers.exceedAt(1)).toBe(320)
})

it('no time is named while something runs again, nor when fewer wait than may', () => {
  const stalled = (): Workers => {
    const workers = new Workers(100)
    workers.add(0, attempt('a'), { width: 1, now: at(0) })
    workers.block(0, 1)
    workers.mayExceed(1, at(10))
    return workers
  }
  const runs = stalled()
  runs.block(0, -1)
  expect(runs.exceedAt(1)).toBe(never)
  const over = stalled()
  over.remove(0, attempt('a'))
  expect(over.exceedAt(1)).toBe(never)
})
