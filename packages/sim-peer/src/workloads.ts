// Jobs that know their right answer. Each is a program whose expected value is computed beside it, in
// plain arithmetic, from the same drawn numbers; whatever dies, the two must agree.

import type { Rng } from '@murmuration/core/internal'
import type { Context } from './bodies.ts'
import type { Body } from './bodies.ts'
import { SimFailure, get, elapse } from './bodies.ts'
import type { SimRef } from './values.ts'
import { Big } from './values.ts'
import type { SimWorld } from './world.ts'

export interface Workload {
  readonly name: string
  readonly main: (context: Context) => Body
  readonly expected: unknown
}

const megabyte = 1_000_000
/** A task that reads a ref where there is no room for it is told so, and may be run somewhere else. */
const elsewhereIfFull = { retries: 30, retryErrors: [{ text: 'OVERLOADED' }] }

/** The functions that every workload draws from. */
export function defineFunctions(world: SimWorld): void {
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
  world.define('late', function* (_context: Context, ms: number, list: { refs: SimRef[] }): Body {
    yield* elapse(ms)
    return ((yield* get(list.refs[0] as SimRef)) as { n: number }).n
  })
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
  world.define('gather', function* (_context: Context, refs: SimRef[]): Body {
    let sum = 0
    for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  })
}

type Maker = (rng: Rng) => Workload

const makers: readonly Maker[] = [
  flat,
  tinies,
  blocks,
  graph,
  recursion,
  hops,
  nested,
  failures,
  mapReduce,
  cancels,
  timeouts,
  flaky,
  dropped,
]

export function drawWorkload(rng: Rng): Workload {
  return (rng.pick(makers) as Maker)(rng)
}

