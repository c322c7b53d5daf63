// Variations of a plan: the same run a little differently, and again the same from the same number.

import { describe, expect, it } from 'vitest'
import type { Plan } from '@murmuration/sim-peer'
import { churn, planOf, variation } from '@murmuration/sim-peer'

const plan: Plan = {
  seed: 7,
  config: { orphanGraceMs: 5_000 },
  spreadsCode: true,
  distanceMs: 10,
  isScattered: false,
  seats: [
    { name: 'p0', slots: 1 },
    { name: 'p1', slots: 2, slowness: 3 },
  ],
  jobs: [{ at: 100, host: 'p0', work: { kind: 'flat', count: 30, ms: 50, options: { priority: 1 } } }],
  faults: [
    { at: 300, kind: 'weather', delayMs: [1, 4], loss: 0.01, duplication: 0.05, reordering: true },
    { at: 400, kind: 'freeze', whom: { of: ['waking'], pick: 0.1 }, ms: 2_000 },
  ],
  safetyMs: 4_000,
  rescuer: { slots: 1 },
}

describe('variations of a plan', () => {
  it('differ in their times and their seed, and in nothing else', () => {
    const { seed, distanceMs, jobs, faults, ...rest } = variation(plan, 3)
    const [{ at, work } = plan.jobs[0]!] = jobs
    const times = { distanceMs, at, work: work.kind === 'flat' ? work.ms : 0, faults: faults.map((fault) => fault.at) }
    const given = { distanceMs: 10, at: 100, work: 50, faults: [300, 400] }
    expect(times).not.toEqual(given)
    for (const [is, was] of [
      [times.distanceMs, 10],
      [times.at, 100],
      [times.work, 50],
      [times.faults[0], 300],
    ] as const) {
      expect(is).toBeGreaterThanOrEqual(was * 0.7)
      expect(is).toBeLessThan(was * 1.4)
    }
    expect(seed).toBe(3)
    const { config, spreadsCode, isScattered, seats, safetyMs, rescuer } = plan
    expect(rest).toEqual({ config, spreadsCode, isScattered, seats, safetyMs, rescuer })
    expect(jobs).toEqual([{ ...plan.jobs[0], at, work: { ...plan.jobs[0]!.work, ms: times.work } }])
    expect(faults[0]).toEqual({ ...plan.faults[0], at: times.faults[0] })
    expect(faults[1]).toMatchObject({ kind: 'freeze', whom: { of: ['waking'], pick: 0.1 } })
  })

  it('are the same for the same number, and others for another', () => {
    expect(variation(plan, 3)).toEqual(variation(plan, 3))
    expect(variation(plan, 4).faults).not.toEqual(variation(plan, 3).faults)
    expect(churn(variation(plan, 3)).traceHash).toBe(churn(variation(plan, 3)).traceHash)
  })

  // Names of other numbers end like those of times.
  it('ask for the same work', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { jobs } = planOf(seed)
      const varied = variation(planOf(seed), 1).jobs
      for (const [nth, { work }] of jobs.entries()) {
        const { work: other } = varied[nth]!
        const differing = Object.entries(work).filter(
          ([name, value]) => typeof value === 'number' && value !== other[name as never],
        )
        expect(differing.map(([name]) => name).filter((name) => !/^ms$|Ms$/.test(name))).toEqual([])
      }
    }
  })
})
