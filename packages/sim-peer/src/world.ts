// The simulated mesh: peers, wires, functions, and the record of what happened. Everything is decided
// by one seed, and every turn of every peer goes into the trace hash: same seed, same hash.

import type {
  CodeId,
  Config,
  ContextId,
  Effect,
  Failure,
  LifeId,
  Notice,
  ObjectId,
  Order,
  PeerEvent,
  PeerId,
  Writing,
} from '@murmuration/core/internal'
import { Rng, hash32, lifeId, presets } from '@murmuration/core/internal'
import type { SimActor } from './bodies-actor.ts'
import type { Body, Context, SimFunction } from './bodies.ts'
import { checkRun } from './check-limits.ts'
import { checkTurn } from './checks.ts'
import { Clockwork } from './clockwork.ts'
import { Custody } from './custody.ts'
import { Durability } from './durability.ts'
import { isExcused } from './excuses.ts'
import { lineOf } from './log.ts'
import { Network } from './network.ts'
import { SimPeer } from './peer.ts'
import type { Shell } from './shell.ts'
import { ordinary } from './seats.ts'
import type { Seat, SeatOptions } from './seats.ts'
import { SimDisk } from './store.ts'
import { Runner } from './runner.ts'
import type { ProgramOptions, RunnerEnd } from './runner.ts'
import { overhear } from './taps.ts'
import { digest, writing } from './values.ts'
import { Witness } from './witness.ts'

export interface WorldOptions {
  readonly seed: number
  readonly config?: Partial<Config>
  /** Executors fetch the bundle over the wire. Default true. */
  readonly spreadsCode?: boolean
  readonly spoil?: (peer: SimPeer) => void
  /** Runs real programs and tasks on a peer, in place of generators. What must hold is then not watched. */
  readonly shellOf?: (peer: SimPeer) => Shell
  /** Of what is stored. Default: of the text that generators' values are. */
  readonly hashOf?: (bytes: Uint8Array) => string
  /** How values are written. Default: as generators' are. */
  readonly writing?: Writing
}

/** How often a newcomer knocks at entries that are dead: a few seconds. */
const triesMost = 10

export interface Program {
  readonly peer: SimPeer
  readonly runner: Runner
  end: RunnerEnd | null
}

export class SimWorld {
  readonly clock = new Clockwork()
  readonly rng: Rng
  readonly network: Network
  readonly config: Config
  readonly functions = new Map<string, SimFunction>()
  readonly actors = new Map<string, SimActor>()
  readonly onceOnly = new Set<ObjectId>()
  readonly code = 'c0de' as CodeId
  readonly spreadsCode: boolean
  readonly seats = new Map<PeerId, Seat>()
  readonly notices: { at: number; by: PeerId; notice: Notice }[] = []
  readonly custody = new Custody(this)
  readonly witness = new Witness(this.custody)
  readonly durability = new Durability(this.custody)
  readonly log: string[] = []
  /** Are told of every turn, before the shell does what it is to do. */
  readonly listeners = new Set<(peer: SimPeer, effects: readonly Effect[]) => void>()
  /** Is shown every life when it begins: a test may spoil it. */
  readonly spoil: (peer: SimPeer) => void
  readonly hashOf: (bytes: Uint8Array) => string
  readonly writing: Writing
  readonly #shellOf: ((peer: SimPeer) => Shell) | undefined
  readonly #seed: number
  readonly #owners = new Map<ObjectId, Set<LifeId>>()
  /** The latest life of each seat. */
  readonly #latest = new Map<LifeId, SimPeer>()
  #turns = 0
  #trace = 0x9e3779b9
  readonly #opening = new Map<string, (takenBy: string | null) => void>()
  #jobs = 0
  /** Probability that bytes arrive bad, and how often they have. */
  corruption = 0
  corruptions = 0
  /** How often a task is tried again when its call does not say. */
  retries = 3
  /** Nobody forges anything: what holds only then is checked as it happens. */
  isStrict = false
  /** Nothing is done to anybody. */
  isCalm = false
  /** Some peers have little room, or had none for a while. */
  isCramped = false
  /** Programs began before everybody had met. */
  isScattered = false
  /** Keeps a log of turns for a failing seed. */
  verbose = false

  constructor(options: WorldOptions) {
    this.rng = new Rng(options.seed)
    this.#seed = options.seed
    this.spoil = options.spoil ?? (() => {})
    this.hashOf = options.hashOf ?? ((bytes) => digest(new TextDecoder().decode(bytes)))
    this.writing = options.writing ?? writing
    this.#shellOf = options.shellOf
    this.config = { ...presets.test, ...options.config }
    this.network = new Network(this.clock, options.seed, this.config.maxFrameBytes)
    this.spreadsCode = options.spreadsCode ?? true
  }

