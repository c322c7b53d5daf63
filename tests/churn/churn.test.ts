// Whole simulated meshes under churn. Every seed draws its own sizes, workloads, weather and faults;
// the invariants are checked all along, and in the end every job has its right answer and every
// table is empty. `npm run churn` runs as many more as one likes.

import { describe, expect, it } from 'vitest'
import { churn } from '@murmuration/sim-peer'
import { keepsEveryPromise } from './keeps.ts'

describe('churn', () => {
  keepsEveryPromise(1, 150)

  it('runs the same way twice from one seed', () => {
    for (const seed of [3, 7, 19, 46]) expect(churn(seed).traceHash).toBe(churn(seed).traceHash)
  })

  it('runs another way from another seed', () => {
    expect(churn(3).traceHash).not.toBe(churn(4).traceHash)
  })
})
