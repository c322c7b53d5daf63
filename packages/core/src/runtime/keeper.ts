// What the machine asks to be done with bytes: fetch, look, move to disk, drop. Each ends in one event.
// Bundles are kept beside objects and known by what is in them too.

import type { Config } from '../model/config.ts'
import type { Effect, PeerEvent } from '../model/events.ts'
import type { CodeId, ObjectId, PeerId } from '../model/ids.ts'
import { assetObject, codeOf } from '../model/ids.ts'
import type { Fetched } from '../model/object.ts'
import { Bundles } from './bundles.ts'
import type { Platform } from './ports.ts'
import { TieredStore } from './tiered-store.ts'
import { Transfers } from './transfer.ts'

type EffectOf<T> = Extract<Effect, { type: T }>

export interface KeeperParts {
  readonly platform: Platform
  readonly config: Config
  readonly addressesOf: (peer: PeerId) => readonly string[]
  readonly post: (event: PeerEvent) => void
}

const nothingFetched: Fetched = { type: 'failed', absent: [], corrupt: [], full: false }

export class Keeper {
  readonly store: TieredStore
  readonly transfers: Transfers
  readonly bundles: Bundles
  readonly #post: (event: PeerEvent) => void
  readonly #moving = new Set<Promise<boolean>>()

  constructor({ platform, config, addressesOf, post }: KeeperParts) {
    const { transport, admission, createHasher, disk = null } = platform
    this.#post = post
    const store = new TieredStore(platform.store, disk, (object) => post({ type: 'spoilt', object }))
    const busy = (object: ObjectId): void => post({ type: 'busy', object })
    this.store = store
    this.transfers = new Transfers({ transport, store, admission, createHasher, config, addressesOf, busy })
    this.bundles = new Bundles(store)
  }

  /** Tells of what an earlier process of this peer left. */
  lookAround(): void {
    const objects = this.store.found()
    if (objects.length > 0) this.#post({ type: 'found', objects })
  }

  async fetch(request: EffectOf<'fetch'>): Promise<void> {
    const { object } = request
    const result = await this.transfers.fetch(request)
    const code = result.type === 'here' ? codeOf(object) : null
    this.#post({ type: 'fetched', object, result: code === null ? result : await this.#whole(code, request, result) })
  }

  /** Whoever has a bundle has the files that came with it, and so shall we. What came of a fetch that broke off goes again. */
  async #whole(code: CodeId, request: EffectOf<'fetch'>, result: Fetched): Promise<Fetched> {
    const brought: string[] = []
    const trouble = await this.#fetchFiles(code, request, brought).catch((error: unknown) => {
      console.error(`a bundle that was fetched cannot be read: ${String(error)}`)
      return nothingFetched
    })
    if (trouble === null) return result
    this.bundles.abandoned(brought)
    return trouble
  }

  /** Null when all of them are here. */
  async #fetchFiles(code: CodeId, request: EffectOf<'fetch'>, brought: string[]): Promise<Fetched | null> {
    for (const [hash, size] of await this.bundles.missingOf(code)) {
      const asset = await this.transfers.fetch({ ...request, object: assetObject(hash), hash, size })
      if (asset.type !== 'here') {
        this.store.delete(request.object)
        return asset
      }
      brought.push(hash)
    }
    return (await this.bundles.arrived(code)) ? null : nothingFetched
  }

  async verify({ object, hash }: EffectOf<'verify'>): Promise<void> {
    const sound = await this.transfers.verify(object, hash).catch(() => false)
    this.#post({ type: 'verified', object, hash, sound })
  }

  async spill({ label }: EffectOf<'spill'>): Promise<void> {
    const moving = this.store.spill(label).catch(() => false)
    this.#moving.add(moving)
    const kept = await moving
    this.#moving.delete(moving)
    this.#post({ type: 'spilled', object: label.object, kept })
  }

  /** Resolves when nothing is on its way to disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#moving)
  }

  /** The bundle that is gone with it, if it was one. */
  drop(object: ObjectId): CodeId | null {
    this.store.delete(object)
    const code = codeOf(object)
    if (code !== null) this.bundles.dropped(code)
    return code
  }
}
