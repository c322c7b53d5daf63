// Work whose point is who holds what: refs inside values and specs, copies that are waited for, refs
// that other peers answer for and that are kept for a while.

import type { CallOptions, Got, Wait } from './bodies.ts'
import { SimFailure, durable, elapse, get } from './bodies.ts'
import { away, elsewhereIfFull, megabyte, sumOf } from './functions.ts'
import { Big } from './values.ts'
import type { SimRef } from './values.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Some {
  readonly count: number
  readonly ms: number
}

/** Refs inside values, read by the program and by another task. */
export const nested: WorkKind<Some & { readonly isAway: boolean; readonly options: CallOptions }> = {
  draw: ({ rng, options }) => ({
    count: 2 + rng.below(6),
    ms: rng.between(5, 100),
    isAway: rng.next() < 0.5,
    options,
  }),
  *main(context, { count, ms, isAway, options }) {
    const list = context.call('spread', [ms, count], isAway ? away(context, options) : options)
    const there = context.call('gather', [list], isAway ? away(context, elsewhereIfFull) : elsewhereIfFull)
    const sum = yield* sumOf((yield* get(list)) as SimRef[])
    return sum + ((yield* get(there)) as number)
  },
  expected: ({ count }) => total(count) * 2,
}

/** A queued spec is all that holds what it has inside. */
export const dropped: WorkKind<Some> = {
  draw: ({ rng }) => ({ count: 4 + rng.below(12), ms: rng.between(50, 500) }),
  *main(context, { count, ms }) {
    const refs: SimRef[] = []
    for (let n = 0; n < count; n++) {
      const inside = context.put(new Big({ n }, n % 2 === 0 ? 100 : megabyte))
      refs.push(context.call('late', [ms, { refs: [inside] }], elsewhereIfFull))
      context.release(inside)
    }
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count }) => total(count),
}

/** Copies are waited for; then whoever likes may die, a little later they are read. */
export const keepsakes: WorkKind<Some & { readonly copies: number; readonly pauseMs: number }> = {
  draw: ({ rng }) => ({
    count: 1 + rng.below(6),
    copies: 1 + rng.below(3),
    ms: rng.between(5, 50),
    pauseMs: rng.between(500, 6_000),
  }),
  *main(context, { count, copies, ms, pauseMs }) {
    const refs: SimRef[] = []
    for (let n = 0; n < count; n++)
      refs.push(
        n % 2 === 0
          ? context.put(new Big({ n }, megabyte), { copies })
          : context.call('block', [ms, n, megabyte], { copies }),
      )
    for (const ref of refs) yield* durableIfCan(ref)
    yield* elapse(pauseMs)
    return yield* sumOf(refs)
  },
  expected: ({ count }) => total(count),
}

/** Where there are too few peers, or too little room, there are fewer copies. */
function* durableIfCan(ref: SimRef): Generator<Wait, void, Got> {
  try {
    yield* durable(ref)
  } catch (error) {
    if (!(error instanceof SimFailure) || error.failure.code !== 'UNPLACEABLE') throw error
  }
}

export interface Souvenirs extends Some {
  readonly pauseMs: number
  readonly isAway: boolean
  readonly options: CallOptions
}

export interface Stashes extends Some {
  readonly copies: number
  readonly pauseMs: number
  readonly rebuilds: number
}

/** What tasks put, from what others put: kept for a while, and put again by the task when all its copies are gone. */
export const stashes: WorkKind<Stashes> = {
  draw: ({ rng }) => ({
    count: 1 + rng.below(4),
    copies: rng.next() < 0.7 ? 1 : 2,
    ms: rng.between(5, 300),
    pauseMs: rng.between(500, 6_000),
    rebuilds: rng.next() < 0.9 ? -1 : 2,
  }),
  *main(context, { count, copies, ms, pauseMs, rebuilds }) {
    const options = away(context, { ...elsewhereIfFull, rebuilds })
    const below = context.call('stash', [ms, { count, copies }], options)
    const blocks = (yield* get(below)) as SimRef[]
    context.release(below)
    yield* elapse(pauseMs / 2)
    const above = context.call('stash', [ms, { count, copies }, ...blocks], options)
    const refs = (yield* get(above)) as SimRef[]
    context.release(above)
    for (const ref of blocks) context.release(ref)
    yield* elapse(pauseMs)
    return yield* sumOf(refs)
  },
  // Each of the upper ones has all the lower ones in it.
  expected: ({ count }) => total(count) * (1 + count),
}

/** Refs that other peers answer for, kept for a while before they are read. */
export const souvenirs: WorkKind<Souvenirs> = {
  draw: ({ rng, options }) => ({
    count: 2 + rng.below(5),
    ms: rng.between(1, 50),
    pauseMs: rng.between(1_000, 8_000),
    isAway: rng.next() < 0.7,
    options,
  }),
  *main(context, { count, ms, pauseMs, isAway, options }) {
    const there = isAway ? away(context, options) : options
    const lists = [0, 1].map((n) => context.call('spread', [ms + n, count], there))
    const refs: SimRef[] = []
    for (const list of lists) {
      refs.push(...((yield* get(list)) as SimRef[]))
      context.release(list)
    }
    yield* elapse(pauseMs)
    return yield* sumOf(refs)
  },
  expected: ({ count }) => total(count) * 2,
}
