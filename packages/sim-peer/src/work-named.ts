// Work of a job with a name, which is run again by whoever opens it next: calls of several kinds, each
// with its own id, so that it shows what of it was found and what was done once more.

import { get } from './bodies.ts'
import { megabyte } from './functions.ts'
import type { SimRef } from './values.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export const resumed: WorkKind<{ readonly count: number; readonly ms: number }> = {
  draw: ({ rng }) => ({ count: 4 + rng.below(20), ms: rng.between(1, 300) }),
  *main(context, { count, ms }) {
    const refs: SimRef[] = []
    for (let n = 0; n < count; n++) {
      if (n % 4 === 3) refs.push(context.call('weigh', [ms, context.call('block', [ms, n, megabyte]), 1]))
      else if (n % 4 === 2) refs.push(context.call('family', [ms, n]))
      else refs.push(context.call('add', [ms, n]))
    }
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count }) => {
    const each = Array.from({ length: count }, (_, n) => (n % 4 === 2 ? total(n + 1) : n))
    return each.reduce((sum, n) => sum + n, 0)
  },
}
