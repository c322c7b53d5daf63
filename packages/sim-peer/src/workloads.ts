// Jobs that know their right answer. Each is a program whose expected value is computed beside it, in
// plain arithmetic, from the same drawn numbers; whatever dies, the two must agree. What a program
// reads instead of a value it takes only when the simulator can tell why it had to be; then it asks
// for all of it again, as people do.

import type { Rng } from '@murmuration/core/internal'
import type { Body, CallOptions, Context } from './bodies.ts'
import { SimFailure, elapse, get } from './bodies.ts'
import { megabyte } from './functions.ts'
import { refWorkloads } from './workloads-refs.ts'
import { Big } from './values.ts'

export interface Workload {
  readonly name: string
  readonly main: (context: Context) => Body
  readonly expected: unknown
}

/** What a workload is drawn from. */
export interface Draw {
  readonly rng: Rng
  /** Options that do not change what comes of a call. */
  readonly options: CallOptions
  /** Tasks of a job that are asked for at once, at most. */
  readonly most: number
}

export type Maker = (draw: Draw) => Workload

const makers: readonly Maker[] = [
  flat,
  tinies,
  blocks,
  graph,
  recursion,
  descent,
  hops,
  failures,
  unplaceable,
  mapReduce,
  flaky,
  brief,
  flood,
  stragglers,
  // Who holds what is where most can go wrong.
  ...refWorkloads,
  ...refWorkloads,
]

export function drawWorkload(rng: Rng, { most }: Pick<Draw, 'most'>): Workload {
  const maker = rng.pick(makers) as Maker
  const workload = maker({ rng, options: drawOptions(rng), most })
  return { ...workload, main: (context) => persistently(context, workload.main) }
}

/** How often a job is asked for again before that is called odd. */
const triesMost = 30

function* persistently(context: Context, main: (context: Context) => Body): Body {
  for (let tries = 0; ; tries++) {
    try {
      return yield* main(context)
    } catch (error) {
      if (!(error instanceof SimFailure) || tries === triesMost || !context.excuses(error.failure)) throw error
    }
    yield* elapse(100 * 2 ** Math.min(tries, 5))
  }
}

function drawOptions(rng: Rng): CallOptions {
  if (rng.next() < 0.4) return {}
  const drawn: CallOptions[] = [
    { copies: 1 + rng.below(3) },
    { copies: 1 },
    { priority: rng.below(3) },
    { spread: true },
    { hedge: true },
    { hedge: true },
    { prefer: { labels: { zone: 'b' } } },
    { needs: { labels: { zone: rng.pick(['a', { in: ['a', 'c'] }, { not: 'b' }]) as 'a' } } },
    { needs: { resources: { gpu: 1 } } },
    { retries: rng.pick([0, 2, 8]) as number },
    { retryDelayMs: [10, 300] },
    { rebuilds: 2 },
  ]
  return Object.assign({}, ...rng.sample(drawn, 1 + rng.below(3))) as CallOptions
}

function flat({ rng, options, most }: Draw): Workload {
  const count = Math.min(most, 5 + rng.below(60))
  const ms = rng.between(1, 400)
  return {
    name: `flat: ${count} tasks of ${ms.toFixed(0)} ms`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.call('add', [ms, n, 1], options))
      let sum = 0
      for (const ref of refs) {
        sum += (yield* get(ref)) as number
        context.release(ref)
      }
      return sum
    },
    expected: (count * (count - 1)) / 2 + count,
  }
}

