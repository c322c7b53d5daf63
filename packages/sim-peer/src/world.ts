// The simulated mesh: peers, wires, functions, and the record of what happened. Everything is decided
// by one seed, and every turn of every peer goes into the trace hash: same seed, same hash.

import type {
  CodeId,
  Config,
  ContextId,
  Effect,
  LifeId,
  Notice,
  Order,
  PeerEvent,
  PeerId,
} from '@murmuration/core/internal'
import { Rng, checkPeerState, hash32, lifeId, presets } from '@murmuration/core/internal'
import type { Body, Context, SimFunction } from './bodies.ts'
import { Clockwork } from './clockwork.ts'
import { Network } from './network.ts'
import { SimPeer } from './peer.ts'
import { Runner } from './runner.ts'
import type { RunnerEnd } from './runner.ts'
import { Witness } from './witness.ts'

export interface WorldOptions {
  readonly seed: number
  readonly config?: Partial<Config>
  /** Check every table after every n-th turn. Default 1. */
  readonly checkEvery?: number
  /** Executors fetch the bundle over the wire. Default true. */
  readonly spreadsCode?: boolean
}

interface Seat {
  readonly peer: PeerId
  slots: number
  lives: number
  current: SimPeer | null
}

export interface Program {
  readonly runner: Runner
  end: RunnerEnd | null
}

export class SimWorld {
  readonly clock = new Clockwork()
  readonly rng: Rng
  readonly network: Network
  readonly config: Config
  readonly functions = new Map<string, SimFunction>()
  readonly code = 'c0de' as CodeId
  readonly spreadsCode: boolean
  readonly seats = new Map<PeerId, Seat>()
  readonly notices: { at: number; by: PeerId; notice: Notice }[] = []
  readonly witness = new Witness()
  readonly log: string[] = []
  readonly #checkEvery: number
  #turns = 0
  #trace = 0x9e3779b9
  #jobs = 0
  corruption = 0
  /** How often a task is tried again when its call does not say. */
  retries = 3
  /** Keeps a log of turns for a failing seed. */
  verbose = false

  constructor(options: WorldOptions) {
    this.rng = new Rng(options.seed)
    this.network = new Network(this.clock, new Rng(options.seed ^ 0x5bd1e995))
    this.config = { ...presets.test, ...options.config }
    this.#checkEvery = options.checkEvery ?? 1
    this.spreadsCode = options.spreadsCode ?? true
  }

