// Work whose tasks ask for nothing themselves: many or large, one after the other or at once.

import type { CallOptions } from './bodies.ts'
import { SimFailure, elapse, get } from './bodies.ts'
import { megabyte } from './functions.ts'
import { Big } from './values.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Some {
  readonly count: number
  readonly ms: number
}

export interface SomeWith extends Some {
  readonly options: CallOptions
}

export const flat: WorkKind<SomeWith> = {
  draw: ({ rng, options, most }) => ({ count: Math.min(most, 5 + rng.below(60)), ms: rng.between(1, 400), options }),
  *main(context, { count, ms, options }) {
    const refs = Array.from({ length: count }, (_, n) => context.call('add', [ms, n, 1], options))
    let sum = 0
    for (const ref of refs) {
      sum += (yield* get(ref)) as number
      context.release(ref)
    }
    return sum
  },
  expected: ({ count }) => total(count) + count,
}

export const tinies: WorkKind<{ readonly count: number }> = {
  draw: ({ rng, most }) => ({ count: Math.min(most, 60 + rng.below(300)) }),
  *main(context, { count }) {
    const refs = Array.from({ length: count }, (_, n) => context.call('tiny', [n]))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count }) => total(count + 1),
}

/** Large objects with a consumer each: copies, transfers, rebuilds. */
export const blocks: WorkKind<SomeWith> = {
  draw: ({ rng, options }) => ({ count: 3 + rng.below(15), ms: rng.between(20, 300), options }),
  *main(context, { count, ms, options }) {
    const made = Array.from({ length: count }, (_, n) => context.call('block', [ms, n, megabyte], options))
    yield* elapse(ms * 4)
    const weighed = made.map((ref) => context.call('weigh', [ms, ref, 2]))
    for (const ref of made) context.release(ref)
    let sum = 0
    for (const ref of weighed) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count }) => total(count) * 2,
}

export const mapReduce: WorkKind<SomeWith & { readonly n: number; readonly copies: number }> = {
  draw: ({ rng, options }) => ({
    count: 4 + rng.below(30),
    ms: rng.between(5, 200),
    n: 1 + rng.below(100),
    copies: 1 + rng.below(3),
    options,
  }),
  *main(context, { count, ms, n, copies, options }) {
    const scene = context.put(new Big({ n }, 20 * megabyte), { copies })
    const parts = Array.from({ length: count }, (_, k) => context.call('weigh', [ms, scene, k], options))
    context.release(scene)
    const sum = context.call('add', [ms, ...parts])
    for (const ref of parts) context.release(ref)
    return yield* get(sum)
  },
  expected: ({ count, n }) => n * total(count),
}

/** More than a peer takes at once: what is too much is refused with a reason, and taken later. */
export const flood: WorkKind<Some> = {
  draw: ({ rng, most }) => ({ count: Math.min(120, most * 6), ms: rng.between(0.1, 2) }),
  *main(context, { count, ms }) {
    const asked = Array.from({ length: count }, (_, n) => ({ n, ref: context.call('add', [ms, n, 1]) }))
    let sum = 0
    for (const { n, ref } of asked) {
      const got = yield { type: 'get', ref }
      if (got.type === 'value') sum += got.value as number
      else if (/maxTasks/.test(got.failure.message)) asked.push({ n, ref: context.call('add', [ms, n, 1]) })
      else throw new SimFailure(got.failure)
    }
    return sum
  },
  expected: ({ count }) => total(count) + count,
}