function tinies({ rng, most }: Draw): Workload {
  const count = Math.min(most, 60 + rng.below(300))
  return {
    name: `tinies: ${count}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.call('tiny', [n]))
      let sum = 0
      for (const ref of refs) sum += (yield* get(ref)) as number
      return sum
    },
    expected: (count * (count + 1)) / 2,
  }
}

/** Large objects with a consumer each: copies, transfers, rebuilds. */
function blocks({ rng, options }: Draw): Workload {
  const count = 3 + rng.below(15)
  const ms = rng.between(20, 300)
  return {
    name: `blocks: ${count}`,
    main: function* (context) {
      const made = Array.from({ length: count }, (_, n) => context.call('block', [ms, n, megabyte], options))
      yield* elapse(ms * 4)
      const weighed = made.map((ref) => context.call('weigh', [ms, ref, 2]))
      for (const ref of made) context.release(ref)
      let sum = 0
      for (const ref of weighed) sum += (yield* get(ref)) as number
      return sum
    },
    expected: count * (count - 1),
  }
}

/**
 * Layers of tasks, each on a few of the layer before; inner results are dropped, so lineage must hold: what
 * is lost before it is read is made again from the bottom.
 */
function graph({ rng, ...draw }: Draw): Workload {
  const options = rng.next() < 0.6 ? { ...draw.options, copies: 1 } : draw.options
  const width = 2 + rng.below(5)
  const depth = 2 + rng.below(6)
  const ms = rng.between(5, 150)
  const pause = rng.next() < 0.4 ? 0 : rng.between(300, 3_000)
  const edges = Array.from({ length: depth }, () =>
    Array.from({ length: width }, () => [rng.below(width), rng.below(width)] as const),
  )
  let numbers = Array.from({ length: width }, (_, n) => n)
  for (const layer of edges) numbers = layer.map(([a, b]) => (numbers[a] as number) + (numbers[b] as number))
  return {
    name: `graph: ${width} × ${depth}`,
    main: function* (context) {
      let layer = Array.from({ length: width }, (_, n) => context.call('block', [ms, n, megabyte], options))
      for (const pairs of edges) {
        const next = pairs.map(([a, b]) => context.call('join', [ms, layer[a], layer[b]], options))
        for (const ref of layer) context.release(ref)
        layer = next
      }
      if (pause > 0) yield* elapse(pause)
      let sum = 0
      for (const ref of layer) sum += ((yield* get(ref)) as { n: number }).n
      return sum
    },
    expected: numbers.reduce((sum, number) => sum + number, 0),
  }
}

function recursion({ rng }: Draw): Workload {
  const n = 4 + rng.below(4)
  const ms = rng.between(0.1, 30)
  const fib = (k: number): number => (k < 2 ? k : fib(k - 1) + fib(k - 2))
  return {
    name: `recursion: fib ${n}`,
    main: function* (context) {
      return yield* get(context.call('fib', [ms, n]))
    },
    expected: fib(n),
  }
}

/** A line of tasks that each wait for the next: more than there are workers. */
function descent({ rng }: Draw): Workload {
  const depth = 5 + rng.below(40)
  const count = 1 + rng.below(3)
  const ms = rng.between(0, 10)
  return {
    name: `descent: ${count} × ${depth}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.call('descend', [ms, depth + n]))
      let sum = 0
      for (const ref of refs) sum += (yield* get(ref)) as number
      return sum
    },
    expected: depth * count + (count * (count - 1)) / 2,
  }
}

/** Tasks that return refs to tasks that return refs. */
function hops({ rng, options }: Draw): Workload {
  const n = 2 + rng.below(12)
  const ms = rng.between(1, 60)
  const count = 1 + rng.below(4)
  return {
    name: `hops: ${count} × ${n}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, k) => context.call('hop', [ms + k, n], options))
      const landed: unknown[] = []
      for (const ref of refs) landed.push(yield* get(ref))
      return landed.join(' ')
    },
    expected: Array.from({ length: count }, () => 'landed').join(' '),
  }
}

/** Application errors are outcomes, not faults: they arrive once, as they were thrown. */
function failures({ rng }: Draw): Workload {
  const count = 2 + rng.below(10)
  const ms = rng.between(1, 100)
  return {
    name: `failures: ${count}`,
    main: function* (context) {
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
    expected: [...Array.from({ length: count }, () => 'TASK_FAILED'), 'ARGUMENT_FAILED'].join(' '),
  }
}

/** What nobody could ever run is said to be so, in time, and holds up nothing. */
function unplaceable({ rng }: Draw): Workload {
  const needs = rng.pick([{ labels: { zone: 'nowhere' } }, { resources: { gpu: 99 } }, { slots: 99 }]) as object
  const count = 1 + rng.below(4)
  return {
    name: `unplaceable: ${count}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.call('add', [1, n, 1], { needs }))
      const easy = context.call('add', [1, 1, 1])
      const seen: unknown[] = [yield* get(easy)]
      for (const ref of refs) {
        const got = yield { type: 'get', ref }
        seen.push(got.type === 'failure' ? got.failure.code : 'a value')
      }
      return seen.join(' ')
    },
    expected: [2, ...Array.from({ length: count }, () => 'UNPLACEABLE')].join(' '),
  }
}

