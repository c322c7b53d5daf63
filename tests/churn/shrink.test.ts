// A failing seed becomes a small test that fails in the same way. The bug is planted: in this mesh who
// has been away and is back says 41, whatever came of its work.

import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { Plan, Shrunk, SimPeer } from '@murmuration/sim-peer'
import { churn, ddmin, planOf, promiseOf, shrink } from '@murmuration/sim-peer'
import { replay } from '../scenarios/scenario.ts'
import { scenario } from './print.ts'

function absentminded(peer: SimPeer): void {
  if (peer.life.endsWith('/1')) return
  const event = peer.event.bind(peer)
  const bytes = new TextEncoder().encode('41')
  peer.event = (happened) => {
    const isValue = happened.type === 'done' && happened.outcome.type === 'inline'
    event(isValue ? { ...happened, outcome: { type: 'inline', bytes, refs: [] } } : happened)
  }
}

/** Much is done to it, and only one of these things matters. */
const noisy: Plan = {
  seed: 1,
  config: { orphanGraceMs: 5_000, maxCodes: 2 },
  spreadsCode: true,
  distanceMs: 12.3,
  isScattered: true,
  seats: [
    { name: 'p0', slots: 0, rate: 1.004 },
    { name: 'p1', slots: 2, labels: { zone: 'a' } },
    { name: 'p2', slots: 0 },
    { name: 'p3', slots: 0, slowness: 10 },
  ],
  jobs: [
    { at: 0, host: 'p0', work: { kind: 'flat', count: 30, ms: 123.4, options: { priority: 1 } } },
    { at: 512.5, host: { of: ['host'], pick: 0.6 }, work: { kind: 'tinies', count: 80 } },
    { at: 900.1, host: 'p0', work: { kind: 'unpacked', boxes: 2, count: 2, hops: 1, ms: 10 } },
  ],
  faults: [
    { at: 100.5, kind: 'reset', from: { of: ['waking'], pick: 0.1 }, to: { of: ['waking'], pick: 0.9 } },
    { at: 310.2, kind: 'freeze', whom: 'p2', ms: 2_000 },
    { at: 700.7, kind: 'restart', whom: { of: ['working'], pick: 0.5 }, ms: 250.5 },
    { at: 800.1, kind: 'kill', whom: { of: ['dead', 'victim'], pick: 0.9 } },
    { at: 1_200.3, kind: 'cut', side: ['p3'], oneWay: true, ms: 1_500 },
    { at: 1_300.3, kind: 'weather', delayMs: [1, 4], loss: 0.01, duplication: 0.05, reordering: true },
  ],
  safetyMs: 4_000.4,
  rescuer: { slots: 1, labels: { zone: 'b' } },
}

/** What a file with that text in it would do, `it` and `replay` being what it imports. */
function pasted(text: string, play: (plan: Plan) => void): void {
  const body = text.replaceAll(/^import .*$/gm, '')
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- the printed text is what is tested
  const file = new Function('it', 'replay', body) as (it: unknown, replay: unknown) => void
  file((_title: string, test: () => void) => test(), play)
}

describe('shrinking', () => {
  const spoil = absentminded
  const found = churn(noisy, { spoil }).violation ?? ''
  const shrunk = shrink(noisy, { spoil }) as Shrunk

  it('leaves no more than it takes to break the same promise', () => {
    expect(found).not.toBe('')
    expect(promiseOf(shrunk.violation)).toBe(promiseOf(found))
    const { seats, jobs, faults } = shrunk.plan
    expect(seats.length).toBeLessThanOrEqual(2)
    expect(jobs.length).toBe(1)
    expect(faults.map(({ kind }) => kind)).toEqual(['restart'])
  })

  it('prints a test that fails for the same reason when it is pasted, and passes without the bug', () => {
    const text = scenario(shrunk)
    const plans: Plan[] = []
    pasted(text, (plan) => void plans.push(plan))
    expect(plans).toEqual([shrunk.plan])
    const again = churn(plans[0] as Plan, { spoil }).violation
    expect(promiseOf(again ?? '')).toBe(promiseOf(found))
    expect(() => pasted(text, (plan) => replay(plan, { spoil }))).toThrow()
    pasted(text, replay)
  })

  it('has nothing to do where nothing is broken', () => {
    expect(shrink(noisy)).toBeNull()
  })
})

describe('a plan', () => {
  it('is data: written down and read again it gives the same run', () => {
    for (const seed of [2, 11]) {
      const plan = JSON.parse(JSON.stringify(planOf(seed))) as Plan
      expect(churn(plan).traceHash).toBe(churn(seed).traceHash)
    }
  })

  it('gives the same run with everybody named whom its faults were aimed at', () => {
    for (const seed of [2, 6, 14, 23, 37]) {
      const { pinned, traceHash, faults } = churn(seed)
      const again = churn(pinned)
      expect(again.traceHash).toBe(traceHash)
      expect(again.faults).toEqual(faults)
    }
  })
})

describe('delta debugging', () => {
  const items = Array.from({ length: 20 }, (_, n) => n)

  it('finds exactly what it takes, wherever it stands', () => {
    fc.assert(
      fc.property(fc.subarray(items), (needed) => {
        const does = (fewer: readonly number[]): boolean => needed.every((item) => fewer.includes(item))
        expect(ddmin(items, does)).toEqual(needed)
      }),
    )
  })

  it('leaves nothing that could go alone', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(items, { minLength: 1 }), { minLength: 1, maxLength: 4 }), (ways) => {
        const does = (fewer: readonly number[]): boolean =>
          ways.some((way) => way.every((item) => fewer.includes(item)))
        const kept = ddmin(items, does)
        expect(does(kept)).toBe(true)
        for (const item of kept) expect(does(kept.filter((other) => other !== item))).toBe(false)
      }),
    )
  })
})
