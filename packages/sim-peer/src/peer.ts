// One simulated peer: the real machine with a shell of virtual wires, workers and bytes. It may be
// killed, frozen, slowed and brought back; whatever the shell does ends in an event, as it must.

import type {
  CodeId,
  Effect,
  LifeId,
  ObjectId,
  PeerEvent,
  PeerId,
  PeerState,
  Profile,
} from '@murmuration/core/internal'
import { codeOf, createPeerState, deadline, handle, lifeId, peerOf } from '@murmuration/core/internal'
import type { Config, Failure, Instant, Located } from '@murmuration/core/internal'
import type { Runner } from './runner.ts'
import type { Encoded } from './values.ts'
import { encode } from './values.ts'
import { fetch } from './transfers.ts'
import { SimWorkers } from './workers.ts'
import type { SimWorld } from './world.ts'

export class SimPeer {
  readonly world: SimWorld
  readonly peer: PeerId
  readonly life: LifeId
  /** Bundles that are here. */
  readonly bundles = new Set<CodeId>()
  readonly state: PeerState
  readonly config: Config
  readonly workers: SimWorkers
  /** Local time = virtual time + offset, less what was slept. */
  #offset: number
  readonly store: Map<ObjectId, Encoded>
  readonly #queue: PeerEvent[] = []
  readonly #watchers = new Map<ObjectId, Set<Runner>>()
  readonly programs: Runner[] = []
  /** What came of `durable`: null when there are as many copies as wanted. */
  readonly durables = new Map<ObjectId, Failure | null>()
  #scheduled = false
  #turning = false
  #wake = 0
  #wakeAt = Number.POSITIVE_INFINITY
  alive = true
  frozen = false
  /** Since when, in virtual time, its whole machine sleeps. */
  #asleepSince: number | null = null
  /** Work and turns take this many times as long. */
  slowness = 1
  left = false
  joined = false
  /** No room for more bytes. */
  full = false

  constructor(
    world: SimWorld,
    init: {
      peer: PeerId
      number: number
      slots: number
      config: Config
      seed: number
      domain: string
      store?: Map<ObjectId, Encoded>
    },
  ) {
    this.world = world
    this.peer = init.peer
    this.life = lifeId(init.peer, init.number)
    this.config = init.config
    this.#offset = (init.seed % 100_000) + 1
    this.store = init.store ?? new Map()
    this.workers = new SimWorkers(this)
    const profile: Profile = {
      version: 1,
      name: init.peer,
      kind: 'sim',
      slots: init.slots,
      labels: {},
      resources: {},
      memoryBytes: 2 ** 30,
      addresses: [init.peer],
      domain: init.domain,
    }
    this.state = createPeerState({ self: this.life, profile, config: init.config, seed: init.seed, now: this.now() })
    if (!world.spreadsCode) this.keepCode(world.code)
    this.#rearm()
  }

  /** What a call needs is kept where it is made. */
  keepCode(code: CodeId): void {
    if (this.bundles.has(code)) return
    this.bundles.add(code)
    this.event({ type: 'code', code, pinned: false })
  }

