// One simulated peer: the real machine with a shell of virtual wires, workers and bytes. It may be
// killed, frozen, put to sleep, slowed and brought back; whatever the shell does ends in an event, as
// it must.

import type {
  CodeId,
  Config,
  ContextId,
  Effect,
  Failure,
  Frame,
  Instant,
  LifeId,
  ObjectId,
  PeerEvent,
  PeerId,
  PeerState,
  Profile,
  Role,
} from '@murmuration/core/internal'
import { inspect } from '@murmuration/core/seeing'
import { createPeerState, deadline, handle, lifeId, peerOf, skippedMs } from '@murmuration/core/internal'
import { LocalClock } from './local-clock.ts'
import { SimKeeper } from './keeper.ts'
import type { JobOfPut } from './keeper.ts'
import type { Runner } from './runner.ts'
import type { Shell } from './shell.ts'
import type { SimDisk } from './store.ts'
import { SimStore } from './store.ts'
import type { TaskRow } from './tables.ts'
import type { Encoded } from './values.ts'
import { SimWatches } from './watches.ts'
import { SimWorkers } from './workers.ts'
import type { SimWorld } from './world.ts'

export interface PeerInit {
  readonly peer: PeerId
  readonly number: number
  readonly config: Config
  readonly seed: number
  readonly profile: Pick<Profile, 'slots' | 'labels' | 'resources' | 'memoryBytes'> & { readonly role: Role }
  readonly rate: number
  readonly slowness: number
  /** Outlives it. */
  readonly disk: SimDisk
}

/** `frozen`: the process, its machine goes on. `asleep`: all of it; nothing arrives. */
type Standstill = { readonly since: number; readonly asleep: boolean; readonly ticks: boolean }

export class SimPeer {
  readonly world: SimWorld
  readonly peer: PeerId
  readonly life: LifeId
  /** What its pass would say. */
  readonly role: Role
  /** Bundles that are here. */
  readonly bundles = new Set<CodeId>()
  readonly state: PeerState
  readonly store: SimStore
  readonly keeper: SimKeeper
  readonly workers: SimWorkers
  readonly watches: SimWatches
  /** Carries out what programs and tasks are about, where those are no generators. */
  readonly #shell: Shell | null
  readonly programs: Runner[] = []
  /** Objects that left the directory in the current turn, and tasks that were given out in the last. */
  readonly freed: ObjectId[] = []
  readonly given: { readonly row: TaskRow; readonly to: LifeId }[] = []
  /** What came of `durable`: null when there are as many copies as wanted. */
  readonly durables = new Map<ObjectId, Failure | null>()
  /** Of whom a borrow was asked last. */
  readonly asked = new Map<ObjectId, LifeId>()
  /** What each executor said last that it takes from here. */
  readonly told = new Map<LifeId, number>()
  ownGrant: number | null = null
  readonly #config: Config
  readonly #clock: LocalClock
  readonly #slowness: number
  readonly #queue: PeerEvent[] = []
  /** What came while it stood still. */
  readonly #unread: PeerEvent[] = []
  /** Programs go on when the shell has done all that a turn asks of it, as promises resolve. */
  readonly #resolved: (() => void)[] = []
  #scheduled = false
  #turning = false
  #wake = 0
  #wakeAt = Number.POSITIVE_INFINITY
  #standstill: Standstill | null = null
  alive = true
  /** When, by its own clock, it woke from what its machine must have taken for a sleep. */
  wokeAt = Number.NEGATIVE_INFINITY
  /** Turns on end without an event after which the machine wanted another at once. */
  idleTurns = 0
  /** Work and turns take this many times as long. */
  slowness: number
  left = false
  joined = false

