// Lines that come again are counted, floods become a number, and nothing is told late that should be told at once.

import { describe, expect, it } from 'vitest'
import type { ContextId, Instant, PeerId, TaskId } from '../../src/model/ids.ts'
import { never } from '../../src/model/ids.ts'
import type { PrintedLine } from '../../src/model/printed.ts'
import { Fold } from '../../src/state/fold.ts'

const at = (ms: number): Instant => ms as Instant

function line(text: string, again = 0): { line: PrintedLine } {
  return {
    line: {
      task: 't' as TaskId,
      fn: 'work',
      attempt: 1,
      context: 'c' as ContextId,
      depth: 0,
      level: 'log',
      text,
      peer: 'p' as PeerId,
      nth: 1,
      again,
    },
  }
}

describe('fold', () => {
  it('passes the first of equal lines on, and tells of the others once', () => {
    const fold = new Fold({ repeatMs: 5_000, printedPerSecond: 100 })
    expect(fold.isNews(line('loading'), at(0))).toBe(true)
    for (let i = 1; i <= 41; i++) expect(fold.isNews(line('loading'), at(i))).toBe(false)
    expect(fold.isNews(line('ready'), at(50))).toBe(true)
    expect(fold.deadline()).toBe(5_000)
    expect(fold.due(at(4_999))).toEqual([])
    expect(fold.due(at(5_000)).map(({ line: { text, again } }) => [text, again])).toEqual([['loading', 41]])
    expect(fold.deadline()).toBe(never)
    expect(fold.isNews(line('loading'), at(6_000))).toBe(true)
  })

  it('counts what others have counted', () => {
    const fold = new Fold({ repeatMs: 5_000, printedPerSecond: 100 })
    fold.isNews(line('loading'), at(0))
    fold.isNews(line('loading', 10), at(1))
    fold.isNews(line('loading'), at(2))
    expect(fold.due(at(5_000))[0]?.line.again).toBe(11)
  })

  it('passes so many a second on, and says how many there were more', () => {
    const fold = new Fold({ repeatMs: 5_000, printedPerSecond: 10 })
    const passed = Array.from({ length: 100 }, (_, i) => fold.isNews(line(`line ${i}`), at(i)))
    expect(passed.filter(Boolean)).toHaveLength(10)
    expect(fold.deadline()).toBe(1_000)
    const [told] = fold.due(at(1_000))
    expect(told?.line.text).toMatch(/90 more lines/)
    expect(fold.isNews(line('next'), at(1_100))).toBe(true)
  })

  it('forgets what it has seen longest ago, when there are many', () => {
    const fold = new Fold({ repeatMs: 5_000, printedPerSecond: 10_000 })
    for (let i = 0; i < 1_000; i++) fold.isNews(line(`line ${i}`), at(i / 1_000))
    expect(fold.isNews(line('line 999'), at(2))).toBe(false)
    expect(fold.isNews(line('line 0'), at(2))).toBe(true)
  })
})
