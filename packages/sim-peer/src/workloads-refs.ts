// Jobs whose point is who holds what: refs inside values and specs, handed from peer to peer while
// those who had them let go; copies that are waited for; work that is stopped or runs out of time.

import type { Body, CallOptions, Context, Got, Wait } from './bodies.ts'
import { SimFailure, durable, elapse, get } from './bodies.ts'
import type { Box, Trip } from './functions.ts'
import { away, elsewhereIfFull, megabyte, next, sumOf } from './functions.ts'
import { Big } from './values.ts'
import type { SimRef } from './values.ts'
import type { Draw, Maker, Workload } from './workloads.ts'

export const refWorkloads: readonly Maker[] = [
  nested,
  relay,
  couriers,
  couriers,
  parcels,
  unpacked,
  dropped,
  keepsakes,
  souvenirs,
  cancels,
  strays,
  timeouts,
]

function total(count: number): number {
  return (count * (count - 1)) / 2
}

/** Refs inside values, read by the program and by another task. */
function nested({ rng, options }: Draw): Workload {
  const count = 2 + rng.below(6)
  const ms = rng.between(5, 100)
  const isAway = rng.next() < 0.5
  return {
    name: `nested: ${count}`,
    main: function* (context) {
      const list = context.call('spread', [ms, count], isAway ? away(context, options) : options)
      const there = context.call('gather', [list], isAway ? away(context, elsewhereIfFull) : elsewhereIfFull)
      const sum = yield* sumOf((yield* get(list)) as SimRef[])
      return sum + ((yield* get(there)) as number)
    },
    expected: total(count) * 2,
  }
}

/** How a box travels; half of the time it comes to other peers all the time. */
function drawTrip({ rng }: Draw, most: number): Trip {
  const ms = rng.next() < 0.5 ? 0 : rng.between(0, 30)
  return { ms, hops: 2 + rng.below(most), seen: rng.next() < 0.8 ? [] : null }
}

/** Refs that another peer answers for, if that is to be. */
function* begin(context: Context, trip: Trip, { count, options }: Begin): Generator<Wait, SimRef[], Got> {
  const list = context.call('spread', [trip.ms, count], trip.seen ? away(context, options) : options)
  const refs = (yield* get(list)) as SimRef[]
  context.release(list)
  return refs
}

interface Begin {
  readonly count: number
  readonly options: CallOptions
}

/** Refs of one peer travel over others, each of which is done before the next has begun. */
function relay(draw: Draw): Workload {
  const { rng, options } = draw
  const count = 1 + rng.below(5)
  const trip = drawTrip(draw, 5)
  return {
    name: `relay: ${count} over ${trip.hops}`,
    main: function* (context) {
      const refs = yield* begin(context, trip, { count, options })
      const there = next(context, 'carry', trip, { refs })
      for (const ref of refs) context.release(ref)
      return yield* get(there)
    },
    expected: total(count),
  }
}

/** Each of them knows only the next; whoever read that forgets the one before. */
function couriers(draw: Draw): Workload {
  const { rng, options } = draw
  const count = 1 + rng.below(3)
  const trip = drawTrip(draw, 7)
  const boxes = 2 + rng.below(4)
  return {
    name: `couriers: ${boxes} × ${count} over ${trip.hops}`,
    main: function* (context) {
      const sent: SimRef[] = []
      for (let n = 0; n < boxes; n++) {
        const refs = yield* begin(context, trip, { count, options })
        sent.push(next(context, 'courier', trip, { refs }))
        for (const ref of refs) context.release(ref)
      }
      let sum = 0
      for (const first of sent) sum += yield* follow(context, first)
      return sum
    },
    expected: boxes * total(count),
  }
}

function* follow(context: Context, first: SimRef): Generator<Wait, number, Got> {
  for (let at = first; ;) {
    const { next: more, sum = 0 } = (yield* get(at)) as { next?: SimRef; sum?: number }
    context.release(at)
    if (!more) return sum
    at = more
  }
}

/** Boxes in boxes: only the outermost is held. */
function parcels(draw: Draw): Workload {
  const { rng } = draw
  const count = 1 + rng.below(5)
  const trip = drawTrip(draw, 4)
  const pause = rng.next() < 0.5 ? 0 : rng.between(0, 4_000)
  return {
    name: `parcels: ${count} in ${trip.hops}`,
    main: function* (context) {
      const refs = Array.from({ length: count }, (_, n) => context.put(new Big({ n }, n % 2 === 0 ? 50 : megabyte)))
      const box = context.put({ refs })
      const wrapped = next(context, 'wrap', trip, { refs })
      for (const ref of refs) context.release(ref)
      if (pause > 0) yield* elapse(pause)
      const { refs: packed } = (yield* get(wrapped)) as { refs: SimRef[] }
      context.release(wrapped)
      const sum = yield* sumOf(packed)
      return sum + (yield* sumOf(((yield* get(box)) as { refs: SimRef[] }).refs))
    },
    expected: total(count) * 2,
  }
}

