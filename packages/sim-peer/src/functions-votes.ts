// The task bodies of votes: what several peers compute, a comparison of what two of them say, and a task
// that asks for them.

import type { Body, CallOptions, Context } from './bodies.ts'
import { SimFailure, elapse } from './bodies.ts'
import { megabyte } from './functions.ts'
import { Big } from './values.ts'
import type { SimWorld } from './world.ts'

export interface Elections {
  readonly count: number
  readonly ms: number
  readonly votes: number
  /** Asked for by a task, which another peer runs. */
  readonly isAway: boolean
  /** Small ones, large ones, those that differ from peer to peer but not to whoever compares them, and those that all throw. */
  readonly what: 'small' | 'large' | 'alike' | 'thrown'
  /** One more is asked for, and not wanted any more after this time. */
  readonly waitMs: number
}

export function defineVotes(world: SimWorld): void {
  /** Not the same from any two peers. */
  world.define('signed', function* ({ at }: Context, ms: number, n: number, size: number) {
    yield* elapse(ms)
    return new Big({ n, at }, size)
  })
  world.define('alike', function* (_context: Context, a: { n: number }, b: { n: number }) {
    yield* elapse(1)
    return a.n === b.n
  })
  world.define('elect', elected)
}

/** What is asked for n: n, or an error that says it. */
export function* elected(context: Context, { count, ms, votes, what, waitMs }: Elections): Body {
  const unwanted = context.call('add', [ms, 1, 1], { votes })
  const refs = Array.from({ length: count }, (_, n) => {
    if (what === 'small') return context.call('add', [ms, n], { votes })
    if (what === 'thrown') return context.call('fail', [ms, `no ${n}`], { votes })
    const options: CallOptions = what === 'alike' ? { votes, equals: 'alike' } : { votes }
    const ref = context.call(what === 'alike' ? 'signed' : 'block', [ms, n, megabyte], options)
    const weighed = context.call('weigh', [ms, ref, 1])
    context.release(ref)
    return weighed
  })
  yield* elapse(waitMs)
  context.cancel(unwanted, 'never mind')
  context.release(unwanted)
  let sum = 0
  for (const [n, ref] of refs.entries()) {
    const got = yield { type: 'get', ref }
    if (got.type === 'value') sum += got.value as number
    else if (what !== 'thrown' || got.failure.code !== 'TASK_FAILED') throw new SimFailure(got.failure)
    else if (got.failure.message.includes(`no ${n}`)) sum += n
  }
  return sum
}
