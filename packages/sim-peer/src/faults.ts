// What is done to a simulated mesh: one stroke at a time, drawn by the seed. Whatever ends by itself
// (a freeze, a cut, a full disk) does so after a drawn time.

import type { PeerId, Rng } from '@murmuration/core/internal'
import type { Weather } from './network.ts'
import type { SimPeer } from './peer.ts'
import { drawSeat } from './settings.ts'
import type { SimWorld } from './world.ts'

const strokes = {
  kill,
  massacre,
  restart,
  worker,
  freeze,
  nap,
  sleep,
  pounce,
  slow,
  leave,
  drain,
  join,
  full,
  reset,
  stall,
  cut,
  oneWay,
  gap,
  corrupt,
  weather,
} as const

export type Fault = keyof typeof strokes

const sleeps: readonly Fault[] = ['sleep', 'sleep', 'sleep', 'sleep']

/** Deaths, and machines that sleep, are what finds most. */
export const faults: readonly Fault[] = [...(Object.keys(strokes) as Fault[]), ...sleeps, 'kill', 'restart']

/** Peers in a mesh at most; no more join then. */
const peersMost = 14

export class Striker {
  readonly world: SimWorld
  readonly rng: Rng
  /** What was done when. */
  readonly done: string[] = []
  /** Peers that others may rightly have thought dead. */
  readonly suspects = new Set<string>()

  constructor(world: SimWorld, rng: Rng) {
    this.world = world
    this.rng = rng
  }

  strike(fault: Fault): void {
    strokes[fault](this)
  }

  get names(): PeerId[] {
    return [...this.world.seats.keys()]
  }

  note(what: string): void {
    this.done.push(`${this.world.clock.now.toFixed(0)} ms: ${what}`)
  }

  /** Peers that may be harmed for good: all but the one whose answers are asked for. */
  victims(): PeerId[] {
    return this.names.slice(1).filter((name) => this.world.peer(name).alive)
  }

  victim(): SimPeer | undefined {
    const name = this.rng.pick(this.victims())
    return name && this.world.peer(name)
  }

  /** Any that is awake. */
  waking(): SimPeer | undefined {
    return this.rng.pick(this.world.alive().filter((peer) => !peer.frozen))
  }

  later(ms: number, run: () => void): void {
    this.world.clock.after(ms, run)
  }
}

type By = Striker

function kill(by: By): void {
  const peer = by.victim()
  if (!peer) return
  by.suspects.add(peer.peer)
  by.note(`kill ${peer.peer}`)
  by.world.kill(peer.peer)
}

/** A neighbourhood at once. */
function massacre(by: By): void {
  const victims = by.victims()
  const dead = by.rng.sample(victims, by.rng.below(victims.length + 1))
  by.note(`kill ${dead.join(' ')}`)
  for (const name of dead) {
    by.suspects.add(name)
    by.world.kill(name)
  }
}

function restart(by: By): void {
  const { world, rng } = by
  const name = by.names.find((other) => !world.peer(other).alive) ?? by.victim()?.peer
  if (!name) return
  by.suspects.add(name)
  by.note(`restart ${name}`)
  world.kill(name)
  by.later(rng.between(1, 3_000), () => void (world.peer(name).alive || world.restart(name)))
}

function worker(by: By): void {
  const peer = by.waking()
  const busy = by.rng.pick(peer?.workers.busy() ?? [])
  if (!peer || busy === undefined) return
  by.note(`worker ${busy} of ${peer.peer}`)
  peer.workers.crash(busy, 'uncaught')
}

function freeze(by: By): void {
  stand(by, by.waking(), by.rng.between(500, 12_000))
}

function nap(by: By): void {
  stand(by, by.waking(), by.rng.between(100, 900))
}

function stand(by: By, peer: SimPeer | undefined, ms: number): void {
  if (!peer) return
  by.suspects.add(peer.peer)
  by.note(`freeze ${peer.peer} for ${ms.toFixed(0)} ms`)
  peer.freeze()
  by.later(ms, () => peer.thaw())
}

/**
 * The lid is closed: mostly for so long that others think it dead and it is back within its grace, now
 * and then for longer than it is remembered. It hits those best who have work at others.
 */
function sleep(by: By): void {
  const { rng, world } = by
  const busy = world.alive().filter((peer) => !peer.frozen && hasWorkOut(peer))
  const peer = rng.next() < 0.75 ? rng.pick(busy) : by.waking()
  doze(by, peer ?? by.waking(), drawSleep(by))
}

function hasWorkOut({ state, life }: SimPeer): boolean {
  for (const { at } of state.tasks.all()) if (at !== null && at !== life) return true
  return false
}

function drawSleep({ rng, world }: By): number {
  const chance = rng.next()
  if (chance < 0.6) return rng.between(3_000, 7_500)
  if (chance < 0.75) return rng.between(500, 3_000)
  return chance < 0.97 ? rng.between(7_500, 30_000) : rng.between(1.02, 1.3) * world.config.tombstoneMs
}

function doze(by: By, peer: SimPeer | undefined, ms: number): void {
  if (!peer) return
  const ticks = by.rng.next() < 0.5
  by.suspects.add(peer.peer)
  by.note(`${peer.peer} sleeps for ${ms.toFixed(0)} ms${ticks ? '' : ', its clock too'}`)
  peer.sleep(ticks)
  by.later(ms, () => peer.thaw())
}

