// Work in depth: tasks on the results of tasks, tasks that wait for their children, tasks that return
// the refs of others.

import { hash32 } from '@murmuration/core/internal'
import type { CallOptions } from './bodies.ts'
import { elapse, get } from './bodies.ts'
import { megabyte } from './functions.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Graph {
  readonly width: number
  readonly depth: number
  /** Which task is on which two of the layer before. */
  readonly salt: number
  readonly ms: number
  readonly pauseMs: number
  readonly options: CallOptions
}

type Pair = readonly [number, number]

function edgesOf({ width, depth, salt }: Graph): Pair[][] {
  const from = (layer: number, n: number, side: string): number => hash32(`${salt}|${layer}|${n}|${side}`) % width
  return Array.from({ length: depth }, (_, layer) =>
    Array.from({ length: width }, (__, n) => [from(layer, n, 'a'), from(layer, n, 'b')] as const),
  )
}

/**
 * Layers of tasks, each on a few of the layer before; inner results are dropped, so lineage must hold: what
 * is lost before it is read is made again from the bottom.
 */
export const graph: WorkKind<Graph> = {
  draw: ({ rng, options }) => ({
    options: rng.next() < 0.6 ? { ...options, copies: 1 } : options,
    width: 2 + rng.below(5),
    depth: 2 + rng.below(6),
    ms: rng.between(5, 150),
    pauseMs: rng.next() < 0.4 ? 0 : rng.between(300, 3_000),
    salt: rng.below(1_000),
  }),
  *main(context, shape) {
    const { width, ms, pauseMs, options } = shape
    let layer = Array.from({ length: width }, (_, n) => context.call('block', [ms, n, megabyte], options))
    for (const pairs of edgesOf(shape)) {
      const next = pairs.map(([a, b]) => context.call('join', [ms, layer[a], layer[b]], options))
      for (const ref of layer) context.release(ref)
      layer = next
    }
    if (pauseMs > 0) yield* elapse(pauseMs)
    let sum = 0
    for (const ref of layer) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  },
  expected: (shape) => {
    let numbers = Array.from({ length: shape.width }, (_, n) => n)
    for (const layer of edgesOf(shape)) numbers = layer.map(([a, b]) => (numbers[a] as number) + (numbers[b] as number))
    return numbers.reduce((sum, number) => sum + number, 0)
  },
}

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2)
}

export const recursion: WorkKind<{ readonly n: number; readonly ms: number }> = {
  draw: ({ rng }) => ({ n: 4 + rng.below(4), ms: rng.between(0.1, 30) }),
  *main(context, { n, ms }) {
    return yield* get(context.call('fib', [ms, n]))
  },
  expected: ({ n }) => fib(n),
}

/** A line of tasks that each wait for the next: more than there are workers. */
export const descent: WorkKind<{ readonly count: number; readonly depth: number; readonly ms: number }> = {
  draw: ({ rng }) => ({ depth: 5 + rng.below(40), count: 1 + rng.below(3), ms: rng.between(0, 10) }),
  *main(context, { count, depth, ms }) {
    const refs = Array.from({ length: count }, (_, n) => context.call('descend', [ms, depth + n]))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count, depth }) => depth * count + total(count),
}

export interface Hops {
  readonly count: number
  readonly hops: number
  readonly ms: number
  readonly options: CallOptions
}

/** Tasks that return refs to tasks that return refs. */
export const hops: WorkKind<Hops> = {
  draw: ({ rng, options }) => ({ hops: 2 + rng.below(12), ms: rng.between(1, 60), count: 1 + rng.below(4), options }),
  *main(context, { count, hops: n, ms, options }) {
    const refs = Array.from({ length: count }, (_, k) => context.call('hop', [ms + k, n], options))
    const landed: unknown[] = []
    for (const ref of refs) landed.push(yield* get(ref))
    return landed.join(' ')
  },
  expected: ({ count }) => Array.from({ length: count }, () => 'landed').join(' '),
}
