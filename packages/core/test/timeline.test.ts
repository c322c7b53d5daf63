// Rows of several peers as a trace that viewers draw: nothing overlaps on a track, arrows begin and end in
// slices, and what a dead peer cannot tell is there as its owner knows it.

import { describe, expect, it } from 'vitest'
import type { Told } from '../src/asking.ts'
import type { LifeId } from '../src/model/ids.ts'
import type { InspectRow } from '../src/model/messages.ts'
import { traceOf } from '../src/timeline.ts'
import type { TraceEvent } from '../src/trace-event.ts'

const now = 10_000

/** Rows by the time at which they were, as told at `now`. */
function told(name: string, rows: readonly (InspectRow & { readonly at: number })[]): Told {
  const full = rows.map(({ at, ...row }, nth) => ({
    nth: nth + 1,
    agoMs: now - at,
    id: 't',
    attempt: 1,
    peer: null,
    fn: 'render',
    ms: 0,
    worker: -1,
    note: null,
    ...row,
  }))
  return { name, life: `${name}/1` as LifeId, rows: full, askedAt: now, answeredAt: now }
}

const of = (events: readonly TraceEvent[], ph: TraceEvent['ph']): TraceEvent[] => events.filter((e) => e.ph === ph)

describe('timeline', () => {
  const { traceEvents } = traceOf(
    [
      told('owner', [
        { at: 1_000, what: 'asked', attempt: 0 },
        { at: 1_010, what: 'given', peer: 'victim' },
        { at: 1_500, what: 'died', id: 'peer-id', peer: 'victim', note: 'silent' },
        { at: 1_500, what: 'retried', peer: 'victim', note: 'peer victim died' },
        { at: 1_600, what: 'given', attempt: 2, peer: 'worker' },
        { at: 2_100, what: 'value', attempt: 2, peer: 'worker' },
      ]),
      told('worker', [
        { at: 1_520, what: 'died', id: 'peer-id', peer: 'victim', note: 'silent' },
        { at: 1_610, what: 'started', attempt: 2, worker: 0 },
        { at: 2_090, what: 'ran', attempt: 2, worker: 0, ms: 470 },
        // Three of a batch, told at once.
        { at: 3_000, what: 'ran', id: 'a', worker: 1, ms: 10, fn: 'tiny' },
        { at: 3_000, what: 'ran', id: 'b', worker: 1, ms: 10, fn: 'tiny' },
        { at: 3_000, what: 'threw', id: 'c', worker: 1, ms: 10, fn: 'tiny', note: 'Error: no' },
        { at: 9_000, what: 'started', id: 'd', worker: 1, fn: 'long' },
      ]),
    ],
    now,
  )
  const slices = of(traceEvents, 'X')
  const pids = new Map(
    of(traceEvents, 'M')
      .filter(({ name }) => name === 'process_name')
      .map(({ args, pid }) => [args?.['name'], pid]),
  )

  it('has a process for every peer, the dead one too, and a slice for every attempt', () => {
    expect(new Set(pids.keys())).toEqual(new Set(['owner', 'victim', 'worker']))
    const drawn = slices.map(({ name, pid, ts, dur }) => [name, pid, ts, dur])
    expect(drawn).toEqual(
      expect.arrayContaining([
        ['render (attempt 2)', pids.get('worker'), 620_000, 470_000],
        ['render (lost, attempt 1)', pids.get('victim'), 10_000, 490_000],
        ['tiny (threw, attempt 1)', pids.get('worker'), 1_990_000, 10_000],
        ['long (running, attempt 1)', pids.get('worker'), 8_000_000, 1_000_000],
      ]),
    )
    expect(slices).toHaveLength(6)
  })

  it('draws nothing over another on one track', () => {
    const tracks = new Map<string, TraceEvent[]>()
    for (const slice of slices) {
      const key = `${slice.pid} ${slice.tid}`
      tracks.set(key, [...(tracks.get(key) ?? []), slice])
    }
    for (const track of tracks.values()) {
      track.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0))
      for (const [i, { ts = 0 }] of track.entries()) {
        const before = track[i - 1]
        if (before) expect(ts).toBeGreaterThanOrEqual((before.ts ?? 0) + (before.dur ?? 0))
      }
    }
  })

  it('draws a retry as an arrow from slice to slice', () => {
    const [start] = of(traceEvents, 's')
    const [finish] = of(traceEvents, 'f')
    expect(start).toMatchObject({ name: 'retry', id: finish?.id, pid: pids.get('victim') })
    expect(finish).toMatchObject({ name: 'retry', bp: 'e', pid: pids.get('worker'), ts: 620_000 })
    const around = slices.find(({ pid, tid }) => pid === start?.pid && tid === start?.tid)
    expect(start?.ts).toBeGreaterThanOrEqual(around?.ts ?? 0)
    expect(start?.ts).toBeLessThan((around?.ts ?? 0) + (around?.dur ?? 0))
  })

  it('marks a death once, when the first has noticed', () => {
    const deaths = of(traceEvents, 'i')
    expect(deaths).toMatchObject([{ name: 'victim died', s: 'g', pid: pids.get('victim'), ts: 500_000 }])
  })
})

it('an actor is a slice of its own track with its calls inside, and an arrow to where it lived next', () => {
  const actor = { id: 'a', fn: 'Counter', worker: 1_000_000 }
  const { traceEvents } = traceOf(
    [
      told('first', [
        { at: 1_200, what: 'ran', id: 'c1', fn: 'add', worker: 1_000_000, ms: 100 },
        { at: 1_400, what: 'ran', id: 'c2', fn: 'add', worker: 1_000_000, ms: 100 },
        { at: 2_000, what: 'gave-back', ...actor, ms: 1_000, note: 'its host leaves' },
      ]),
      told('second', [
        { at: 2_100, what: 'started', ...actor, attempt: 2 },
        { at: 3_000, what: 'ran', id: 'c3', fn: 'add', worker: 1_000_000, ms: 100 },
      ]),
    ],
    now,
  )
  const drawn = of(traceEvents, 'X').map(({ name, ts, dur = 0 }) => [name, ts / 1_000, dur / 1_000])
  expect(drawn).toEqual(
    expect.arrayContaining([
      ['Counter (gave-back, attempt 1)', 0, 1_000],
      ['add', 100, 100],
      ['add', 300, 100],
      ['Counter (running, attempt 2)', 1_100, now - 2_100],
      ['add', 1_900, 100],
    ]),
  )
  expect(of(traceEvents, 's').map(({ name }) => name)).toEqual(['move'])
  expect(of(traceEvents, 'M').map(({ args }) => args?.['name'])).toContain('actor 0')
})
