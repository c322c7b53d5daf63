// What a simulated peer's shell does with bytes: fetches them, serves them, looks at them, moves them to
// disk, lets them rot. Each ends in one event, as in the real shell.

import type { ContextId, Effect, FoundNote, LifeId, Located, ObjectId, PeerEvent } from '@murmuration/core/internal'
import { codeOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import { checkUnneeded } from './stranded.ts'
import { SimFetch } from './transfers.ts'
import type { Encoded } from './values.ts'
import { encode } from './values.ts'

type FetchEffect = Extract<Effect, { type: 'fetch' }>

/** The named job that puts something, and what it calls it. */
export type JobOfPut = Extract<PeerEvent, { type: 'put' }>['job']

/** A disk writes as many bytes in a millisecond. */
const bytesPerMs = 500_000

interface PutHow {
  readonly context: ContextId
  readonly copies: number
  readonly inlineBytes: number
  readonly job?: JobOfPut
}

export class SimKeeper {
  readonly #peer: SimPeer
  readonly #fetches = new Map<ObjectId, SimFetch>()
  /** Large transfers from here that are under way, and what all came to so far. */
  uploads = 0
  uploadedBytes = 0

  constructor(peer: SimPeer) {
    this.#peer = peer
  }

  fetch(effect: FetchEffect): void {
    const fetch = new SimFetch(this.#peer, effect, () => this.#fetches.delete(effect.object))
    this.#fetches.set(effect.object, fetch)
    fetch.start()
  }

  addSources(object: ObjectId, holders: readonly LifeId[]): void {
    this.#fetches.get(object)?.add(holders)
  }

  spill(label: FoundNote): void {
    const { store } = this.#peer
    this.#peer.work(1 + label.size / bytesPerMs, () => {
      this.#peer.event({ type: 'spilled', object: label.object, kept: store.spill(label) })
    })
  }

  verify(object: ObjectId, hash: string): void {
    this.#peer.work(1, () =>
      this.#peer.event({ type: 'verified', object, hash, sound: this.read(object)?.hash === hash }),
    )
  }

  /** Undefined when there is nothing, or nothing good any more on the disk: then it is gone. */
  read(object: ObjectId): Encoded | undefined {
    const { store, world } = this.#peer
    if (!store.isOnDisk(object) || !store.disk.isSpoilt(object)) return store.get(object)
    store.delete(object)
    world.corruptions++
    this.#peer.event({ type: 'spoilt', object })
    return undefined
  }

  /** What the machine counts on. Undefined when they went bad on the disk, of which it may have yet to hear. */
  relied(object: ObjectId, why: string): Uint8Array | undefined {
    const found = this.read(object)
    if (!found && !this.#peer.willHearSpoilt(object)) throw new Error(`${this.#peer.life} ${why} ${object}`)
    return found?.bytes
  }

  /** Undefined when they went bad on the disk. */
  bytesOf(source: ObjectId, located: Extract<Located, { type: 'inline' | 'stored' }>): Uint8Array | undefined {
    return located.type === 'inline' ? located.bytes : this.relied(source, 'is told of a value without its bytes')
  }

  /** False when there is no room for it. */
  put(object: ObjectId, encoded: Encoded, { context, copies, inlineBytes, job }: PutHow): boolean {
    const { size, hash, refs, bytes } = encoded
    const inline = size <= inlineBytes ? bytes : null
    if (!inline && !this.#peer.store.put(object, encoded)) return false
    this.#peer.event({ type: 'put', context, object, size, hash, inline, refs, copies, job })
    return true
  }

  drop(object: ObjectId): void {
    const code = codeOf(object)
    if (code === null) return this.#peer.store.delete(object)
    checkUnneeded(this.#peer, code)
    this.#peer.bundles.delete(code)
  }

  /** The bytes are there, and not what they were. */
  rot(object: ObjectId): void {
    const { store, world, life } = this.#peer
    if (!store.has(object)) return
    store.rot(object, { ...encode('rotten'), hash: 'rotten' })
    world.durability.corrupted(life, object)
  }
}
