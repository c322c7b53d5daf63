// Work with actors: callers on several peers, hosts that die. What a counter replies tells whether every call was
// applied, once, in order.

import type { Body, Context, SpawnOptions } from './bodies.ts'
import { SimFailure, get } from './bodies.ts'
import type { SimRef } from './values.ts'
import type { WorkKind } from './work-kind.ts'

export interface Counting {
  readonly callers: number
  readonly times: number
  readonly ms: number
  readonly everyCalls: number
}

const lasting: SpawnOptions = { onceOnly: true, retries: -1 }

/** Whatever dies, every call is applied once: the replies are 1, 2, 3 …, and each caller sees its own grow. */
export const tallies: WorkKind<Counting> = {
  draw: ({ rng }) => ({
    callers: 1 + rng.below(4),
    times: 1 + rng.below(12),
    ms: rng.next() < 0.5 ? 0 : rng.between(0, 40),
    everyCalls: rng.pick([1, 3, 100]) as number,
  }),
  *main(context, { callers, times, ms, everyCalls }) {
    const actor = context.spawn('Counter', [0], { ...lasting, everyCalls })
    const others = Array.from({ length: callers }, () => context.call('bump', [{ actor }, times, ms]))
    const own = Array.from({ length: times }, () => context.send(actor, 'add', [ms, 1], { retries: -1 }))
    const seen: number[][] = []
    const mine: number[] = []
    for (const ref of own) mine.push((yield* get(ref)) as number)
    seen.push(mine)
    for (const ref of others) seen.push((yield* get(ref)) as number[])
    const total = (yield* get(context.send(actor, 'read', [], { retries: -1 }))) as number
    for (const replies of seen)
      if (replies.some((reply, at) => at > 0 && reply <= (replies[at - 1] as number)))
        return `a caller saw ${replies.join(' ')}`
    const all = seen.flat().sort((a, b) => a - b)
    const isWhole = all.length === total && all.every((reply, at) => reply === at + 1)
    return isWhole ? 'each once' : `${all.join(' ')} of ${total}`
  },
  expected: () => 'each once',
}

/** Money moves between accounts, by tasks that may run more than once: none is lost, none is made. */
export const bank: WorkKind<{ readonly moves: readonly (readonly [from: number, to: number, amount: number])[] }> = {
  draw: ({ rng, most }) => {
    const accounts = 2 + rng.below(5)
    const moves = Array.from({ length: Math.min(most, 4 + rng.below(40)) }, () => {
      const from = rng.below(accounts)
      return [from, (from + 1 + rng.below(accounts - 1)) % accounts, 1 + rng.below(60)] as const
    })
    return { moves }
  },
  *main(context, { moves }) {
    const count = 1 + Math.max(...moves.flatMap(([from, to]) => [from, to]))
    const accounts = Array.from({ length: count }, () => context.spawn('Account', [100], lasting))
    const refs = moves.map(([from, to, amount]) =>
      context.call('transfer', [{ from: accounts[from], to: accounts[to] }, amount]),
    )
    let made = 0
    for (const ref of refs) if ((yield* get(ref)) === true) made++
    let sum = 0
    let deposits = 0
    for (const account of accounts) {
      const [amount, times] = (yield* get(context.send(account, 'read', [], { retries: -1 }))) as [number, number]
      sum += amount
      deposits += times
    }
    return sum === 100 * count && deposits === made ? 'balanced' : `${sum} of ${100 * count}, ${deposits} of ${made}`
  },
  expected: () => 'balanced',
}

/** Calls that are made once at most: those that reply are counted, of the others it is said that they may not have run. */
export const fragile: WorkKind<Pick<Counting, 'times' | 'ms'> & { readonly restarts: number }> = {
  draw: ({ rng }) => ({ times: 2 + rng.below(20), ms: rng.between(0, 60), restarts: rng.pick([0, 1, -1]) as number }),
  *main(context, { times, ms, restarts }) {
    const actor = context.spawn('Tally', [0], { retries: restarts })
    const refs = Array.from({ length: times }, () => context.send(actor, 'add', [ms, 1]))
    let before = 0
    for (const ref of refs) {
      const got = yield { type: 'get', ref }
      if (got.type === 'failure') yield* check(context, got.failure)
      else if ((got.value as number) <= 0) return `a reply of ${String(got.value)}`
      else before = got.value as number
    }
    return before > times ? `${before} of ${times}` : 'as told'
  },
  expected: () => 'as told',
}

// oxlint-disable-next-line require-yield -- a body like the others
function* check(context: Context, failure: SimFailure['failure']): Body {
  if (['ACTOR_UNAVAILABLE', 'ACTOR_DIED'].includes(failure.code)) return
  if (context.excuses(failure)) throw new SimFailure(failure)
  throw new Error(`an actor that ends says ${failure.code}: ${failure.message}`)
}

/** It keeps refs, and hands them out again when whoever brought them has long let go. */
export const shelves: WorkKind<{ readonly count: number; readonly ms: number }> = {
  draw: ({ rng }) => ({ count: 1 + rng.below(6), ms: rng.between(1, 60) }),
  *main(context, { count, ms }) {
    const actor = context.spawn('Shelf', [], lasting)
    const retries = { retries: -1 }
    for (let n = 0; n < count; n++) {
      const ref = n % 3 === 2 ? null : n % 3 === 0 ? context.put({ n }) : context.call('block', [ms, n, 100])
      if (ref) yield* get(context.send(actor, 'keep', [{ refs: [ref] }], retries))
      else yield* get(context.send(actor, 'make', [ms, n], retries))
      if (ref) context.release(ref)
    }
    const { refs } = (yield* get(context.send(actor, 'all', [], retries))) as { refs: SimRef[] }
    let sum = 0
    for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  },
  expected: ({ count }) => (count * (count - 1)) / 2,
}

/** It is ended on purpose, or could not be made: its calls say so. */
export const ended: WorkKind<{ readonly times: number; readonly ms: number; readonly isBroken: boolean }> = {
  draw: ({ rng }) => ({ times: 1 + rng.below(6), ms: rng.between(5, 200), isBroken: rng.next() < 0.4 }),
  *main(context, { times, ms, isBroken }) {
    const actor = context.spawn(isBroken ? 'Broken' : 'Counter', [0], { retries: -1 })
    const refs = Array.from({ length: times }, () => context.send(actor, 'add', [ms, 1]))
    yield { type: 'stop', ref: actor, reason: 'enough' }
    refs.push(context.send(actor, 'add', [ms, 1]))
    for (const ref of refs) {
      const got = yield { type: 'get', ref }
      if (got.type === 'failure') yield* check(context, got.failure)
      else if (isBroken || ref === refs.at(-1)) return `a dead actor replied ${String(got.value)}`
    }
    return 'as told'
  },
  expected: () => 'as told',
}
