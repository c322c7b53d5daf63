// The actors that workloads talk to: one that counts, one that keeps refs, one that asks others.

import type { SimActor } from './bodies-actor.ts'
import type { Body, Context } from './bodies.ts'
import { elapse, get } from './bodies.ts'
import type { SimRef } from './values.ts'
import type { SimWorld } from './world.ts'

interface Count {
  n: number
}

interface Funds {
  amount: number
  /** Deposits that were made to it. */
  deposits: number
}

interface Shelf {
  refs: SimRef[]
}

/** Each reply tells how many came before it. */
const counter: SimActor = {
  build: (n: number) => ({ n }),
  methods: {
    *add(_context: Context, count: Count, ms: number, by: number): Body {
      if (ms > 0) yield* elapse(ms)
      count.n += by
      return count.n
    },
    // oxlint-disable-next-line require-yield -- a method that takes no time at all
    *read(_context: Context, count: Count): Body {
      return count.n
    },
    *fails(_context: Context, count: Count, ms: number): Body {
      yield* elapse(ms)
      throw new RangeError(`at ${count.n}`)
    },
  },
  snapshots: true,
}

export function defineActors(world: SimWorld): void {
  world.actors.set('Counter', counter)
  world.actors.set('Tally', { ...counter, snapshots: false })
  world.actors.set('Broken', {
    ...counter,
    build: () => {
      throw new TypeError('it cannot be made')
    },
  })
  world.actors.set('Account', {
    build: (amount: number) => ({ amount, deposits: 0 }),
    methods: {
      // oxlint-disable-next-line require-yield -- a method that takes no time at all
      *withdraw(_context: Context, funds: Funds, amount: number): Body {
        if (funds.amount < amount) return false
        funds.amount -= amount
        return true
      },
      // oxlint-disable-next-line require-yield -- a method that takes no time at all
      *deposit(_context: Context, funds: Funds, amount: number): Body {
        funds.amount += amount
        funds.deposits++
        return true
      },
      // oxlint-disable-next-line require-yield -- a method that takes no time at all
      *read(_context: Context, funds: Funds): Body {
        return [funds.amount, funds.deposits]
      },
    },
    snapshots: true,
  })
  /** Whatever becomes of the peer that runs it, it takes once and gives once. */
  world.define('transfer', function* (context: Context, between: { from: SimRef; to: SimRef }, amount: number): Body {
    const taken = context.send(between.from, 'withdraw', [amount], { retries: -1 })
    if ((yield* get(taken)) !== true) return false
    yield* get(context.send(between.to, 'deposit', [amount], { retries: -1 }))
    return true
  })
  world.actors.set('Shelf', {
    build: () => ({ refs: [] }),
    methods: {
      // oxlint-disable-next-line require-yield -- a method that takes no time at all
      *keep(_context: Context, shelf: Shelf, box: { refs: SimRef[] }): Body {
        shelf.refs.push(...box.refs)
        return shelf.refs.length
      },
      // oxlint-disable-next-line require-yield -- a method that takes no time at all
      *all(_context: Context, shelf: Shelf): Body {
        return { refs: shelf.refs }
      },
      /** Makes something, and keeps it. */
      *make(context: Context, shelf: Shelf, ms: number, n: number): Body {
        const ref = context.call('block', [ms, n, 100])
        yield* get(ref)
        shelf.refs.push(ref)
        return shelf.refs.length
      },
    },
    snapshots: true,
  })
  world.define('bump', function* (context: Context, box: { actor: SimRef }, times: number, ms: number): Body {
    const refs = Array.from({ length: times }, () => context.send(box.actor, 'add', [ms, 1], { retries: -1 }))
    const seen: number[] = []
    for (const ref of refs) seen.push((yield* get(ref)) as number)
    return seen
  })
}
