// Three hundred seeds are cut into files so that each core has its own.

import { churn } from '@murmuration/sim-peer'
import { expect, it } from 'vitest'

const perCase = 30

/** Cases for these seeds: every promise is kept under each. */
export function keepsEveryPromise(first: number, last: number): void {
  for (let from = first; from <= last; from += perCase) {
    it(`keeps every promise, seeds ${from} to ${from + perCase - 1}`, () => {
      for (let seed = from; seed < from + perCase; seed++) expect(churn(seed).violation, `seed ${seed}`).toBeNull()
    })
  }
}
