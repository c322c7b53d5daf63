// Work that does not end in values alone: tasks that fail, that nobody can run, that are not wanted any
// more, that are stopped or run out of time. How each of them ends is known as well.

import type { Body, CallOptions, Context } from './bodies.ts'
import { SimFailure, elapse, get } from './bodies.ts'
import { away, megabyte } from './functions.ts'
import type { SimRef } from './values.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Some {
  readonly count: number
  readonly ms: number
}

/** Application errors are outcomes, not faults: they arrive once, as they were thrown. */
export const failures: WorkKind<Some> = {
  draw: ({ rng }) => ({ count: 2 + rng.below(10), ms: rng.between(1, 100) }),
  *main(context, { count, ms }) {
    const seen: string[] = []
    const refs = Array.from({ length: count }, (_, n) => context.call('fail', [ms, `no ${n}`], { retries: -1 }))
    const after = context.call('add', [ms, refs[0], 1])
    for (const ref of [...refs, after]) {
      const got = yield { type: 'get', ref }
      if (got.type === 'failure' && context.excuses(got.failure)) throw new SimFailure(got.failure)
      seen.push(got.type === 'failure' ? got.failure.code : 'a value')
    }
    return seen.join(' ')
  },
  expected: ({ count }) => [...Array.from({ length: count }, () => 'TASK_FAILED'), 'ARGUMENT_FAILED'].join(' '),
}

/** What nobody could ever run is said to be so, in time, and holds up nothing. */
export const unplaceable: WorkKind<{ readonly count: number; readonly needs: NonNullable<CallOptions['needs']> }> = {
  draw: ({ rng }) => ({
    needs: rng.pick([{ labels: { zone: 'nowhere' } }, { resources: { gpu: 99 } }, { slots: 99 }]) as object,
    count: 1 + rng.below(4),
  }),
  *main(context, { count, needs }) {
    const refs = Array.from({ length: count }, (_, n) => context.call('add', [1, n, 1], { needs }))
    const easy = context.call('add', [1, 1, 1])
    const seen: unknown[] = [yield* get(easy)]
    for (const ref of refs) {
      const got = yield { type: 'get', ref }
      seen.push(got.type === 'failure' ? got.failure.code : 'a value')
    }
    return seen.join(' ')
  },
  expected: ({ count }) => [2, ...Array.from({ length: count }, () => 'UNPLACEABLE')].join(' '),
}

/** Fails twice by itself, whatever else happens to it. */
export const flaky: WorkKind<Some> = {
  draw: ({ rng }) => ({ count: 2 + rng.below(8), ms: rng.between(1, 100) }),
  *main(context, { count, ms }) {
    const options = { retries: 30, retryErrors: [{ text: 'RangeError' }] }
    const refs = Array.from({ length: count }, (_, n) => context.call('flaky', [ms, n], options))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count }) => total(count),
}

/** Asked for and not wanted any more: handles dropped at once, or soon, or with a cancel. */
export const brief: WorkKind<Some & { readonly options: CallOptions }> = {
  draw: ({ rng, options }) => ({ count: 4 + rng.below(20), ms: rng.between(1, 800), options }),
  *main(context, { count, ms, options }) {
    for (let n = 0; n < count; n++) {
      const ref = context.call(n % 2 === 0 ? 'block' : 'family', n % 2 === 0 ? [ms, n, megabyte] : [ms, 3], options)
      if (n % 3 === 0) context.cancel(ref, 'never mind')
      if (n % 4 === 0) yield* elapse(ms / 2)
      context.release(ref)
    }
    return yield* get(context.call('add', [ms, 1, 1]))
  },
  expected: () => 2,
}

/** Some are cancelled: each of those ends as cancelled or was done before, the others are untouched. */
export const cancels: WorkKind<Some & { readonly waitMs: number }> = {
  draw: ({ rng }) => {
    const ms = rng.between(5, 1_500)
    return { count: 4 + rng.below(16), ms, waitMs: rng.between(0, 2) * ms }
  },
  *main(context, { count, ms, waitMs }) {
    const refs = Array.from({ length: count }, (_, n) =>
      n % 2 === 0 ? context.call('add', [ms, n, 1]) : context.call('family', [ms, n]),
    )
    yield* elapse(waitMs)
    for (const [n, ref] of refs.entries()) {
      if (n % 3 === 0) context.cancel(ref, 'changed my mind')
      else if (n % 7 === 1) yield { type: 'stop', ref, reason: 'stop it' }
    }
    for (const [n, ref] of refs.entries())
      yield* expectOr(context, ref, {
        value: n % 2 === 0 ? n + 1 : total(n + 1),
        codes: n % 3 === 0 || n % 7 === 1 ? ['TASK_CANCELLED'] : [],
      })
    return 'as told'
  },
  expected: () => 'as told',
}

/** Tasks that other peers answer for are stopped: whoever asked is told when they have. */
export const strays: WorkKind<Some & { readonly isAway: boolean }> = {
  draw: ({ rng }) => ({ count: 2 + rng.below(6), ms: rng.between(50, 3_000), isAway: rng.next() < 0.7 }),
  *main(context, { count, ms, isAway }) {
    const litter = context.call('litter', [ms, count], isAway ? away(context, {}) : {})
    const refs = (yield* get(litter)) as SimRef[]
    for (const [n, ref] of refs.entries()) if (n % 2 === 0) yield { type: 'stop', ref, reason: 'not this one' }
    for (const [n, ref] of refs.entries())
      yield* expectOr(context, ref, { value: n + 1, codes: n % 2 === 0 ? ['TASK_CANCELLED'] : [] })
    return 'as told'
  },
  expected: () => 'as told',
}

/** What takes longer than it may ends as timed out; a peer that stood still meanwhile may find both at once. */
export const timeouts: WorkKind<{ readonly count: number; readonly isStopped: boolean }> = {
  draw: ({ rng }) => ({ count: 2 + rng.below(6), isStopped: rng.next() < 0.5 }),
  *main(context, { count, isStopped }) {
    const refs = Array.from({ length: count }, (_, n) =>
      n % 2 === 0
        ? context.call('add', [60_000, n, 1], { timeoutMs: 200 })
        : context.call('add', [60_000, n, 1], { attemptTimeoutMs: 100, retries: 1 }),
    )
    if (isStopped) yield* elapse(200)
    if (isStopped) yield { type: 'stop', ref: refs[0] as SimRef, reason: 'too late' }
    // With its last retry spent on a lost peer, that is what it failed of.
    const codes = ['TASK_TIMEOUT', 'PEER_DIED', 'WORKER_DIED', 'TASK_CANCELLED']
    for (const [n, ref] of refs.entries()) yield* expectOr(context, ref, { value: n + 1, codes })
    return 'in time'
  },
  expected: () => 'in time',
}

/** That value, or an end of one of these kinds. */
function* expectOr(
  context: Context,
  ref: SimRef,
  { value, codes }: { readonly value: unknown; readonly codes: readonly string[] },
): Body {
  const got = yield { type: 'get', ref }
  if (got.type === 'value' ? got.value === value : codes.includes(got.failure.code)) return
  if (got.type === 'failure' && context.excuses(got.failure)) throw new SimFailure(got.failure)
  throw new Error(`expected ${String(value)}, got ${JSON.stringify(got)}`)
}
