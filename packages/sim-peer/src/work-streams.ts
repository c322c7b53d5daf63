// Work whose tasks yield: read by a program, by a task, by a task that yields what it read; with large items, items
// with refs inside, items kept for later, and readers that leave early.

import type { CallOptions, Context, Got, Wait } from './bodies.ts'
import { each, elapse, end, get, next } from './bodies.ts'
import { elsewhereIfFull } from './functions.ts'
import { weight } from './functions-streams.ts'
import type { Flow } from './functions-streams.ts'
import type { SimRef } from './values.ts'
import type { WorkDraw, WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Flowing extends Flow {
  readonly ahead: number
  readonly options: CallOptions
}

function drawFlow({ rng, options }: WorkDraw): Flowing {
  const what = rng.pick(['plain', 'plain', 'large', 'boxed']) as Flow['what']
  const count = what === 'plain' ? 1 + rng.below(40) : 1 + rng.below(12)
  return { count, what, ms: rng.between(0, 120), ahead: 1 + rng.below(8), options }
}

function open(context: Context, { count, ms, what, ahead, options }: Flowing, fn = 'flow'): SimRef {
  return context.call(fn, [{ count, ms, what }], { ...options, ...elsewhereIfFull, ahead })
}

/** Whatever comes of the reading: a stream that is held and not read waits for its reader, as it should. */
function* reading<T>(
  context: Context,
  stream: SimRef,
  read: (stream: SimRef) => Generator<Wait, T, Got>,
): Generator<Wait, T, Got> {
  try {
    return yield* read(stream)
  } finally {
    context.leave(stream)
    context.release(stream)
  }
}

/** All of it, one item after the other, with some time in between. */
export const streamed: WorkKind<Flowing & { readonly pauseMs: number }> = {
  draw: (draw) => ({ ...drawFlow(draw), pauseMs: draw.rng.next() < 0.5 ? 0 : draw.rng.between(0, 200) }),
  *main(context, { pauseMs, ...flow }) {
    return yield* reading(context, open(context, flow), function* (stream) {
      let sum = 0
      for (let item = yield* next(stream); item !== end; item = yield* next(stream)) {
        sum += yield* weight(context, item)
        if (pauseMs > 0) yield* elapse(pauseMs)
      }
      return sum
    })
  },
  expected: ({ count }) => total(count),
}

/** Tasks read them, each of which may die and read from the beginning. */
export const handedOn: WorkKind<Flowing & { readonly streams: number }> = {
  draw: (draw) => ({ ...drawFlow(draw), streams: 1 + draw.rng.below(3) }),
  *main(context, { streams, ...flow }) {
    const sums = Array.from({ length: streams }, () => {
      const stream = open(context, flow)
      const sum = context.call('drink', [{ stream }], elsewhereIfFull)
      context.release(stream)
      return sum
    })
    let sum = 0
    for (const ref of sums) sum += (yield* get(ref)) as number
    return sum
  },
  expected: ({ count, streams }) => streams * total(count),
}

/** What a task reads of its child it yields, doubled. */
export const piped: WorkKind<Flowing> = {
  draw: (draw) => drawFlow(draw),
  *main(context, flow) {
    return yield* reading(context, open(context, flow, 'pipe'), function* (stream) {
      let sum = 0
      yield* each(stream, (item) => (sum += item as number))
      return sum
    })
  },
  expected: ({ count }) => 2 * total(count),
}

/** Items are kept as refs, the stream is let go of, and only then are they read. */
export const kept: WorkKind<Flowing & { readonly waitMs: number }> = {
  draw: (draw) => ({ ...drawFlow(draw), waitMs: draw.rng.between(0, 3_000) }),
  *main(context, { waitMs, ...flow }) {
    const refs = yield* reading(context, open(context, flow), function* (stream) {
      const items: SimRef[] = []
      for (let ref = yield* next(stream, { asRef: true }); ref !== end; ref = yield* next(stream, { asRef: true }))
        items.push(ref as SimRef)
      return items
    })
    yield* elapse(waitMs)
    let sum = 0
    for (const ref of refs) sum += yield* weight(context, yield* get(ref))
    return sum
  },
  expected: ({ count }) => total(count),
}

/** Nobody reads to the end: the generator is ended, and all that it yielded is let go of. */
export const left: WorkKind<Flowing & { readonly items: number }> = {
  draw: (draw) => ({ ...drawFlow(draw), count: 200, items: 1 + draw.rng.below(6) }),
  *main(context, { items, ...flow }) {
    return yield* reading(context, open(context, flow), function* (stream) {
      let sum = 0
      for (let n = 0; n < items; n++) sum += yield* weight(context, yield* next(stream))
      return sum
    })
  },
  expected: ({ items }) => total(items),
}
