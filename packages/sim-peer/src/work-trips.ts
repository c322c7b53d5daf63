// Work in which refs travel: handed from peer to peer, in boxes and in boxes of boxes, while those who
// had them let go.

import type { Rng } from '@murmuration/core/internal'
import type { CallOptions, Context, Got, Wait } from './bodies.ts'
import { elapse, get } from './bodies.ts'
import type { Box, Trip } from './functions.ts'
import { away, megabyte, next, sumOf } from './functions.ts'
import { Big } from './values.ts'
import type { SimRef } from './values.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

export interface Journey {
  /** Refs in a box. */
  readonly count: number
  readonly hops: number
  /** How long it stays at each of them. */
  readonly ms: number
  /** It comes to other peers all the time. */
  readonly isFresh: boolean
}

/** `most`: hops, but for the first two. */
function drawJourney(rng: Rng, count: number, most: number): Journey {
  const ms = rng.next() < 0.5 ? 0 : rng.between(0, 30)
  return { count: 1 + rng.below(count), ms, hops: 2 + rng.below(most), isFresh: rng.next() < 0.8 }
}

function tripOf({ ms, hops, isFresh }: Journey): Trip {
  return { ms, hops, seen: isFresh ? [] : null }
}

/** Refs that another peer answers for, if that is to be. */
function* begin(
  context: Context,
  { ms, count, isFresh }: Journey,
  options: CallOptions,
): Generator<Wait, SimRef[], Got> {
  const list = context.call('spread', [ms, count], isFresh ? away(context, options) : options)
  const refs = (yield* get(list)) as SimRef[]
  context.release(list)
  return refs
}

/** Refs of one peer travel over others, each of which is done before the next has begun. */
export const relay: WorkKind<Journey & { readonly options: CallOptions }> = {
  draw: ({ rng, options }) => ({ ...drawJourney(rng, 5, 5), options }),
  *main(context, { options, ...journey }) {
    const refs = yield* begin(context, journey, options)
    const there = next(context, 'carry', tripOf(journey), { refs })
    for (const ref of refs) context.release(ref)
    return yield* get(there)
  },
  expected: ({ count }) => total(count),
}

/** Each of them knows only the next; whoever read that forgets the one before. */
export const couriers: WorkKind<Journey & { readonly boxes: number; readonly options: CallOptions }> = {
  draw: ({ rng, options }) => ({ ...drawJourney(rng, 3, 7), boxes: 2 + rng.below(4), options }),
  *main(context, { boxes, options, ...journey }) {
    const sent: SimRef[] = []
    for (let n = 0; n < boxes; n++) {
      const refs = yield* begin(context, journey, options)
      sent.push(next(context, 'courier', tripOf(journey), { refs }))
      for (const ref of refs) context.release(ref)
    }
    let sum = 0
    for (const first of sent) sum += yield* follow(context, first)
    return sum
  },
  expected: ({ count, boxes }) => boxes * total(count),
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
export const parcels: WorkKind<Journey & { readonly pauseMs: number }> = {
  draw: ({ rng }) => ({ ...drawJourney(rng, 5, 4), pauseMs: rng.next() < 0.5 ? 0 : rng.between(0, 4_000) }),
  *main(context, { pauseMs, ...journey }) {
    const { count } = journey
    const refs = Array.from({ length: count }, (_, n) => context.put(new Big({ n }, n % 2 === 0 ? 50 : megabyte)))
    const box = context.put({ refs })
    const wrapped = next(context, 'wrap', tripOf(journey), { refs })
    for (const ref of refs) context.release(ref)
    if (pauseMs > 0) yield* elapse(pauseMs)
    const { refs: packed } = (yield* get(wrapped)) as { refs: SimRef[] }
    context.release(wrapped)
    const sum = yield* sumOf(packed)
    return sum + (yield* sumOf(((yield* get(box)) as { refs: SimRef[] }).refs))
  },
  expected: ({ count }) => total(count) * 2,
}

export interface Unpacked {
  readonly boxes: number
  readonly count: number
  readonly hops: number
  readonly ms: number
}

/** Packed by some, unpacked by another, read by a third: who unpacks it is the only one that ever knew all of them. */
export const unpacked: WorkKind<Unpacked> = {
  draw: ({ rng }) => ({
    count: 1 + rng.below(4),
    boxes: 1 + rng.below(4),
    hops: rng.below(4),
    ms: rng.next() < 0.5 ? 0 : rng.between(0, 30),
  }),
  *main(context, { boxes, count, hops, ms }) {
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
  expected: ({ boxes, count }) => boxes * total(count),
}