/** Packed by some, unpacked by another, read by a third: who unpacks it is the only one that ever knew all of them. */
function unpacked({ rng }: Draw): Workload {
  const count = 1 + rng.below(4)
  const boxes = 1 + rng.below(4)
  const hops = rng.below(4)
  const ms = rng.next() < 0.5 ? 0 : rng.between(0, 30)
  return {
    name: `unpacked: ${boxes} × ${count} in ${hops}`,
    main: function* (context) {
      const opened: SimRef[] = []
      for (let n = 0; n < boxes; n++) {
        const trip: Trip = { ms: ms + n, hops, seen: [context.at] }
        const packed = context.call('pack', [trip, count], away(context, {}))
        const box = (yield* get(packed)) as Box
        opened.push(context.call('unpack', [trip, box], away(context, { spread: true })))
        for (const ref of [...box.refs, packed]) context.release(ref)
      }
      let sum = 0
      for (const ref of opened) {
        const { refs } = (yield* get(ref)) as Box
        context.release(ref)
        sum += yield* sumOf(refs)
      }
      return sum
    },
    expected: boxes * total(count),
  }
}

/** A queued spec is all that holds what it has inside. */
function dropped({ rng }: Draw): Workload {
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
    expected: total(count),
  }
}

/** Copies are waited for; then whoever likes may die, a little later they are read. */
function keepsakes({ rng }: Draw): Workload {
  const count = 1 + rng.below(6)
  const copies = 1 + rng.below(3)
  const ms = rng.between(5, 50)
  const pause = rng.between(500, 6_000)
  return {
    name: `keepsakes: ${count} × ${copies}`,
    main: function* (context) {
      const refs: SimRef[] = []
      for (let n = 0; n < count; n++)
        refs.push(
          n % 2 === 0
            ? context.put(new Big({ n }, megabyte), { copies })
            : context.call('block', [ms, n, megabyte], { copies }),
        )
      for (const ref of refs) yield* durableIfCan(ref)
      yield* elapse(pause)
      return yield* sumOf(refs)
    },
    expected: total(count),
  }
}

/** Where there are too few peers, or too little room, there are fewer copies. */
function* durableIfCan(ref: SimRef): Generator<Wait, void, Got> {
  try {
    yield* durable(ref)
  } catch (error) {
    if (!(error instanceof SimFailure) || error.failure.code !== 'UNPLACEABLE') throw error
  }
}

/** Refs that other peers answer for, kept for a while before they are read. */
function souvenirs({ rng, options }: Draw): Workload {
  const count = 2 + rng.below(5)
  const ms = rng.between(1, 50)
  const pause = rng.between(1_000, 8_000)
  const isAway = rng.next() < 0.7
  return {
    name: `souvenirs: ${count} for ${pause.toFixed(0)} ms`,
    main: function* (context) {
      const there = isAway ? away(context, options) : options
      const lists = [0, 1].map((n) => context.call('spread', [ms + n, count], there))
      const refs: SimRef[] = []
      for (const list of lists) {
        refs.push(...((yield* get(list)) as SimRef[]))
        context.release(list)
      }
      yield* elapse(pause)
      return yield* sumOf(refs)
    },
    expected: total(count) * 2,
  }
}

/** Some are cancelled: each of those ends as cancelled or was done before, the others are untouched. */
function cancels({ rng }: Draw): Workload {
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
      for (const [n, ref] of refs.entries()) {
        if (n % 3 === 0) context.cancel(ref, 'changed my mind')
        else if (n % 7 === 1) yield { type: 'stop', ref, reason: 'stop it' }
      }
      for (const [n, ref] of refs.entries())
        yield* expectOr(context, ref, {
          value: n % 2 === 0 ? n + 1 : (n * (n + 1)) / 2,
          codes: n % 3 === 0 || n % 7 === 1 ? ['TASK_CANCELLED'] : [],
        })
      return 'as told'
    },
    expected: 'as told',
  }
}

/** Tasks that other peers answer for are stopped: whoever asked is told when they have. */
function strays({ rng }: Draw): Workload {
  const count = 2 + rng.below(6)
  const ms = rng.between(50, 3_000)
  const isAway = rng.next() < 0.7
  return {
    name: `strays: ${count}`,
    main: function* (context) {
      const litter = context.call('litter', [ms, count], isAway ? away(context, {}) : {})
      const refs = (yield* get(litter)) as SimRef[]
      for (const [n, ref] of refs.entries()) if (n % 2 === 0) yield { type: 'stop', ref, reason: 'not this one' }
      for (const [n, ref] of refs.entries())
        yield* expectOr(context, ref, { value: n + 1, codes: n % 2 === 0 ? ['TASK_CANCELLED'] : [] })
      return 'as told'
    },
    expected: 'as told',
  }
}

/** What takes longer than it may ends as timed out; a peer that stood still meanwhile may find both at once. */
function timeouts({ rng }: Draw): Workload {
  const count = 2 + rng.below(6)
  const isStopped = rng.next() < 0.5
  return {
    name: `timeouts: ${count}${isStopped ? ', stopped' : ''}`,
    main: function* (context) {
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
    expected: 'in time',
  }
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
