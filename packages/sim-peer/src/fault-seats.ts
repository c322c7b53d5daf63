// Who comes and goes in good order, and what their machines run out of: newcomers, also such whose only
// entry dies; peers that leave; workers that crash; memory that is full.

import type { Rng } from '@murmuration/core/internal'
import type { Whom } from './aims.ts'
import type { FaultDraw, FaultKind } from './fault-kind.ts'
import { drawVictim } from './fault-kind.ts'
import { drawSeat } from './settings.ts'
import type { SeatOptions } from './seats.ts'

export interface Newcomer {
  readonly name: string
  readonly seat: SeatOptions
}

/** Peers in a mesh at most; no more join then. */
const peersMost = 14

function drawNewcomer({ rng, names }: FaultDraw): Newcomer | null {
  const name = `p${names.length}`
  if (names.length >= peersMost) return null
  names.push(name)
  return { name, seat: drawSeat(rng) }
}

export const join: FaultKind<Newcomer> = {
  draw: drawNewcomer,
  strike: ({ world }, { name, seat }) => void world.add(name, seat),
}

/** It knows one entry, which has joined itself, and that dies while it is joining, or when it hardly has. */
export const knock: FaultKind<Newcomer & { readonly entry: Whom; readonly ms: number }> = {
  draw: (draw) => {
    const { rng } = draw
    const newcomer = drawNewcomer(draw)
    const ms = rng.next() < 0.5 ? rng.between(0.1, 10) : rng.between(10, 1_000)
    return newcomer && { ...newcomer, entry: { of: ['victim'], pick: rng.next() }, ms }
  },
  strike: (by, { name, seat, entry, ms }) => {
    if (!by.living(entry)?.joined) return
    by.world.add(name, { ...seat, entries: [entry] })
    by.meanwhile(ms, () => by.kill(entry))
  },
}

export const leave: FaultKind<{ readonly whom: Whom }> = {
  draw: ({ rng }) => ({ whom: drawVictim(rng) }),
  strike: (by, { whom }) => {
    const peer = by.living(whom)
    if (peer && !peer.state.leaving) peer.event({ type: 'leave' })
  },
}

/** The same with more time for it, or less. */
export const drain: FaultKind<{ readonly whom: Whom; readonly withinMs: number }> = {
  draw: ({ rng }) => ({ whom: drawVictim(rng), withinMs: rng.between(100, 8_000) }),
  strike: (by, { whom, withinMs }) => {
    const peer = by.living(whom)
    if (peer && !peer.state.leaving) peer.event({ type: 'drain', peer: peer.life, withinMs })
  },
}

export const worker: FaultKind<{ readonly whom: Whom; readonly pick: number }> = {
  draw: ({ rng }) => ({ whom: { of: ['working'], pick: rng.next() }, pick: rng.next() }),
  strike: (by, { whom, pick }) => {
    const workers = by.awake(whom)?.workers
    const busy = workers?.busy() ?? []
    const unlucky = busy[Math.floor(pick * busy.length)]
    if (unlucky !== undefined) workers?.crash(unlucky, 'uncaught')
  },
}

export const full: FaultKind<{ readonly whom: Whom; readonly ms: number }> = {
  draw: ({ rng }) => ({ whom: { of: drawFull(rng), pick: rng.next() }, ms: rng.between(500, 6_000) }),
  strike: (by, { whom, ms }) => {
    const peer = by.living(whom)
    if (!peer) return
    by.world.isCramped = true
    peer.full = true
    by.later(ms, () => (peer.full = false))
  },
}

function drawFull(rng: Rng): readonly ('holder' | 'victim')[] {
  return rng.next() < 0.7 ? ['victim'] : ['holder', 'victim']
}

/** Disks outlive their peers, and so does what ails them. */
export const fullDisk: FaultKind<{ readonly whom: Whom; readonly ms: number }> = {
  draw: ({ rng }) => ({ whom: { of: drawFull(rng), pick: rng.next() }, ms: rng.between(500, 6_000) }),
  strike: (by, { whom, ms }) => {
    const { disk } = by.living(whom)?.store ?? {}
    if (!disk || disk.limitBytes === 0) return
    by.world.isCramped = true
    disk.isFull = true
    by.later(ms, () => (disk.isFull = false))
  },
}

export const rot: FaultKind<{ readonly whom: Whom; readonly pick: number }> = {
  draw: ({ rng }) => ({ whom: { of: ['holder', 'victim'], pick: rng.next() }, pick: rng.next() }),
  strike: (by, { whom, pick }) => {
    const peer = by.living(whom)
    const objects = [...(peer?.store.disk.labels.keys() ?? [])].filter((object) => peer?.store.isOnDisk(object))
    const object = objects[Math.floor(pick * objects.length)]
    if (!peer || object === undefined) return
    by.world.corruptions++
    peer.keeper.rot(object)
  },
}