  constructor(world: SimWorld, { peer, number, config, seed, profile, rate, slowness, disk }: PeerInit) {
    this.world = world
    this.peer = peer
    this.life = lifeId(peer, number)
    this.role = profile.role
    this.#config = config
    this.#clock = new LocalClock(world.clock, { offset: (seed % 100_000) + 1, rate })
    this.#slowness = slowness
    this.slowness = slowness
    this.store = new SimStore(profile.memoryBytes, disk)
    this.keeper = new SimKeeper(this)
    this.workers = new SimWorkers(this)
    this.watches = new SimWatches(this)
    const rest = { version: 1, name: peer, kind: 'sim', addresses: [peer], domain: peer } as const
    const whole = { ...rest, ...profile }
    const spillBytes = disk.limitBytes
    this.state = createPeerState({
      self: this.life,
      profile: whole,
      config,
      seed,
      now: this.now(),
      spillBytes,
      writing: world.writing,
      see: inspect,
    })
    world.overhear(this)
    this.#shell = world.shellOf(this)
    if (!world.spreadsCode) this.keepCode(world.code)
    if (disk.labels.size > 0) this.event({ type: 'found', objects: [...disk.labels.values()] })
    this.#rearm(deadline(this.state))
  }

  /** What a call needs is kept where it is made. */
  keepCode(code: CodeId): void {
    if (this.bundles.has(code)) return
    this.bundles.add(code)
    this.event({ type: 'code', code, pinned: false })
  }

  now(): Instant {
    return this.#clock.now()
  }

  get frozen(): boolean {
    return this.#standstill !== null
  }

  get asleep(): boolean {
    return this.#standstill?.asleep === true
  }

  /** No room for more bytes. */
  get full(): boolean {
    return this.store.isFull
  }

  set full(full: boolean) {
    this.store.isFull = full
  }

  event(event: PeerEvent): void {
    if (!this.alive) return
    if (this.frozen) return void this.#unread.push(event)
    if ((event.type === 'described' && event.slots === 0) || event.type === 'standstill')
      this.world.witness.paused(this)
    this.#queue.push(event)
    this.#schedule()
  }

