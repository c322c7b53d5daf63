// What the machine asks to be done with bytes: fetch, look, move to disk, drop. Each ends in one event.
// Bundles are kept beside objects and known by what is in them too.

import type { Effect, PeerEvent } from '../model/events.ts'
import type { CodeId, ObjectId } from '../model/ids.ts'
import { codeOf } from '../model/ids.ts'
import type { Fetched } from '../model/object.ts'
import { Bundles } from './bundles.ts'
import type { TieredStore } from './tiered-store.ts'
import type { Transfers } from './transfer.ts'

type EffectOf<T> = Extract<Effect, { type: T }>

export interface KeeperParts {
  readonly store: TieredStore
  readonly transfers: Transfers
  readonly post: (event: PeerEvent) => void
}

const nothingFetched: Fetched = { type: 'failed', absent: [], corrupt: [], full: false }

export class Keeper {
  readonly bundles: Bundles
  readonly #parts: KeeperParts
  readonly #moving = new Set<Promise<boolean>>()

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.bundles = new Bundles(parts.store)
  }

  /** Tells of what an earlier process of this peer left. */
  lookAround(): void {
    const objects = this.#parts.store.found()
    if (objects.length > 0) this.#parts.post({ type: 'found', objects })
  }

  async fetch({ object, size, hash, from }: EffectOf<'fetch'>): Promise<void> {
    const result = await this.#parts.transfers.fetch({ object, size, hash, from })
    const code = result.type === 'here' ? codeOf(object) : null
    const kept = code === null || (await this.bundles.arrived(code))
    this.#parts.post({ type: 'fetched', object, result: kept ? result : nothingFetched })
  }

  async verify({ object, hash }: EffectOf<'verify'>): Promise<void> {
    const sound = await this.#parts.transfers.verify(object, hash).catch(() => false)
    this.#parts.post({ type: 'verified', object, hash, sound })
  }

  async spill({ label }: EffectOf<'spill'>): Promise<void> {
    const moving = this.#parts.store.spill(label).catch(() => false)
    this.#moving.add(moving)
    const kept = await moving
    this.#moving.delete(moving)
    this.#parts.post({ type: 'spilled', object: label.object, kept })
  }

  /** Resolves when nothing is on its way to disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#moving)
  }

  /** The bundle that is gone with it, if it was one. */
  drop(object: ObjectId): CodeId | null {
    this.#parts.store.delete(object)
    const code = codeOf(object)
    if (code !== null) this.bundles.dropped(code)
    return code
  }
}
