// The bodies of tasks that yield, or read what others yield.

import type { Body, Context, Got, Wait } from './bodies.ts'
import { elapse, emit, end, get, next } from './bodies.ts'
import { elsewhereIfFull, megabyte } from './functions.ts'
import { Big } from './values.ts'
import type { SimRef } from './values.ts'
import type { SimWorld } from './world.ts'

export interface Flow {
  readonly count: number
  /** Each item takes so long. */
  readonly ms: number
  /** Plain ones, or larger than a message carries, or with a ref inside. */
  readonly what: 'plain' | 'large' | 'boxed'
}

/** What an item counts, whatever it is. */
export function* weight(context: Context, item: unknown): Generator<Wait, number, Got> {
  const { n, ref } = item as { n?: number; ref?: SimRef }
  if (n !== undefined || !ref) return n ?? 0
  const inside = (yield* get(ref)) as { n: number }
  context.release(ref)
  return inside.n
}

export function defineStreams(world: SimWorld): void {
  world.define('flow', function* (context: Context, { count, ms, what }: Flow): Body {
    for (let n = 0; n < count; n++) {
      if (ms > 0) yield* elapse(ms)
      if (what === 'plain') yield* emit({ n })
      else if (what === 'large') yield* emit(new Big({ n }, megabyte))
      else yield* emit({ ref: context.put(n % 2 === 0 ? { n } : new Big({ n }, megabyte)) })
    }
    return null
  })
  world.define('drink', function* (context: Context, { stream }: { stream: SimRef }): Body {
    let sum = 0
    for (let item = yield* next(stream); item !== end; item = yield* next(stream)) sum += yield* weight(context, item)
    return sum
  })
  world.define('pipe', function* (context: Context, flow: Flow): Body {
    const stream = context.call('flow', [flow], { ...elsewhereIfFull, ahead: 3 })
    for (let item = yield* next(stream); item !== end; item = yield* next(stream))
      yield* emit((yield* weight(context, item)) * 2)
    return null
  })
}