  get traceHash(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, '0')
  }

  get turns(): number {
    return this.#turns
  }

  /** A peer that joins through the given entries (all living ones when none are named). */
  add(name: string, { slots = 1, entries }: { slots?: number; entries?: readonly string[] } = {}): SimPeer {
    const peer = name as PeerId
    const seat: Seat = this.seats.get(peer) ?? { peer, slots, lives: 0, current: null }
    seat.slots = slots
    this.seats.set(peer, seat)
    const known =
      entries ??
      [...this.seats.values()].filter((other) => other.current?.alive && other.peer !== peer).map((other) => other.peer)
    return this.#start(seat, known as PeerId[])
  }

  #start(seat: Seat, entries: readonly PeerId[]): SimPeer {
    seat.lives++
    const seed = hash32(`${seat.peer}|${seat.lives}`) ^ this.rng.below(2 ** 31)
    const { peer, lives: number, slots } = seat
    const current = new SimPeer(this, { peer, number, slots, config: this.config, seed, domain: peer })
    seat.current = current
    this.network.plug(peer, {
      deliver: (frame) => current.event({ type: 'received', frame }),
      unlinked: (other) => {
        const life = this.seats.get(other)?.current?.life
        for (const candidate of current.state.links.standing()) {
          if (candidate.startsWith(`${other}/`))
            current.event({ type: 'unlinked', life: life && candidate === life ? life : candidate, reason: 'closed' })
        }
      },
    })
    this.#enter(current, entries, 0)
    return current
  }

  /** Dials entries until one answers; a mesh of one is founded. */
  #enter(peer: SimPeer, entries: readonly PeerId[], tries: number): void {
    if (!peer.alive) return
    if (entries.length === 0) return peer.event({ type: 'founded' })
    if (peer.joined) return this.#knock(peer, entries)
    this.#dialEntry(peer, entries[tries % entries.length] as PeerId)
    this.clock.after(500, () => this.#enter(peer, entries, tries + 1))
  }

  /** Entries that were never heard of are tried for as long: two newcomers that met each other may be an island. */
  #knock(peer: SimPeer, entries: readonly PeerId[]): void {
    const unheard = entries.filter((entry) => !peer.state.members.get(entry))
    if (!peer.alive || unheard.length === 0) return
    for (const entry of unheard) this.#dialEntry(peer, entry)
    this.clock.after(5_000, () => this.#knock(peer, unheard))
  }

  /** Of an entry that answers the machine is told. */
  #dialEntry(peer: SimPeer, entry: PeerId): void {
    const target = this.seats.get(entry)?.current
    if (target && this.#reaches(peer, target)) peer.event({ type: 'entry', peer: entry, addresses: [entry] })
    this.dial(peer, entry)
  }

  #reaches(from: SimPeer, to: SimPeer): boolean {
    const isCut = this.network.isCut(from.peer, to.peer) || this.network.isCut(to.peer, from.peer)
    return to.alive && !to.frozen && !isCut
  }

  peer(name: string): SimPeer {
    const current = this.seats.get(name as PeerId)?.current
    if (!current) throw new Error(`no peer ${name}`)
    return current
  }

  peers(): SimPeer[] {
    return [...this.seats.values()].map((seat) => seat.current).filter((peer) => peer !== null)
  }

  alive(): SimPeer[] {
    return this.peers().filter((peer) => peer.alive)
  }

  living(life: LifeId): SimPeer | null {
    for (const peer of this.peers()) if (peer.alive && peer.life === life) return peer
    return null
  }

  dial(from: SimPeer, to: PeerId): void {
    const target = this.seats.get(to)?.current
    const answer = (ms: number, run: () => void): void => this.clock.after(ms, () => from.alive && run())
    const cut = this.network.isCut(from.peer, to) || this.network.isCut(to, from.peer)
    // A frozen process's machine still accepts the connection, but nobody speaks: a time-out.
    if (target?.alive && (cut || target.frozen))
      return answer(1_000, () => from.event({ type: 'dial-failed', peer: to, refused: false }))
    if (!target?.alive)
      return answer(this.network.delay(), () => from.event({ type: 'dial-failed', peer: to, refused: !cut }))
    answer(this.network.delay() * 3, () => {
      if (!target.alive) return from.event({ type: 'dial-failed', peer: to, refused: true })
      if (!this.#reaches(from, target)) return from.event({ type: 'dial-failed', peer: to, refused: false })
      this.network.link(from.peer, to)
      from.event({ type: 'linked', life: target.life })
      target.event({ type: 'linked', life: from.life })
    })
  }

  /** SIGKILL: the process is gone, its machine closes the connections and refuses new ones. */
  kill(name: string): void {
    const peer = this.peer(name)
    if (!peer.alive) return
    peer.kill()
    for (const other of this.network.linksOf(peer.peer)) this.network.unlink(peer.peer, other)
  }

  /** The same PeerId, a later life. */
  restart(name: string): SimPeer {
    const seat = this.seats.get(name as PeerId) as Seat
    const entries = [...this.seats.values()]
      .filter((other) => other.current?.alive && other !== seat)
      .map((other) => other.peer)
    return this.#start(seat, entries)
  }

  cut(from: readonly string[], to: readonly string[], { oneWay = false } = {}): void {
    for (const a of from) {
      for (const b of to) {
        this.network.cut(a as PeerId, b as PeerId)
        if (!oneWay) this.network.cut(b as PeerId, a as PeerId)
      }
    }
  }

  departed(peer: SimPeer): void {
    if (!peer.alive) return
    peer.kill()
    for (const other of this.network.linksOf(peer.peer)) this.network.unlink(peer.peer, other)
  }

  define(name: string, fn: (context: Context, ...args: never[]) => Body): void {
    this.functions.set(name, fn)
  }

  /** Runs a program as a job of that peer. */
  program(on: SimPeer, main: (context: Context) => Body): Program {
    const id = `job-${++this.#jobs}` as ContextId
    const program: Program = {
      runner: new Runner(on, {
        id,
        depth: 0,
        attempt: 0,
        code: this.code,
        onEnd: (end) => (program.end = end),
        onBlocked: () => {},
      }),
      end: null,
    }
    on.programs.push(program.runner)
    program.runner.start(main(program.runner))
    return program
  }

  /** Runs until the condition holds or the time is up. True when it holds. */
  run({ until, forMs }: { until?: () => boolean; forMs: number }): boolean {
    const end = this.clock.now + forMs
    for (;;) {
      if (until?.()) return true
      if (!this.clock.step(end)) return until?.() ?? true
    }
  }

  turned(peer: SimPeer, events: readonly PeerEvent[], effects: readonly Effect[]): void {
    this.#turns++
    this.#mix(peer.life)
    this.#mix(this.clock.now.toFixed(3))
    for (const event of events) this.#mix(event.type)
    for (const effect of effects)
      this.#mix(
        effect.type === 'send'
          ? `${effect.to}|${effect.frame.seq}|${effect.frame.ack}|${effect.frame.messages.length}|${effect.frame.claims.length}`
          : effect.type,
      )
    if (this.verbose) this.#note(peer, events, effects)
    this.witness.turned(peer.life, events, effects)
    if (this.#turns % this.#checkEvery === 0) checkPeerState(peer.state)
  }

  #note(peer: SimPeer, events: readonly PeerEvent[], effects: readonly Effect[]): void {
    const said = events.map((event) =>
      event.type === 'received'
        ? `<${event.frame.from}:${event.frame.messages.map(({ type }) => type).join('+')}${event.frame.claims.map((claim) => ` ${claim.life}=${claim.state}`).join('')}`
        : event.type,
    )
    const done = effects.map((effect) =>
      effect.type === 'send'
        ? `>${effect.to}:${effect.frame.messages.map(({ type }) => type).join('+')}`
        : effect.type === 'notice'
          ? effect.notice.type
          : effect.type,
    )
    this.log.push(`${this.clock.now.toFixed(1)} ${peer.life} [${said.join(', ')}] → [${done.join(', ')}]`)
    if (this.log.length > 50_000) this.log.shift()
  }

  #mix(text: string): void {
    this.#trace = Math.imul(this.#trace ^ hash32(text), 0x01000193)
    this.#trace ^= this.#trace >>> 13
  }

  executed(order: Order): void {
    this.witness.executed(order)
  }

  hasBuried(by: PeerId, peer: PeerId): boolean {
    return this.witness.hasBuried(by, peer)
  }

  noticed(peer: SimPeer, notice: Notice): void {
    if (notice.type === 'peer:died') this.witness.buried(peer.peer, notice.peer)
    this.notices.push({ at: this.clock.now, by: peer.peer, notice })
  }

  corrupts(): boolean {
    return this.corruption > 0 && this.rng.next() < this.corruption
  }

  lifeOf(name: string): LifeId {
    const seat = this.seats.get(name as PeerId) as Seat
    return lifeId(seat.peer, seat.lives)
  }
}
