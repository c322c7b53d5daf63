// Peers that are there and do nothing for a while: stopped processes, machines with their lids closed,
// and machines that are merely slow.

import type { Rng } from '@murmuration/core/internal'
import type { Aim, Whom } from './aims.ts'
import type { FaultDraw, FaultKind } from './fault-kind.ts'
import type { SimPeer } from './peer.ts'
import type { Striker } from './striker.ts'

export interface Standstill {
  readonly whom: Whom
  readonly ms: number
}

function drawWaking(rng: Rng): Aim {
  const of = rng.pick([[], [], [], ['owner'], ['holder'], ['parent'], ['guardian']] as const) ?? []
  return { of: [...of, 'waking'], pick: rng.next() }
}

/** For a moment, or for so long that it is missed. */
export const freeze: FaultKind<Standstill> = {
  draw: ({ rng }) => ({
    whom: drawWaking(rng),
    ms: rng.next() < 0.5 ? rng.between(100, 900) : rng.between(500, 12_000),
  }),
  strike: (by, { whom, ms }) => {
    const peer = by.awake(whom)
    if (!peer) return
    peer.freeze()
    by.later(ms, () => peer.thaw())
  },
}

/**
 * The lid is closed: mostly for so long that others think it dead and it is back within its grace, now
 * and then for longer than it is remembered. It hits those best who have work at others.
 */
export const sleep: FaultKind<Standstill & { readonly ticks: boolean }> = {
  draw: (draw) => ({
    whom: { of: draw.rng.next() < 0.75 ? ['employer', 'waking'] : ['waking'], pick: draw.rng.next() },
    ms: drawSleep(draw),
    ticks: draw.rng.next() < 0.5,
  }),
  strike: (by, { whom, ms, ticks }) => {
    const peer = by.awake(whom)
    if (!peer) return
    peer.sleep(ticks)
    by.later(ms, () => peer.thaw())
  },
}

function drawSleep({ rng, tombstoneMs }: FaultDraw): number {
  const chance = rng.next()
  if (chance < 0.6) return rng.between(3_000, 7_500)
  if (chance < 0.75) return rng.between(500, 3_000)
  return chance < 0.97 ? rng.between(7_500, 30_000) : rng.between(1.02, 1.3) * tombstoneMs
}

/** Somebody stands still for so long that others suspect it; the first who does falls asleep over that. */
export const pounce: FaultKind<Standstill & { readonly sleepMs: number; readonly ticks: boolean }> = {
  lurks: true,
  draw: ({ rng }) => ({
    whom: { of: ['waking'], pick: rng.next() },
    ms: rng.between(1_500, 4_000),
    sleepMs: rng.between(4_500, 7_000),
    ticks: rng.next() < 0.5,
  }),
  strike: (by, { whom, ms, sleepMs, ticks }) => {
    by.follow(0, { kind: 'freeze', whom, ms })
    lookFor(by, 80, () => {
      const suspecting = by.world.alive().find((other) => !other.frozen && suspects(other, by.living(whom)))
      if (suspecting) by.follow(0, { kind: 'sleep', whom: suspecting.peer, ms: sleepMs, ticks })
      return suspecting !== undefined
    })
  },
}

function lookFor(by: Striker, times: number, found: () => boolean): void {
  if (found() || times === 0) return
  by.meanwhile(50, () => lookFor(by, times - 1, found))
}

function suspects({ state }: SimPeer, peer: SimPeer | undefined): boolean {
  const row = peer && state.members.get(peer.peer)
  return row !== undefined && row.life === peer?.life && row.state === 'suspect'
}

export const slow: FaultKind<Standstill & { readonly times: number }> = {
  draw: ({ rng }) => ({
    whom: { of: ['victim'], pick: rng.next() },
    times: rng.between(2, 20),
    ms: rng.between(500, 6_000),
  }),
  strike: (by, { whom, times, ms }) => {
    const peer = by.living(whom)
    if (!peer) return
    peer.slowness = times
    by.later(ms, () => peer.recover())
  },
}
