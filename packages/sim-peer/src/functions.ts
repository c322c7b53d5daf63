// The task bodies that every workload draws from: plain functions with a cost, some of which fail, ask
// for children, hand refs on, or return them.

import type { Body, CallOptions, Context, Got, Wait } from './bodies.ts'
import { elapse, get } from './bodies.ts'
import { Big } from './values.ts'
import type { SimRef } from './values.ts'
import type { SimWorld } from './world.ts'

export const megabyte = 1_000_000
/** A task that reads a ref where there is no room for it is told so, and may be run somewhere else. */
export const elsewhereIfFull: CallOptions = { retries: 30, retryErrors: [{ text: 'OVERLOADED' }] }

/** Anywhere with room but here, and if possible not where it has been: every peer has its name as a label. */
export function away(
  { at }: Context,
  { seen, ...options }: CallOptions & { readonly seen?: readonly string[] },
): CallOptions {
  const prefer = seen ? { labels: notAt(seen) } : {}
  return { ...options, prefer, needs: { labels: notAt([at]), memoryBytes: 100 * megabyte } }
}

function notAt(names: readonly string[]): Record<string, { readonly not: string }> {
  return Object.fromEntries(names.map((name) => [`is ${name}`, { not: 'yes' }]))
}

export function defineFunctions(world: SimWorld): void {
  defineLeaves(world)
  defineParents(world)
  defineCarriers(world)
}

/** They ask for nothing. */
function defineLeaves(world: SimWorld): void {
  world.define('add', function* (_context: Context, ms: number, ...numbers: number[]) {
    yield* elapse(ms)
    return numbers.reduce((sum, number) => sum + number, 0)
  })
  // oxlint-disable-next-line require-yield -- a body that takes no time at all
  world.define('tiny', function* (_context: Context, x: number) {
    return x + 1
  })
  world.define('block', function* (_context: Context, ms: number, n: number, size: number) {
    yield* elapse(ms)
    return new Big({ n }, size)
  })
  world.define('join', function* (_context: Context, ms: number, ...blocks: { n: number }[]) {
    yield* elapse(ms)
    return new Big({ n: blocks.reduce((sum, block) => sum + block.n, 0) }, megabyte)
  })
  world.define('weigh', function* (_context: Context, ms: number, block: { n: number }, factor: number) {
    yield* elapse(ms)
    return block.n * factor
  })
  world.define('fail', function* (_context: Context, ms: number, text: string) {
    yield* elapse(ms)
    throw new RangeError(text)
  })
  world.define('flaky', function* (context: Context, ms: number, n: number) {
    yield* elapse(ms)
    if (context.attempt < 3) throw new RangeError(`flaky ${context.attempt}`)
    return n
  })
}

