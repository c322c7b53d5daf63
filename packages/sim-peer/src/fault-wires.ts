// What happens between peers: links that break, cables that are pulled in one direction or both, once
// or again and again, frames that are lost, late, doubled, overtaken, or that turn up when nobody
// expects them any more; bytes that arrive bad.

import type { PeerId, Rng } from '@murmuration/core/internal'
import type { Whom } from './aims.ts'
import type { FaultDraw, FaultKind } from './fault-kind.ts'
import type { Weather } from './network.ts'
import type { Striker } from './striker.ts'

export interface Pair {
  readonly from: Whom
  readonly to: Whom
}

function drawPair(rng: Rng): Pair {
  const of = rng.next() < 0.7 ? (['waking'] as const) : (['owner', 'holder', 'waking'] as const)
  return { from: { of: ['waking'], pick: rng.next() }, to: { of, pick: rng.next() } }
}

export const reset: FaultKind<Pair> = {
  draw: ({ rng }) => drawPair(rng),
  strike: (by, { from, to }) => by.pair(from, to, (a, b) => by.world.network.unlink(a, b)),
}

/** An outbox that does not drain for a while. */
export const stall: FaultKind<Pair & { readonly ms: number }> = {
  draw: ({ rng }) => ({ ...drawPair(rng), ms: rng.between(50, 4_000) }),
  strike: (by, { from, to, ms }) =>
    by.pair(from, to, (a, peer) => {
      const there = by.living(a)
      there?.event({ type: 'writable', peer, writable: false })
      by.later(ms, () => there?.event({ type: 'writable', peer, writable: true }))
    }),
}

export interface Cut {
  /** These, from all others. */
  readonly side: readonly string[]
  /** The others still hear them not, but they hear the others. */
  readonly oneWay: boolean
}

function drawCut({ rng, names }: FaultDraw): Cut {
  return { side: rng.sample(names, 1 + rng.below(Math.max(1, names.length - 1))), oneWay: rng.next() < 0.5 }
}

export const cut: FaultKind<Cut & { readonly ms: number }> = {
  draw: (draw) => ({ ...drawCut(draw), ms: draw.rng.between(200, 10_000) }),
  strike: (by, { side, oneWay, ms }) => sever(by, pairsOf(by, side, oneWay), ms),
}

/** Cut, healed, and cut again, faster or slower than anybody makes up their mind. */
export const flap: FaultKind<Cut & { readonly times: number; readonly cutMs: number; readonly healedMs: number }> = {
  draw: (draw) => {
    const { rng } = draw
    const longest = rng.pick([100, 1_000, 5_000]) as number
    const times = 2 + rng.below(4)
    return { ...drawCut(draw), times, cutMs: rng.between(20, longest), healedMs: rng.between(20, longest) }
  },
  strike: (by, { side, oneWay, times, cutMs, healedMs }) => {
    const pairs = pairsOf(by, side, oneWay)
    for (let nth = 0; nth < times; nth++) by.meanwhile(nth * (cutMs + healedMs), () => sever(by, pairs, cutMs))
  },
}

/** Two do not reach each other, and everybody else reaches both. */
export const gap: FaultKind<Pair & { readonly oneWay: boolean; readonly ms: number }> = {
  draw: ({ rng }) => ({ ...drawPair(rng), oneWay: rng.next() < 0.5, ms: rng.between(50, 5_000) }),
  strike: (by, { from, to, oneWay, ms }) => by.pair(from, to, (a, b) => sever(by, both([[a, b]], oneWay), ms)),
}

type Pairs = readonly (readonly [PeerId, PeerId])[]

function both(pairs: Pairs, oneWay: boolean): Pairs {
  return oneWay ? pairs : [...pairs, ...pairs.map(([a, b]) => [b, a] as const)]
}

function pairsOf({ names }: Striker, side: readonly string[], oneWay: boolean): Pairs {
  const these = names.filter((name) => side.includes(name))
  const rest = names.filter((name) => !side.includes(name))
  const pairs = these.flatMap((a) => rest.map((b) => [a, b] as const))
  return both(pairs, oneWay)
}

function sever(by: Striker, pairs: Pairs, ms: number): void {
  const { network } = by.world
  for (const [a, b] of pairs) network.cut(a, b)
  by.later(ms, () => pairs.forEach(([a, b]) => network.mend(a, b)))
}

export const corrupt: FaultKind<{ readonly share: number }> = {
  draw: ({ rng }) => ({ share: rng.between(0, 0.3) }),
  strike: ({ world }, { share }) => void (world.corruption = share),
}

export const weather: FaultKind<Weather> = {
  draw: ({ rng }) => drawWeather(rng, rng.between(0.2, 40)),
  strike: ({ world }, { delayMs, loss, duplication, reordering }) =>
    void (world.network.weather = { delayMs, loss, duplication, reordering }),
}

function drawWeather(rng: Rng, slowest: number): Weather {
  return {
    delayMs: [slowest / 4, slowest],
    loss: rng.next() < 0.5 ? 0 : rng.between(0, 0.1),
    duplication: rng.next() < 0.5 ? 0 : 0.05,
    reordering: rng.next() < 0.5,
  }
}

/** For a while everything is late, by more than others wait for it, and nothing is in order. */
export const squall: FaultKind<{ readonly delayMs: readonly [number, number]; readonly ms: number }> = {
  draw: ({ rng }) => {
    const slowest = rng.between(50, 1_200)
    return { delayMs: [rng.next() < 0.5 ? 0.2 : slowest / 2, slowest], ms: rng.between(200, 3_000) }
  },
  strike: (by, { delayMs, ms }) => {
    const { network } = by.world
    const before = network.weather
    const squally = { ...before, delayMs, reordering: true }
    network.weather = squally
    by.later(ms, () => {
      if (network.weather === squally) network.weather = before
    })
  },
}

/** Frames are delivered a second time, whatever has become of the link, the session and the lives meanwhile. */
export const echoes: FaultKind<{ readonly share: number; readonly lateMs: readonly [number, number] }> = {
  draw: ({ rng }) => {
    const latest = rng.pick([50, 800, 8_000]) as number
    return { share: rng.between(0.01, 0.3), lateMs: [latest / 10, latest] }
  },
  strike: ({ world }, { share, lateMs }) => void (world.network.echoes = { share, lateMs }),
}