function flat(rng: Rng): Workload {
  const count = 5 + rng.below(60)
  const ms = rng.between(1, 400)
  return {
    name: `flat: ${count} tasks of ${ms.toFixed(0)} ms`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.call('add', [ms, n, 1]))
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

function tinies(rng: Rng): Workload {
  const count = 200 + rng.below(1_800)
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
function blocks(rng: Rng): Workload {
  const count = 3 + rng.below(15)
  const ms = rng.between(20, 300)
  return {
    name: `blocks: ${count}`,
    main: function* (context) {
      const made = Array.from({ length: count }, (_, n) => context.call('block', [ms, n, megabyte]))
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

/** Layers of tasks, each on a few of the layer before; inner results are dropped, so lineage must hold. */
function graph(rng: Rng): Workload {
  const width = 2 + rng.below(5)
  const depth = 2 + rng.below(6)
  const ms = rng.between(5, 150)
  const edges = Array.from({ length: depth }, () =>
    Array.from({ length: width }, () => [rng.below(width), rng.below(width)] as const),
  )
  let numbers = Array.from({ length: width }, (_, n) => n)
  for (const layer of edges) numbers = layer.map(([a, b]) => (numbers[a] as number) + (numbers[b] as number))
  return {
    name: `graph: ${width} × ${depth}`,
    main: function* (context) {
      let layer = Array.from({ length: width }, (_, n) => context.call('block', [ms, n, megabyte]))
      for (const pairs of edges) {
        const next = pairs.map(([a, b]) => context.call('join', [ms, layer[a], layer[b]]))
        for (const ref of layer) context.release(ref)
        layer = next
      }
      let sum = 0
      for (const ref of layer) sum += ((yield* get(ref)) as { n: number }).n
      return sum
    },
    expected: numbers.reduce((sum, number) => sum + number, 0),
  }
}

function recursion(rng: Rng): Workload {
  const n = 4 + rng.below(6)
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

/** Tasks that return refs to tasks that return refs. */
function hops(rng: Rng): Workload {
  const n = 2 + rng.below(12)
  const ms = rng.between(1, 60)
  const count = 1 + rng.below(4)
  return {
    name: `hops: ${count} × ${n}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, k) => context.call('hop', [ms + k, n]))
      const landed: unknown[] = []
      for (const ref of refs) landed.push(yield* get(ref))
      return landed.join(' ')
    },
    expected: Array.from({ length: count }, () => 'landed').join(' '),
  }
}

/** Refs inside values, read by the program and by another task. */
function nested(rng: Rng): Workload {
  const count = 2 + rng.below(6)
  const ms = rng.between(5, 100)
  const sum = (count * (count - 1)) / 2
  return {
    name: `nested: ${count}`,
    main: function* (context) {
      // An executor that dies takes what its attempts submitted and put along, until guardians keep
      // ledgers of running tasks: for that one reason the parent is asked again.
      for (let tries = 0; ; tries++) {
        const list = context.call('spread', [ms, count])
        const there = context.call('gather', [list], elsewhereIfFull)
        try {
          let sum = 0
          for (const ref of (yield* get(list)) as SimRef[]) sum += ((yield* get(ref)) as { n: number }).n
          return sum + ((yield* get(there)) as number)
        } catch (error) {
          if (tries === 20 || !isOwnerDied(error)) throw error
        }
      }
    },
    expected: sum * 2,
  }
}

/** Freed counts when its owner had buried the reader: frees with any other reason are found by the checks. */
function isOwnerDied(error: unknown): boolean {
  if (!(error instanceof SimFailure)) return false
  return /the peer that answered for it is gone|its owner has let go of it/.test(error.message)
}

/** Application errors are outcomes, not faults: they arrive once, as they were thrown. */
function failures(rng: Rng): Workload {
  const count = 2 + rng.below(10)
  const ms = rng.between(1, 100)
  return {
    name: `failures: ${count}`,
    main: function* (context) {
      const seen: string[] = []
      const refs = Array.from({ length: count }, (_, n) => context.call('fail', [ms, `no ${n}`]))
      const after = context.call('add', [ms, refs[0], 1])
      for (const ref of [...refs, after]) {
        try {
          yield* get(ref)
        } catch (error) {
          if (!(error instanceof SimFailure)) throw error
          seen.push(error.failure.code)
        }
      }
      return seen.join(' ')
    },
    expected: [...Array.from({ length: count }, () => 'TASK_FAILED'), 'ARGUMENT_FAILED'].join(' '),
  }
}

function mapReduce(rng: Rng): Workload {
  const count = 4 + rng.below(30)
  const ms = rng.between(5, 200)
  const n = 1 + rng.below(100)
  return {
    name: `map-reduce: ${count}`,
    main: function* (context) {
      const scene = context.put(new Big({ n }, 20 * megabyte))
      const parts = Array.from({ length: count }, (_, k) => context.call('weigh', [ms, scene, k]))
      context.release(scene)
      const total = context.call('add', [ms, ...parts])
      for (const ref of parts) context.release(ref)
      return yield* get(total)
    },
    expected: (n * count * (count - 1)) / 2,
  }
}

/** Some are cancelled: each of those ends as cancelled or was done before, the others are untouched. */
function cancels(rng: Rng): Workload {
  const count = 4 + rng.below(16)
  const ms = rng.between(5, 1_500)
  const wait = rng.between(0, 2) * ms
  return {
    name: `cancels: ${count}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) =>
        n % 2 === 0 ? context.call('add', [ms, n, 1]) : context.call('family', [ms, n]),
      )
      yield* elapse(wait)
      for (const [n, ref] of refs.entries()) if (n % 3 === 0) context.cancel(ref, 'changed my mind')
      for (const [n, ref] of refs.entries()) {
        const got = yield { type: 'get', ref }
        const expected = n % 2 === 0 ? n + 1 : (n * (n + 1)) / 2
        const mayFail = n % 3 === 0 && got.type === 'failure' && got.failure.code === 'TASK_CANCELLED'
        if (!mayFail && !(got.type === 'value' && got.value === expected)) return `${n}: ${JSON.stringify(got)}`
      }
      return 'as told'
    },
    expected: 'as told',
  }
}

/** What takes longer than it may ends as timed out; a peer that stood still meanwhile may find both at once. */
function timeouts(rng: Rng): Workload {
  const count = 2 + rng.below(6)
  return {
    name: `timeouts: ${count}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) =>
        n % 2 === 0
          ? context.call('add', [60_000, n, 1], { timeoutMs: 200 })
          : context.call('add', [60_000, n, 1], { attemptTimeoutMs: 100, retries: 1 }),
      )
      for (const ref of refs) {
        const got = yield { type: 'get', ref }
        // With its last retry spent on a lost peer, that is what it failed of.
        const isRight = got.type === 'value' || ['TASK_TIMEOUT', 'PEER_DIED', 'WORKER_DIED'].includes(got.failure.code)
        if (!isRight) return JSON.stringify(got)
      }
      return 'in time'
    },
    expected: 'in time',
  }
}

/** Fails twice by itself, whatever else happens to it. */
function flaky(rng: Rng): Workload {
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

/** A queued spec is all that holds what it has inside. */
function dropped(rng: Rng): Workload {
  const count = 4 + rng.below(12)
  const ms = rng.between(50, 500)
  return {
    name: `dropped: ${count}`,
    main: function* (context) {
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
    expected: (count * (count - 1)) / 2,
  }
}