  get traceHash(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, '0')
  }

  get turnCount(): number {
    return this.#turns
  }

  /** A peer that joins through the given entries (all living ones when none are named). */
  add(name: string, { entries, ...options }: SeatOptions & { readonly entries?: readonly string[] } = {}): SimPeer {
    const peer = name as PeerId
    const fresh = { peer, ...ordinary, lives: 0, current: null, disk: new SimDisk(0) }
    const seat: Seat = this.seats.get(peer) ?? fresh
    Object.assign(seat, ordinary, options)
    seat.disk.limitBytes = seat.diskBytes
    seat.labels = { ...seat.labels, [`is ${name}`]: 'yes' }
    this.seats.set(peer, seat)
    const others = [...this.seats.values()].filter((other) => other.current?.alive && other.peer !== peer)
    return this.#start(seat, (entries ?? others.map((other) => other.peer)) as PeerId[])
  }

  #start(seat: Seat, entries: readonly PeerId[]): SimPeer {
    seat.lives++
    const { peer, lives: number, slots, labels, resources, memoryBytes, rate, slowness, disk, role } = seat
    const seed = hash32(`${peer}|${number}|${this.#seed}`)
    const profile = { slots, labels, resources, memoryBytes, role }
    const current = new SimPeer(this, { peer, number, profile, config: this.config, seed, rate, slowness, disk })
    if (seat.current) this.#latest.delete(seat.current.life)
    this.#latest.set(current.life, current)
    seat.current = current
    this.spoil(current)
    this.network.plug(peer, {
      deliver: (frame) => current.received(frame),
      violated: (other, reason) => {
        if (this.isStrict) throw new Error(`${current.life} cannot read what ${other} sends: ${reason}`)
        current.event({ type: 'violated', peer: other, reason })
      },
      unlinked: (other) => {
        for (const life of current.state.links.standing())
          if (life.startsWith(`${other}/`)) current.event({ type: 'unlinked', life, reason: 'closed' })
      },
    })
    this.#enter(current, entries, 0)
    return current
  }

  /** Dials entries until one answers, or gives up when none is there any more; a mesh of one is founded. */
  #enter(peer: SimPeer, entries: readonly PeerId[], tries: number): void {
    if (!peer.alive) return
    if (entries.length === 0) return peer.event({ type: 'founded' })
    if (peer.joined) return this.#knock(peer, entries)
    if (tries > triesMost && !entries.some((entry) => this.seats.get(entry)?.current?.alive)) return this.departed(peer)
    this.#dialEntry(peer, entries[tries % entries.length] as PeerId)
    this.clock.after(500, () => peer.whenThawed(() => this.#enter(peer, entries, tries + 1)))
  }

  /** Entries that were never heard of are tried for as long: two newcomers that met each other may be an island. */
  #knock(peer: SimPeer, entries: readonly PeerId[]): void {
    const unheard = entries.filter((entry) => !peer.state.members.get(entry))
    if (!peer.alive || unheard.length === 0) return
    for (const entry of unheard) this.#dialEntry(peer, entry)
    this.clock.after(5_000, () => peer.whenThawed(() => this.#knock(peer, unheard)))
  }

  /** Of an entry that answers the machine is told. */
  #dialEntry(peer: SimPeer, entry: PeerId): void {
    const target = this.seats.get(entry)?.current
    if (target && this.#reaches(peer, target)) peer.event({ type: 'entry', peer: entry, addresses: [entry] })
    this.dial(peer, entry)
  }

  #reaches(from: SimPeer, to: SimPeer): boolean {
    return to.alive && !to.frozen && !this.#isCut(from.peer, to.peer)
  }

  #isCut(a: PeerId, b: PeerId): boolean {
    return this.network.isCut(a, b) || this.network.isCut(b, a)
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

  /** Every life that there ever was. */
  *lives(): Iterable<{ readonly life: LifeId }> {
    for (const { peer, lives } of this.seats.values())
      for (let number = 1; number <= lives; number++) yield { life: lifeId(peer, number) }
  }

  living(life: LifeId): SimPeer | null {
    const peer = this.#latest.get(life)
    return peer?.alive ? peer : null
  }

  dial(from: SimPeer, to: PeerId): void {
    const target = this.seats.get(to)?.current
    const answer = (ms: number, run: () => void): void => this.clock.after(ms, () => from.whenThawed(run))
    const failed = (refused: boolean): void => from.event({ type: 'dial-failed', peer: to, refused })
    // A frozen process's machine still accepts the connection, but nobody speaks: a time-out.
    if (!target?.alive) return answer(this.network.delay(from.peer, to), () => failed(!this.#isCut(from.peer, to)))
    if (!this.#reaches(from, target)) return answer(1_000, () => failed(false))
    answer(this.network.delay(from.peer, to) * 3, () => {
      if (!target.alive) return failed(true)
      if (!this.#reaches(from, target)) return failed(false)
      this.network.link(from.peer, to)
      from.event({ type: 'linked', life: target.life, role: target.role })
      target.event({ type: 'linked', life: from.life, role: from.role })
    })
  }

  /** SIGKILL: the process is gone, its machine closes the connections and refuses new ones. */
  kill(name: string): void {
    this.departed(this.peer(name))
  }

  /** The same PeerId, a later life. */
  restart(name: string): SimPeer {
    const seat = this.seats.get(name as PeerId) as Seat
    const others = [...this.seats.values()].filter((other) => other.current?.alive && other !== seat)
    return this.#start(
      seat,
      others.map((other) => other.peer),
    )
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
    if (!this.#shellOf) this.custody.ends(peer)
    peer.kill()
    for (const other of this.network.linksOf(peer.peer)) this.network.unlink(peer.peer, other)
  }

  define(name: string, fn: (context: Context, ...args: never[]) => Body): void {
    this.functions.set(name, fn)
  }

  /** Runs a program as a job of that peer. `lingers`: its handles stay until it is dropped. */
  program(
    on: SimPeer,
    main: (context: Context) => Body,
    { lingers = false, job, detached }: ProgramOptions = {},
  ): Program {
    const id = (job === undefined ? `job-${++this.#jobs}` : `named-${job}`) as ContextId
    const onEnd = (end: RunnerEnd): void => void (program.end = end)
    const { code } = this
    const runsAgain = job !== undefined
    const runner = new Runner(on, { id, depth: 0, attempt: 0, code, lingers, runsAgain, onEnd, onBlocked: () => {} })
    const program: Program = { peer: on, runner, end: null }
    on.programs.push(runner)
    const start = (): void => runner.start(main(runner))
    on.whenThawed(() => {
      if (job === undefined) return start()
      this.#opening.set(`${on.life}|${id}`, (takenBy) => (takenBy === null ? start() : runner.refuse(takenBy)))
      on.event({ type: 'job', context: id, name: job, detached: detached === true })
    })
    return program
  }

  /** A job that a program here waited for. */
  jobOpened(peer: SimPeer, context: ContextId, takenBy: string | null): void {
    const key = `${peer.life}|${context}`
    const then = this.#opening.get(key)
    this.#opening.delete(key)
    then?.(takenBy)
  }

  /** Runs until the condition holds or the time is up. True when it holds. */
  run({ until, forMs }: { until?: () => boolean; forMs: number }): boolean {
    const end = this.clock.now + forMs
    for (;;) {
      if (until?.()) return true
      if (!this.clock.step(end)) return until?.() ?? true
    }
  }

  /** Until that instant comes, but for what is due in it, or the condition holds. */
  runBefore(at: number, until: () => boolean): void {
    while (!until() && this.clock.stepBefore(at)) continue
  }

  overhear(peer: SimPeer): void {
    if (!this.#shellOf) overhear(peer, this)
  }

  shellOf(peer: SimPeer): Shell | null {
    return this.#shellOf?.(peer) ?? null
  }

  /** A peer is about to take a turn. */
  turns(peer: SimPeer): void {
    if (!this.#shellOf) this.custody.turns(peer)
  }

  /** It has, and its shell has done nothing of what it is to do yet. */
  turned(peer: SimPeer, events: readonly PeerEvent[], effects: readonly Effect[]): void {
    this.#turns++
    this.#note(peer, events, effects)
    for (const listener of this.listeners) listener(peer, effects)
    if (this.#shellOf) return
    this.custody.turned(peer, effects)
    this.witness.turned(peer, effects)
    checkTurn(this, peer, { events, effects, nth: this.#turns })
  }

  #note(peer: SimPeer, events: readonly PeerEvent[], effects: readonly Effect[]): void {
    this.#mix(`${peer.life} ${this.clock.now.toFixed(3)} ${this.network.bytesSent}`)
    for (const event of events) {
      this.#mix(event.type)
      if (event.type === 'submit') this.#owns(event.spec.id as string as ObjectId, peer.life)
      else if (event.type === 'put') this.#owns(event.object, peer.life)
    }
    for (const effect of effects) this.#mix(effect.type)
    if (!this.verbose) return
    this.log.push(lineOf(this.clock.now, peer.life, events, effects))
    if (this.log.length > 50_000) this.log.shift()
  }

  #mix(text: string): void {
    this.#trace = Math.imul(this.#trace ^ hash32(text), 0x01000193)
    this.#trace ^= this.#trace >>> 13
  }

  #owns(object: ObjectId, life: LifeId): void {
    const owners = this.#owners.get(object)
    if (owners) owners.add(life)
    else this.#owners.set(object, new Set([life]))
  }

  /** All that ever answered for it. */
  ownersOf(object: ObjectId): LifeId[] {
    return [...(this.#owners.get(object) ?? [])]
  }

  excuses(failure: Failure): boolean {
    return isExcused(this, failure)
  }

  executed(peer: SimPeer, order: Order): void {
    this.witness.executed(order, this.isStrict)
    checkRun(peer, order)
  }

  noticed(peer: SimPeer, notice: Notice): void {
    this.notices.push({ at: this.clock.now, by: peer.peer, notice })
  }

  corrupts(): boolean {
    const corrupts = this.corruption > 0 && this.rng.next() < this.corruption
    if (corrupts) this.corruptions++
    return corrupts
  }

  lifeOf(name: string): LifeId {
    return lifeId(name as PeerId, this.seats.get(name as PeerId)?.lives ?? 0)
  }
}
