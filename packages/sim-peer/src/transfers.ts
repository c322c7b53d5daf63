// Bytes on their way from one simulated peer to another: holder after holder is tried, some do not
// answer, some have nothing, some send rubbish, some are busy: then others are asked for, and the busy
// ones again after a while.

import type { Effect, LifeId } from '@murmuration/core/internal'
import { codeOf, peerOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { Encoded } from './values.ts'

/** How long a holder that does not answer is waited for. */
const hangMs = 2_000
const bytesPerMs = 50_000
const bundleBytes = 1_000
/** Waits for busy holders, a second each at most. */
const waitsMost = 300

type FetchEffect = Extract<Effect, { type: 'fetch' }>

/** One that is under way. */
export class SimFetch {
  readonly #peer: SimPeer
  readonly #effect: FetchEffect
  readonly #ended: () => void
  readonly #absent: LifeId[] = []
  readonly #corrupt: LifeId[] = []
  readonly #queue: LifeId[]
  readonly #known: Set<LifeId>
  readonly #busy = new Set<LifeId>()
  #waits = 0
  /** Counts waits that are over, so that a wait that was cut short does not end twice. */
  #turn = 0
  #isWaiting = false

  constructor(peer: SimPeer, effect: FetchEffect, ended: () => void) {
    this.#ended = ended
    this.#peer = peer
    this.#effect = effect
    this.#queue = [...effect.from]
    this.#known = new Set(effect.from)
  }

  start(): void {
    const { store } = this.#peer
    const { object, size, hash } = this.#effect
    if (store.isOnDisk(object) && store.disk.labels.get(object)?.hash === hash)
      return this.#end({ type: 'here', size, hash })
    if (!store.fits(size)) return this.#fail(true)
    this.#next()
  }

  add(holders: readonly LifeId[]): void {
    const fresh = holders.filter((life) => !this.#known.has(life))
    for (const life of fresh) this.#known.add(life)
    this.#queue.push(...fresh)
    if (fresh.length > 0 && this.#isWaiting) this.#goOn(this.#turn)
  }

  #end(result: Extract<Parameters<SimPeer['event']>[0], { type: 'fetched' }>['result']): void {
    this.#ended()
    this.#peer.event({ type: 'fetched', object: this.#effect.object, result })
  }

  #fail(full: boolean): void {
    this.#end({ type: 'failed', absent: this.#absent, corrupt: this.#corrupt, full })
  }

  #next(): void {
    const life = this.#queue.shift()
    if (life !== undefined) return this.#ask(life)
    if (this.#busy.size === 0 || this.#waits >= waitsMost) return this.#fail(false)
    this.#peer.event({ type: 'busy', object: this.#effect.object })
    this.#isWaiting = true
    const turn = this.#turn
    this.#peer.work(Math.min(50 * 2 ** Math.min(this.#waits++, 5), 1_000), () => this.#goOn(turn))
  }

  #goOn(turn: number): void {
    if (turn !== this.#turn || !this.#isWaiting) return
    this.#turn++
    this.#isWaiting = false
    this.#queue.push(...this.#busy)
    this.#busy.clear()
    this.#next()
  }

  #ask(life: LifeId): void {
    const peer = this.#peer
    const { world } = peer
    const { size } = this.#effect
    const holder = world.living(life)
    const delay = world.network.delay(peer.peer, peerOf(life)) * 2
    const isCut = (there: SimPeer): boolean =>
      world.network.isCut(there.peer, peer.peer) || world.network.isCut(peer.peer, there.peer)
    const after = (ms: number, then: () => void): void => world.clock.after(ms, () => peer.whenThawed(then))
    if (!holder) return after(delay + size / bytesPerMs, () => this.#next())
    if (holder.frozen || isCut(holder)) return after(hangMs, () => this.#next())
    const isLarge = size > world.config.chunkBytes
    if (isLarge && holder.keeper.uploads >= world.config.maxUploads) {
      this.#busy.add(life)
      return after(delay, () => this.#next())
    }
    if (isLarge) holder.keeper.uploads++
    world.clock.after(delay + size / bytesPerMs, () => {
      if (isLarge) holder.keeper.uploads--
      peer.whenThawed(() => this.#take(holder))
    })
  }

  #take(holder: SimPeer): void {
    if (!holder.alive) return this.#next()
    const peer = this.#peer
    const { world } = peer
    const { object, hash } = this.#effect
    const code = codeOf(object)
    const stored = code === null ? holder.keeper.read(object) : null
    if (stored === undefined || (code !== null && !holder.bundles.has(code))) {
      this.#absent.push(holder.life)
      return this.#next()
    }
    holder.keeper.uploadedBytes += stored?.size ?? 0
    // The receiver hashes what arrives: bytes of another value are as bad as rubbish.
    if (world.corrupts() || (stored && stored.hash !== hash)) {
      world.durability.corrupted(holder.life, object)
      this.#corrupt.push(holder.life)
      return this.#next()
    }
    if (stored && !peer.store.put(object, received(stored, world.hashOf))) return this.#fail(true)
    if (code !== null) peer.bundles.add(code)
    this.#end({ type: 'here', size: stored?.size ?? bundleBytes, hash })
  }
}

/** A copy of its own, checked: what was stored must be what it is said to be. */
function received(stored: Encoded, hashOf: (bytes: Uint8Array) => string): Encoded {
  const bytes = stored.bytes.slice()
  if (hashOf(bytes) !== stored.hash) throw new Error('stored bytes have changed')
  return { ...stored, bytes }
}