/** Somebody stands still for so long that others suspect it; the first who does falls asleep over that. */
function pounce(by: By): void {
  const { rng, world } = by
  const peer = by.waking()
  if (!peer) return
  stand(by, peer, rng.between(1_500, 4_000))
  const watch = (tries: number): void => {
    const suspecting = world.alive().find((other) => !other.frozen && suspects(other, peer))
    if (suspecting) return doze(by, suspecting, rng.between(4_500, 7_000))
    if (tries > 0) by.later(50, () => watch(tries - 1))
  }
  watch(80)
}

function suspects({ state }: SimPeer, peer: SimPeer): boolean {
  const row = state.members.get(peer.peer)
  return row?.life === peer.life && row.state === 'suspect'
}

function slow(by: By): void {
  const peer = by.victim()
  if (!peer) return
  const times = by.rng.between(2, 20)
  by.note(`slow ${peer.peer} × ${times.toFixed(0)}`)
  peer.slowness = times
  by.later(by.rng.between(500, 6_000), () => (peer.slowness = 1))
}

function leave(by: By): void {
  const peer = by.victim()
  if (!peer || peer.state.leaving) return
  by.suspects.add(peer.peer)
  by.note(`${peer.peer} leaves`)
  peer.event({ type: 'leave' })
}

/** Like leaving, with more time for it, or less. */
function drain(by: By): void {
  const peer = by.victim()
  if (!peer || peer.state.leaving) return
  const withinMs = by.rng.between(100, 8_000)
  by.suspects.add(peer.peer)
  by.note(`${peer.peer} is drained within ${withinMs.toFixed(0)} ms`)
  peer.event({ type: 'drain', peer: peer.life, withinMs })
}

function join(by: By): void {
  const { names, world, rng } = by
  if (names.length >= peersMost) return
  const newcomer = `p${names.length}`
  by.note(`join ${newcomer}`)
  world.add(newcomer, drawSeat(rng))
}

function full(by: By): void {
  const peer = by.victim()
  if (!peer) return
  by.note(`full ${peer.peer}`)
  by.world.isCramped = true
  peer.full = true
  by.later(by.rng.between(500, 6_000), () => (peer.full = false))
}

function reset(by: By): void {
  const [a, b] = by.rng.sample(by.names, 2)
  if (!a || !b) return
  by.note(`reset ${a}-${b}`)
  by.world.network.unlink(a, b)
}

/** An outbox that does not drain for a while. */
function stall(by: By): void {
  const { rng } = by
  const peer = by.waking()
  const other = rng.pick(by.names.filter((name) => name !== peer?.peer))
  if (!peer || !other) return
  by.suspects.add(peer.peer)
  by.suspects.add(other)
  by.note(`stall ${peer.peer} > ${other}`)
  peer.event({ type: 'writable', peer: other, writable: false })
  by.later(rng.between(50, 4_000), () => peer.event({ type: 'writable', peer: other, writable: true }))
}

function cut(by: By): void {
  divide(by, false)
}

function oneWay(by: By): void {
  divide(by, true)
}

function divide(by: By, isOneWay: boolean): void {
  const { rng, names } = by
  const side = rng.sample(names, 1 + rng.below(Math.max(1, names.length - 1)))
  const rest = names.filter((name) => !side.includes(name))
  sever(by, side, rest, { isOneWay, ms: rng.between(200, 10_000) })
}

/** Two do not reach each other, and everybody else reaches both. */
function gap(by: By): void {
  const { rng } = by
  const [a, b] = rng.sample(by.names, 2)
  if (a && b) sever(by, [a], [b], { isOneWay: rng.next() < 0.5, ms: rng.between(50, 5_000) })
}

// oxlint-disable-next-line max-params -- who, whom, and how
function sever(by: By, side: readonly PeerId[], rest: readonly PeerId[], how: { isOneWay: boolean; ms: number }): void {
  const { network } = by.world
  const { isOneWay, ms } = how
  const pairs = side.flatMap((a) =>
    rest.flatMap((b) =>
      isOneWay
        ? [[a, b] as const]
        : ([
            [a, b],
            [b, a],
          ] as const),
    ),
  )
  for (const name of [...side, ...rest]) by.suspects.add(name)
  by.note(`${isOneWay ? 'one-way ' : ''}cut ${side.join(' ')} | ${rest.join(' ')} for ${ms.toFixed(0)} ms`)
  for (const [a, b] of pairs) network.cut(a, b)
  by.later(ms, () => pairs.forEach(([a, b]) => network.mend(a, b)))
}

function corrupt(by: By): void {
  by.world.corruption = by.rng.between(0, 0.3)
  by.note(`corrupt ${by.world.corruption.toFixed(2)}`)
}

function weather(by: By): void {
  for (const name of by.names) by.suspects.add(name)
  by.world.network.weather = drawWeather(by.rng)
  by.note(`weather ${JSON.stringify(by.world.network.weather)}`)
}

function drawWeather(rng: Rng): Weather {
  const slowest = rng.between(0.2, 40)
  return {
    delayMs: [slowest / 4, slowest],
    loss: rng.next() < 0.5 ? 0 : rng.between(0, 0.1),
    duplication: rng.next() < 0.5 ? 0 : 0.05,
    reordering: rng.next() < 0.5,
  }
}