/** They wait for children. */
function defineParents(world: SimWorld): void {
  world.define('family', function* (context: Context, ms: number, children: number): Body {
    const refs = Array.from({ length: children }, (_, n) => context.call('add', [ms, n, 1]))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  world.define('fib', function* (context: Context, ms: number, n: number): Body {
    yield* elapse(ms)
    if (n < 2) return n
    const left = context.call('fib', [ms, n - 1])
    const right = context.call('fib', [ms, n - 2])
    return ((yield* get(left)) as number) + ((yield* get(right)) as number)
  })
  world.define('descend', function* (context: Context, ms: number, n: number): Body {
    yield* elapse(ms)
    return n === 0 ? 0 : ((yield* get(context.call('descend', [ms, n - 1]))) as number) + 1
  })
}

/** How far a box travels, how long it stays, where it was before if it shall never come there again. */
export interface Trip {
  readonly ms: number
  readonly hops: number
  readonly seen: readonly string[] | null
}

/** What a task puts. */
export interface Hoard {
  readonly count: number
  readonly copies: number
}

export interface Box {
  readonly refs: readonly SimRef[]
}

/** The next stop of a trip. */
// oxlint-disable-next-line max-params -- a call has these parts
export function next(context: Context, fn: string, trip: Trip, box: Box): SimRef {
  const seen = trip.seen && [...trip.seen, context.at]
  const options = seen ? away(context, { ...elsewhereIfFull, seen }) : elsewhereIfFull
  return context.call(fn, [{ ...trip, seen, hops: trip.hops - 1 }, box], options)
}

/** They hand on, or return, refs of their own or of others. */
function defineCarriers(world: SimWorld): void {
  world.define('late', function* (_context: Context, ms: number, list: Box): Body {
    yield* elapse(ms)
    return ((yield* get(list.refs[0] as SimRef)) as { n: number }).n
  })
  world.define('hop', function* (context: Context, ms: number, n: number) {
    yield* elapse(ms)
    return n === 0 ? 'landed' : context.call('hop', [ms, n - 1])
  })
  world.define('spread', function* (context: Context, ms: number, count: number) {
    yield* elapse(ms)
    return Array.from({ length: count }, (_, n) =>
      n % 3 === 2 ? context.put({ n }) : context.call('block', [ms, n, n % 2 === 0 ? 100 : megabyte]),
    )
  })
  /** Puts more than a message carries, made from what it is given, which may have been put by another of these. */
  world.define('stash', function* (context: Context, ms: number, { count, copies }: Hoard, ...blocks: { n: number }[]) {
    yield* elapse(ms)
    const sum = blocks.reduce((all, block) => all + block.n, 0)
    return Array.from({ length: count }, (_, n) => context.put(new Big({ n: n + sum }, megabyte), { copies }))
  })
  world.define('gather', function* (_context: Context, refs: SimRef[]): Body {
    return yield* sumOf(refs)
  })
  /** Hands the box to a child and returns that one's ref: it ends while its child has hardly begun. */
  world.define('carry', function* (context: Context, trip: Trip, box: Box): Body {
    if (trip.ms > 0) yield* elapse(trip.ms)
    if (trip.hops === 0) return yield* sumOf(box.refs)
    return next(context, 'carry', trip, box)
  })
  /** The same, but what it returns only has the child's ref inside: nothing of its own is needed any more. */
  world.define('courier', function* (context: Context, trip: Trip, box: Box): Body {
    if (trip.ms > 0) yield* elapse(trip.ms)
    if (trip.hops === 0) return { sum: yield* sumOf(box.refs) }
    return { next: next(context, 'courier', trip, box) }
  })
  /** Packs the box into another one, which outlives it. */
  world.define('wrap', function* (context: Context, trip: Trip, box: Box): Body {
    if (trip.ms > 0) yield* elapse(trip.ms)
    const [first, ...rest] = box.refs
    const refs = [...rest, first as SimRef]
    return trip.hops === 0 ? { refs } : next(context, 'wrap', trip, { refs })
  })
  /** Refs in an object of its own, in one of somebody else's, and so on: only the outermost is told. */
  world.define('pack', function* (context: Context, { ms, hops, ...trip }: Trip, count: number): Body {
    yield* elapse(ms)
    const seen = [...(trip.seen ?? []), context.at]
    const contents = Array.from({ length: hops === 0 ? count : 0 }, (_, n) => context.put({ n }))
    if (hops === 0) return { refs: [context.put({ refs: contents })] }
    const inner = context.call('pack', [{ ms, hops: hops - 1, seen }, count], away(context, { seen }))
    return { refs: [context.put(yield* get(inner))] }
  })
  /** Takes the refs out of it. */
  world.define('unpack', function* (_context: Context, { ms, hops }: Trip, outermost: Box): Body {
    if (ms > 0) yield* elapse(ms)
    let box = outermost
    for (let layer = 0; layer <= hops; layer++) box = (yield* get(box.refs[0] as SimRef)) as Box
    return box
  })
  world.define('litter', function* (context: Context, ms: number, count: number) {
    yield* elapse(1)
    return Array.from({ length: count }, (_, n) => context.call('add', [ms, n, 1]))
  })
}

export function* sumOf(refs: readonly SimRef[]): Generator<Wait, number, Got> {
  let sum = 0
  for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
  return sum
}
