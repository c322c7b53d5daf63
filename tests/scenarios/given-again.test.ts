// Who was thought dead while it stood still is given its own tasks again by whoever went on with them. What it had asked for is let go
// of and asked for anew at once, under the same names, while answers from before are still on their way.

import { churn, variation } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { replay } from './scenario.ts'

interface Standstills {
  readonly seed: number
  readonly distanceMs: number
  /** p2 computes nothing from then on, for so long. */
  readonly freeze: { readonly at: number; readonly ms: number }
  /** p1, a guardian of both others. */
  readonly sleep: { readonly at: number; readonly ms: number }
}

/** p0 is slow and asks; each task asks for the next one and returns its ref. */
function couriers({ seed, distanceMs, freeze, sleep }: Standstills): Parameters<typeof replay>[0] {
  return {
    seed,
    config: {},
    spreadsCode: true,
    distanceMs,
    isScattered: false,
    seats: [{ name: 'p0', slowness: 10 }, { name: 'p1', memoryBytes: 1_500_000 }, { name: 'p2' }],
    jobs: [
      {
        at: 0,
        host: 'p0',
        work: { kind: 'couriers', count: 1, ms: 1, hops: 6, isFresh: true, boxes: 2, options: {} },
      },
    ],
    faults: [
      { at: 78, kind: 'weather', delayMs: [0, 0], loss: 0.0338, duplication: 1, reordering: false },
      { kind: 'freeze', whom: 'p2', ...freeze },
      { kind: 'sleep', whom: 'p1', ticks: false, ...sleep },
    ],
    safetyMs: 6_143,
    rescuer: {},
  }
}

describe('a task is given again to the peer that had begun it', () => {
  test.each([
    [
      'what one guardian tells of it refers to what the next moment lets go of, and another guardian has yet to answer',
      { seed: 910197, distanceMs: 20, freeze: { at: 703, ms: 3_376 }, sleep: { at: 2_245, ms: 2_457 } },
    ],
    [
      'the same is answered twice, and that the first answer has come says nothing of the second',
      { seed: 910060, distanceMs: 20, freeze: { at: 867, ms: 3_463 }, sleep: { at: 1_735, ms: 2_485 } },
    ],
    [
      'nor when the first came in a conversation that is over',
      { seed: 910170, distanceMs: 14, freeze: { at: 464, ms: 3_545 }, sleep: { at: 1_644, ms: 2_003 } },
    ],
    [
      'it changes its guardians in the moment in which it lets go of something: that is not kept for those who have gone',
      { seed: 910339, distanceMs: 11, freeze: { at: 618, ms: 3_104 }, sleep: { at: 1_577, ms: 1_992 } },
    ],
  ])('%s', (_, standstills) => replay(couriers(standstills)))

  test('a little earlier or later, for a little shorter or longer', () => {
    const first = couriers({
      seed: 910197,
      distanceMs: 20,
      freeze: { at: 703, ms: 3_376 },
      sleep: { at: 2_245, ms: 2_457 },
    })
    for (let nth = 1; nth <= 50; nth++) expect(churn(variation(first, nth)).violation, `variation ${nth}`).toBeNull()
  })
})