  /** Those bytes were found bad and are gone; the machine, which decided before, hears of it in a turn to come. */
  willHearSpoilt(object: ObjectId): boolean {
    return [...this.#queue, ...this.#unread].some((event) => event.type === 'spoilt' && event.object === object)
  }

  /** A frozen process finds it when it thaws; a machine that sleeps never hears of it, but that its links are gone. */
  received(frame: Frame): void {
    if (!this.asleep) this.event({ type: 'received', frame })
  }

  /** A turn runs soon after an event: everything that happens until then is one batch. */
  #schedule(): void {
    if (this.#scheduled || this.frozen || this.#turning) return
    this.#scheduled = true
    this.world.clock.after(0.02 * this.slowness, () => {
      this.#scheduled = false
      this.turn()
    })
  }

  turn(): void {
    if (!this.alive || this.frozen) return
    this.#turning = true
    const events = this.#queue.splice(0)
    this.given.length = 0
    if (this.ownGrant !== null) this.told.set(this.life, this.ownGrant)
    this.world.turns(this)
    const effects = this.#handle(events)
    this.world.turned(this, events, effects)
    this.freed.length = 0
    for (const effect of effects) this.#perform(effect)
    for (const goOn of this.#resolved.splice(0)) goOn()
    this.#turning = false
    if (this.#queue.length > 0) this.#schedule()
    this.#rearm(this.state.timers.wakeAt)
  }

  #handle(events: readonly PeerEvent[]): Effect[] {
    try {
      return handle(this.state, events, this.now())
    } catch (error) {
      const what = events.map((event) => event.type).join(', ')
      const why = error instanceof Error ? error.stack : String(error)
      throw new Error(`${this.life} at ${this.world.clock.now.toFixed(1)} ms, on [${what}]: ${why}`, { cause: error })
    }
  }

  #rearm(at: Instant): void {
    if (!this.alive || this.frozen) return
    if (at === this.#wakeAt) return
    this.#wakeAt = at
    const wake = ++this.#wake
    if (at === Number.POSITIVE_INFINITY) return
    this.world.clock.after(Math.max(0.01, this.#clock.msTo(at)) + (this.slowness - 1) * 5, () => {
      if (wake !== this.#wake) return
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.turn()
    })
  }

  /** Computing that takes virtual time; stands still while the peer is frozen, gone when it dies. */
  work(ms: number, then: () => void): void {
    this.world.clock.after(ms * this.slowness, () => this.whenThawed(then))
  }

  readonly #thawed: (() => void)[] = []

  whenThawed(then: () => void): void {
    if (!this.alive) return
    if (this.frozen) this.#thawed.push(then)
    else then()
  }

  /** SIGSTOP: its clock goes on, its machine still takes what arrives. */
  freeze(): void {
    this.#stand({ since: this.world.clock.now, asleep: false, ticks: true })
  }

  /** The lid is closed. `ticks`: its monotonic clock counts the time; else only the wall clock does. */
  sleep(ticks = false): void {
    this.#stand({ since: this.world.clock.now, asleep: true, ticks })
  }

  #stand(standstill: Standstill): void {
    if (this.#standstill) return
    this.#standstill = standstill
    if (!standstill.ticks) this.#clock.stop()
    this.#wake++
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  /** Goes on after either. Timers that are due fire before anything that came meanwhile is read. */
  thaw(): void {
    const standstill = this.#standstill
    if (!standstill) return
    this.#standstill = null
    if (!this.alive) return
    this.#noticeSleep(standstill)
    this.turn()
    for (const event of this.#unread.splice(0)) this.event(event)
    for (const then of this.#thawed.splice(0)) then()
  }

  /** What a shell sees of it: that the wall clock ran ahead. Of a clock that ticked on, that the timer is late. */
  #noticeSleep({ since, ticks }: Standstill): void {
    const ms = this.world.clock.now - since
    this.#clock.go()
    const { sleptMs } = this.#config
    if (!ticks && ms > sleptMs) this.#queue.unshift({ type: 'slept' })
    else if (!ticks && ms > skippedMs(this.#config)) this.#queue.unshift({ type: 'skipped' })
    // No deadline is further off than a second.
    if (ms > sleptMs + (ticks ? 1_100 : 0)) this.wokeAt = this.now()
  }

  /** As fast as it can be. */
  recover(): void {
    this.slowness = this.#slowness
  }

  kill(): void {
    this.alive = false
    this.#wake++
    this.workers.clear()
    this.#shell?.ended()
  }

  /** False when there is no room for it. */
  put(
    context: ContextId,
    object: ObjectId,
    { encoded, copies, job }: { encoded: Encoded; copies: number; job?: JobOfPut },
  ): boolean {
    return this.keeper.put(object, encoded, { context, copies, job, inlineBytes: this.#config.inlineBytes })
  }

  #perform(effect: Effect): void {
    if (this.#shell?.perform(effect) === true) return
    switch (effect.type) {
      case 'send':
        return this.world.network.send(this.peer, peerOf(effect.to), effect.frame)
      case 'dial':
        return this.world.dial(this, effect.peer)
      case 'hang-up':
        return this.world.network.unlink(this.peer, effect.peer)
      case 'fetch':
        return this.keeper.fetch(effect)
      case 'sources':
        return this.keeper.addSources(effect.object, effect.from)
      case 'spill':
        return this.keeper.spill(effect.label)
      case 'verify':
        return this.keeper.verify(effect.object, effect.hash)
      case 'drop':
        return this.keeper.drop(effect.object)
      case 'run':
      case 'abort':
      case 'snapshot':
      case 'recall':
      case 'terminate':
        return this.workers.perform(effect)
      case 'proceed':
        return this.resolve(() => this.workers.proceed(effect.attempt, effect.taken))
      case 'consumed':
        return this.resolve(() => {
          for (const runner of this.runners()) if (runner.id === effect.reader) runner.consumed(effect.object)
        })
      case 'settled':
        return this.watches.settled(effect.object, effect.source, effect.located)
      case 'durable':
        this.durables.set(effect.object, effect.failure)
        return this.watches.reached('durable', effect.object, effect.failure)
      case 'cancelled':
        return this.watches.reached('stop', effect.object, null)
      case 'notice':
        return this.world.noticed(this, effect.notice)
      case 'joined':
        this.joined = true
        return
      case 'left':
        this.left = true
        return this.world.clock.after(50, () => this.world.departed(this))
      case 'job-opened':
        return this.resolve(() => this.world.jobOpened(this, effect.context, effect.takenBy))
      case 'actor-found':
      case 'inspected':
        return
    }
  }

  resolve(goOn: () => void): void {
    this.#resolved.push(goOn)
  }

  /** Every context that lives here. */
  *runners(): Iterable<Runner> {
    yield* this.programs
    yield* this.workers.runners()
  }
}
