// Stories of several peers as one: whatever their clocks say, nothing comes before what it follows from.

import { describe, expect, it } from 'vitest'
import type { Told } from '../src/asking.ts'
import type { LifeId } from '../src/model/ids.ts'
import { mergeStories } from '../src/story.ts'

interface Line {
  readonly what: string
  readonly agoMs: number
  readonly attempt?: number
}

/** Asked at 1000 of our clock, answered after the round trip. */
function told(name: string, roundTripMs: number, lines: readonly Line[]): Told {
  const rows = lines.map(({ what, agoMs, attempt = 0 }, nth) => ({
    nth,
    what,
    agoMs,
    attempt,
    id: 'task',
  }))
  return { name, life: `${name}/1` as LifeId, rows, askedAt: 1_000, answeredAt: 1_000 + roundTripMs }
}

describe('stories', () => {
  it('are put on one clock by how long ago each thing was', () => {
    const lines = mergeStories(
      [
        told('owner', 0, [
          { what: 'asked', agoMs: 900 },
          { what: 'given', agoMs: 800, attempt: 1 },
          { what: 'value', agoMs: 100, attempt: 1 },
        ]),
        told('worker', 20, [
          { what: 'started', agoMs: 710, attempt: 1 },
          { what: 'ran', agoMs: 210, attempt: 1 },
        ]),
      ],
      0,
    )
    expect(lines.map(({ what }) => what)).toEqual(['asked', 'given', 'started', 'ran', 'value'])
    expect(lines.map(({ sinceMs }) => sinceMs)).toEqual([0, 100, 200, 700, 800])
    expect(lines[0]?.at).toBe(100)
  })

  it('keep cause before effect where the clocks cannot tell', () => {
    const lines = mergeStories(
      [
        // Its answer took two seconds, nearly all of it on the way to it: what it tells comes out much too early.
        told('worker', 2_000, [
          { what: 'started', agoMs: 1_900, attempt: 1 },
          { what: 'crashed', agoMs: 1_880, attempt: 1 },
        ]),
        told('owner', 0, [
          { what: 'asked', agoMs: 500 },
          { what: 'given', agoMs: 450, attempt: 1 },
          { what: 'retried', agoMs: 430, attempt: 1 },
          { what: 'given', agoMs: 400, attempt: 2 },
        ]),
      ],
      0,
    )
    expect(lines.map(({ what, attempt }) => `${what} ${attempt}`)).toEqual([
      'asked 0',
      'given 1',
      'started 1',
      'crashed 1',
      'retried 1',
      'given 2',
    ])
  })
})