function mapReduce({ rng, options }: Draw): Workload {
  const count = 4 + rng.below(30)
  const ms = rng.between(5, 200)
  const n = 1 + rng.below(100)
  const copies = 1 + rng.below(3)
  return {
    name: `map-reduce: ${count}`,
    main: function* (context) {
      const scene = context.put(new Big({ n }, 20 * megabyte), { copies })
      const parts = Array.from({ length: count }, (_, k) => context.call('weigh', [ms, scene, k], options))
      context.release(scene)
      const total = context.call('add', [ms, ...parts])
      for (const ref of parts) context.release(ref)
      return yield* get(total)
    },
    expected: (n * count * (count - 1)) / 2,
  }
}

/** Fails twice by itself, whatever else happens to it. */
function flaky({ rng }: Draw): Workload {
  const count = 2 + rng.below(8)
  const ms = rng.between(1, 100)
  return {
    name: `flaky: ${count}`,
    main: function* (context) {
      const options = { retries: 30, retryErrors: [{ text: 'RangeError' }] }
      const refs = Array.from({ length: count }, (_, n) => context.call('flaky', [ms, n], options))
      let sum = 0
      for (const ref of refs) sum += (yield* get(ref)) as number
      return sum
    },
    expected: (count * (count - 1)) / 2,
  }
}

/** Asked for and not wanted any more: handles dropped at once, or soon, or with a cancel. */
function brief({ rng, options }: Draw): Workload {
  const count = 4 + rng.below(20)
  const ms = rng.between(1, 800)
  return {
    name: `brief: ${count}`,
    main: function* (context) {
      for (let n = 0; n < count; n++) {
        const ref = context.call(n % 2 === 0 ? 'block' : 'family', n % 2 === 0 ? [ms, n, megabyte] : [ms, 3], options)
        if (n % 3 === 0) context.cancel(ref, 'never mind')
        if (n % 4 === 0) yield* elapse(ms / 2)
        context.release(ref)
      }
      return yield* get(context.call('add', [ms, 1, 1]))
    },
    expected: 2,
  }
}

/** More than a peer takes at once: what is too much is refused with a reason, and taken later. */
function flood({ rng, most }: Draw): Workload {
  const count = Math.min(120, most * 6)
  const ms = rng.between(0.1, 2)
  return {
    name: `flood: ${count}`,
    main: function* (context) {
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
    expected: (count * (count - 1)) / 2 + count,
  }
}

/** Most are quick, some take long: those get a second attempt, which for parents is in vain. */
function stragglers({ rng }: Draw): Workload {
  const rounds = 2 + rng.below(4)
  const ms = rng.between(5, 60)
  const isParent = rng.next() < 0.3
  return {
    name: `stragglers: ${rounds} × 5${isParent ? ' parents' : ''}`,
    main: function* (context) {
      let sum = 0
      for (let n = 0; n < 5 * rounds; n += 5) {
        const refs = [1, 1, 1, 1, 20].map((times, k) =>
          context.call(isParent ? 'family' : 'add', [ms * times, isParent ? k : n + k], { hedge: true }),
        )
        for (const ref of refs) sum += (yield* get(ref)) as number
      }
      return sum
    },
    // A family of k adds up to 1 + 2 + … + k.
    expected: isParent ? rounds * 20 : (5 * rounds * (5 * rounds - 1)) / 2,
  }
}
