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
  Located,
  ObjectId,
  PeerEvent,
  PeerId,
  PeerState,
  Profile,
  Role,
} from '@murmuration/core/internal'
import { createPeerState, deadline, handle, lifeId, peerOf } from '@murmuration/core/internal'
import type { Wait } from './bodies.ts'
import { LocalClock } from './local-clock.ts'
import { SimKeeper } from './keeper.ts'
import type { JobOfPut } from './keeper.ts'
import type { Runner } from './runner.ts'
import type { SimDisk } from './store.ts'
import { SimStore } from './store.ts'
import type { TaskRow } from './tables.ts'
import type { Encoded } from './values.ts'
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
  readonly #watchers = new Map<ObjectId, Set<Runner>>()
  /** Watched for nothing but their end. */
  readonly #unreadObjects = new Set<ObjectId>()
  /** Who waits for copies, or for the end of what was cancelled. */
  readonly #ends = new Map<string, Runner[]>()
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
    const rest = { version: 1, name: peer, kind: 'sim', addresses: [peer], domain: peer } as const
    const whole = { ...rest, ...profile }
    const spillBytes = disk.limitBytes
    this.state = createPeerState({ self: this.life, profile: whole, config, seed, now: this.now(), spillBytes })
    world.overhear(this)
    if (!world.spreadsCode) this.keepCode(world.code)
    if (disk.labels.size > 0) this.event({ type: 'found', objects: [...disk.labels.values()] })
    this.#rearm()
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
    this.#rearm()
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

  #rearm(): void {
    if (!this.alive || this.frozen) return
    const at = deadline(this.state)
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
  }

  /** Without `bytes` only that it is settled is of interest. */
  // oxlint-disable-next-line max-params -- who waits for what, and how much of it
  watch(object: ObjectId, owner: LifeId, runner: Runner, bytes = true): void {
    this.#unreadObjects[bytes ? 'delete' : 'add'](object)
    const watchers = this.#watchers.get(object)
    if (watchers) watchers.add(runner)
    else this.#watchers.set(object, new Set([runner]))
    this.event({ type: 'watch', object, owner, bytes })
  }

  unwatch(object: ObjectId, runner: Runner): void {
    const watchers = this.#watchers.get(object)
    if (!watchers?.delete(runner) || watchers.size > 0) return
    this.#watchers.delete(object)
    this.event({ type: 'unwatch', object })
  }

  awaitEnd(wait: Extract<Wait, { type: 'durable' | 'stop' }>, runner: Runner): void {
    const { object, owner } = wait.ref
    const key = `${wait.type}|${object}`
    this.#ends.set(key, [...(this.#ends.get(key) ?? []), runner])
    if (wait.type === 'stop') this.event({ type: 'cancel', object, owner, reason: wait.reason })
    else this.event({ type: 'durable', object })
  }

  #reached(type: 'durable' | 'stop', object: ObjectId, failure: Extract<Effect, { type: 'durable' }>['failure']): void {
    const key = `${type}|${object}`
    const runners = this.#ends.get(key) ?? []
    this.#ends.delete(key)
    for (const runner of runners) this.#resolved.push(() => runner.reached(type, object, failure))
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
        return this.#resolve(() => this.workers.proceed(effect.attempt, effect.taken))
      case 'consumed':
        return this.#resolve(() => {
          for (const runner of this.runners()) if (runner.id === effect.reader) runner.consumed(effect.object)
        })
      case 'settled':
        return this.#settled(effect.object, effect.source, effect.located)
      case 'durable':
        this.durables.set(effect.object, effect.failure)
        return this.#reached('durable', effect.object, effect.failure)
      case 'cancelled':
        return this.#reached('stop', effect.object, null)
      case 'notice':
        return this.world.noticed(this, effect.notice)
      case 'joined':
        this.joined = true
        return
      case 'left':
        this.left = true
        return this.world.clock.after(50, () => this.world.departed(this))
      case 'job-opened':
        return void this.#resolved.push(() => this.world.jobOpened(this, effect.context, effect.takenBy))
      case 'actor-found':
      case 'inspected':
        return
    }
  }

  #resolve(goOn: () => void): void {
    this.#resolved.push(goOn)
  }

  #settled(object: ObjectId, source: ObjectId, located: Located): void {
    const watchers = this.#watchers.get(object)
    this.#watchers.delete(object)
    if (located.type === 'alias') throw new Error(`${this.life} was told of ${object} that it is another one`)
    const isUnread = this.#unreadObjects.delete(object)
    for (const runner of watchers ?? []) {
      const bytes =
        located.type === 'failure' ? null : isUnread ? new Uint8Array() : this.keeper.bytesOf(source, located)
      // Gone bad meanwhile: watched on.
      if (bytes === undefined) {
        this.watch(object, runner.ownerOf(object), runner)
        continue
      }
      const got = located.type === 'failure' ? located : { bytes: bytes as Uint8Array, refs: located.refs }
      this.#resolved.push(() => runner.settled(object, got))
    }
  }

  /** Every context that lives here. */
  *runners(): Iterable<Runner> {
    yield* this.programs
    yield* this.workers.runners()
  }
}
