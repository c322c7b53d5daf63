// What a peer remembers of what it did: so much and no more, troubles for longest.

import { describe, expect, it } from 'vitest'
import type { Instant } from '../../src/model/ids.ts'
import { Story } from '../../src/state/story.ts'

const at = (ms: number): Instant => ms as Instant

describe('story', () => {
  it('keeps the latest rows, and troubles when a flood of successes has passed', () => {
    const story = new Story({ storyRows: 10, storyTroubles: 3 })
    story.add({ at: at(1), what: 'asked', id: 'bad' })
    story.add({ at: at(2), what: 'crashed', id: 'bad', attempt: 1, note: 'exit: code 3' })
    story.add({ at: at(3), what: 'failed', id: 'bad', attempt: 1, note: 'it crashed' })
    for (let i = 0; i < 1_000; i++) story.add({ at: at(10 + i), what: 'value', id: `good-${i}` })
    expect(story.size).toBe(12)
    expect(story.rows('bad').map(({ what }) => what)).toEqual(['crashed', 'failed'])
    expect(story.rows('good-0')).toEqual([])
    expect(story.rows('good-999')).toHaveLength(1)
  })

  it('gives rows in the order in which they were written, whichever ring has them', () => {
    const story = new Story({ storyRows: 4, storyTroubles: 4 })
    const written = ['asked', 'given', 'crashed', 'given', 'ran', 'failed'] as const
    written.forEach((what, i) => story.add({ at: at(7), what, id: 'x', attempt: i }))
    expect(story.rows('x').map(({ what }) => what)).toEqual(written)
    const [, , third] = story.rows(null)
    expect(story.rows(null, third?.nth).map(({ attempt }) => attempt)).toEqual([3, 4, 5])
  })
})
