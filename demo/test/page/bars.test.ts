// Attempts become bars: when they began, when they ended, and which died with their peer.

import { describe, expect, test } from 'vitest'
import { type AttemptRow, Bars, chartRows, lanes } from '../../page/src/sight/bars.ts'

function row(attempt: string, ms: number, state = 'running'): AttemptRow {
  return { attempt, task: attempt, fn: 'work', name: null, state, ms }
}

describe('bars', () => {
  test('begin when the peer says they began, and run while it says so', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 300)], 1_000)
    bars.seen('P', [row('a', 810)], 1_500)
    expect(bars.all()).toEqual([expect.objectContaining({ from: 700, to: null, end: 'running', peer: 'P' })])
  })

  test('end where they must have: between two answers, or where the next one began', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 300)], 1_000)
    bars.seen('P', [row('b', 400)], 1_500)
    bars.seen('P', [], 2_500)
    expect(bars.all().map(({ from, to, end }) => [from, to, end])).toEqual([
      [700, 1_100, 'done'],
      [1_100, 2_000, 'done'],
    ])
  })

  test('end exactly where the peer knows how long they took', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 300)], 1_000)
    bars.seen('P', [row('a', 420, 'done'), row('short', 20, 'done')], 1_500)
    expect(bars.all().map(({ from, to }) => [from, to])).toEqual([
      [700, 1_120],
      [1_480, 1_500],
    ])
  })

  test('what waits for a ref still runs', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 300)], 1_000)
    bars.seen('P', [row('a', 0, 'blocked')], 1_500)
    expect(bars.all()[0]).toMatchObject({ to: null })
  })

  test('of a peer that died are lost, those of others run on', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 100)], 1_000)
    bars.seen('Q', [row('a', 100)], 1_000)
    bars.gone('P', 1_200)
    expect(bars.all().map(({ peer, to, end }) => [peer, to, end])).toEqual([
      ['P', 1_200, 'lost'],
      ['Q', null, 'running'],
    ])
  })

  test('old ones go', () => {
    const bars = new Bars()
    bars.seen('P', [row('a', 100, 'done')], 1_000)
    bars.seen('P', [], 1_000 + 6 * 60_000)
    expect(bars.all()).toEqual([])
  })
})

test('as many lanes as ran at once, and no bar lies on another', () => {
  const bars = new Bars()
  bars.seen('P', [row('a', 900), row('b', 500)], 1_000)
  bars.seen('P', [row('b', 700), row('c', 100)], 1_200)
  expect(lanes(bars.all()).map((lane) => lane.map(({ task }) => task))).toEqual([['a', 'c'], ['b']])
  const rows = chartRows(['Q', 'P'], bars.all(), 0)
  expect(rows.map(({ peer, lanes }) => [peer, lanes.length])).toEqual([
    ['Q', 0],
    ['P', 2],
  ])
})