  now(): Instant {
    return ((this.#asleepSince ?? this.world.clock.now) + this.#offset) as Instant
  }

  event(event: PeerEvent): void {
    // What is sent to a machine that sleeps is lost; that its links are gone it learns when it wakes.
    if (!this.alive || (this.#asleepSince !== null && event.type === 'received')) return
    this.#queue.push(event)
    this.#schedule()
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
    const now = this.now()
    let effects: Effect[]
    try {
      effects = handle(this.state, events, now)
    } catch (error) {
      throw new Error(
        `${this.life} at ${this.world.clock.now.toFixed(1)} ms, on [${events.map((event) => event.type).join(', ')}]: ${error instanceof Error ? error.stack : String(error)}`,
        { cause: error },
      )
    }
    this.world.turned(this, events, effects)
    for (const effect of effects) this.#perform(effect)
    this.#turning = false
    if (this.#queue.length > 0) this.#schedule()
    this.#rearm()
  }

  #rearm(): void {
    if (!this.alive || this.frozen) return
    const at = deadline(this.state)
    if (at === this.#wakeAt) return
    this.#wakeAt = at
    const wake = ++this.#wake
    if (at === Number.POSITIVE_INFINITY) return
    this.world.clock.after(Math.max(0.01, at - this.now()) + (this.slowness - 1) * 5, () => {
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

  /** The process stands still; its clock does not. */
  freeze(): void {
    this.frozen = true
    this.#wake++
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  /** The machine stands still, and the monotonic clock with it: only the wall clock will tell. */
  sleep(): void {
    this.freeze()
    this.#asleepSince = this.world.clock.now
  }

  /** Goes on after either. Timers that are due fire before anything that came meanwhile is read. */
  thaw(): void {
    if (!this.frozen) return
    this.frozen = false
    const unread = this.#queue.splice(0)
    if (this.#asleepSince !== null) this.#wakeUp(this.world.clock.now - this.#asleepSince)
    this.turn()
    for (const event of unread) this.event(event)
    for (const then of this.#thawed.splice(0)) then()
  }

  #wakeUp(ms: number): void {
    this.#asleepSince = null
    this.#offset -= ms
    if (ms > this.config.sleptMs) this.#queue.push({ type: 'slept' })
  }

  kill(): void {
    this.alive = false
    this.#wake++
    this.workers.stop()
  }

  watch(object: ObjectId, owner: LifeId, runner: Runner): void {
    const watchers = this.#watchers.get(object)
    if (watchers) watchers.add(runner)
    else this.#watchers.set(object, new Set([runner]))
    this.event({ type: 'watch', object, owner, bytes: true })
  }

  unwatch(object: ObjectId, runner: Runner): void {
    const watchers = this.#watchers.get(object)
    if (!watchers?.delete(runner) || watchers.size > 0) return
    this.#watchers.delete(object)
    this.event({ type: 'unwatch', object })
  }

  put(object: ObjectId, encoded: Encoded): void {
    const { size, hash, refs, bytes } = encoded
    const inline = size <= this.config.inlineBytes ? bytes : null
    if (!inline) this.store.set(object, encoded)
    this.event({ type: 'put', object, size, hash, inline, refs, copies: 2 })
  }

  /** The bytes are there, and not what they were. */
  rot(object: ObjectId): void {
    const stored = this.store.get(object)
    if (stored) this.store.set(object, { ...stored, bytes: encode('rotten').bytes, hash: 'rotten' })
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
        return fetch(this, effect)
      case 'verify': {
        const { object, hash } = effect
        return this.work(1, () =>
          this.event({ type: 'verified', object, hash, sound: this.store.get(object)?.hash === hash }),
        )
      }
      case 'drop':
        this.store.delete(effect.object)
        return void this.bundles.delete(codeOf(effect.object) as CodeId)
      case 'run':
        return this.workers.run(effect.worker, effect.batch)
      case 'abort':
        return this.workers.abort(effect.attempt, effect.reason)
      case 'recall':
        return this.workers.giveBack(effect.worker)
      case 'terminate':
        return this.workers.crash(effect.worker, effect.reason)
      case 'settled':
        return this.#settled(effect.object, effect.source, effect.located)
      case 'notice':
        return this.world.noticed(this, effect.notice)
      case 'joined':
        this.joined = true
        return
      case 'left':
        this.left = true
        this.world.clock.after(50, () => this.world.departed(this))
        return
      case 'durable':
        this.durables.set(effect.object, effect.failure)
        return
      case 'cancelled':
      case 'inspected':
        return
    }
  }

  #settled(object: ObjectId, source: ObjectId, located: Located): void {
    const watchers = this.#watchers.get(object)
    this.#watchers.delete(object)
    for (const runner of watchers ?? []) {
      if (located.type === 'failure') runner.settled(object, { failure: located.failure })
      else if (located.type === 'inline') runner.settled(object, { bytes: located.bytes, refs: located.refs })
      else {
        const stored = this.store.get(source)
        if (!stored) throw new Error(`${this.life} was told that ${source} is here, and it is not`)
        runner.settled(object, { bytes: stored.bytes, refs: stored.refs })
      }
    }
  }

  runners(): Runner[] {
    return [...this.programs, ...this.workers.runners()]
  }
}
