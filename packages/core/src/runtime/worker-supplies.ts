// What a worker has to run with, as the main thread knows it: the bundles that it was told of, and the inputs that it
// keeps. Brings here what an attempt still needs, and says what cannot be had. It starts and ends nothing.

import { type CodeId, codeObject, type ObjectId } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Outcome } from '../model/task.ts'
import { ObjectCache } from './object-cache.ts'
import type { ObjectStore } from './ports.ts'
import type { Sent } from './sent.ts'
import type { RunOrder } from './worker-port.ts'

export interface WorkerSuppliesOptions {
  readonly store: ObjectStore
  readonly cacheBytes: number
  /** Where workers find the bundle; undefined when this peer does not have it. */
  readonly urlOf: (code: CodeId) => Promise<string | undefined>
  /** Tells the worker where a bundle is. */
  readonly load: (code: CodeId, url: string) => void
  /** What went wrong, for people. */
  readonly complain: (line: string) => void
}

export class WorkerSupplies {
  readonly cache: ObjectCache
  readonly #options: WorkerSuppliesOptions
  readonly #loaded = new Set<CodeId>()
  /** Why a bundle could not be put where the worker would find it. */
  readonly #unloadable = new Map<CodeId, string>()

  constructor(options: WorkerSuppliesOptions) {
    this.#options = options
    this.cache = new ObjectCache(options.cacheBytes)
  }

  /** Bundles that it has imported, or will. */
  get codes(): number {
    return this.#loaded.size
  }

  has({ code, inputs }: RunOrder): boolean {
    return this.#loaded.has(code) && inputs.every(({ object, inline }) => inline !== null || this.cache.has(object))
  }

  /** The bytes of the stored inputs that the worker does not keep yet; what cannot be had is not among them. */
  async bring(batch: readonly Sent[]): Promise<ReadonlyMap<string, Uint8Array>> {
    for (const code of new Set(batch.map(({ order }) => order.code))) await this.#load(code)
    const stored = new Map<string, Uint8Array>()
    for (const { order } of batch) {
      for (const { object, source, inline } of order.inputs) {
        if (inline !== null || this.cache.has(object) || stored.has(object)) continue
        const bytes = await this.#read(source)
        if (bytes !== undefined) stored.set(object, bytes)
      }
    }
    return stored
  }

  /** Why it cannot start; null when all is here. */
  lack({ code, inputs }: RunOrder, stored: ReadonlyMap<string, Uint8Array>): Outcome | null {
    if (!this.#loaded.has(code)) {
      const why = this.#unloadable.get(code)
      if (why !== undefined) return { type: 'returned', reason: clip(`its code cannot be loaded here: ${why}`) }
      return { type: 'missing', objects: [codeObject(code)] }
    }
    const objects = inputs
      .filter(({ object, inline }) => inline === null && !this.cache.has(object) && !stored.has(object))
      .map(({ source }) => source)
    return objects.length === 0 ? null : { type: 'missing', objects }
  }

  /** What cannot be read is as good as absent: another holder may have it. */
  async #read(source: ObjectId): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.store.get(source)
    } catch (error) {
      this.#options.complain(`object ${source}: ${String(error)}`)
      return undefined
    }
  }

  async #load(code: CodeId): Promise<void> {
    if (this.#loaded.has(code)) return
    try {
      const url = await this.#options.urlOf(code)
      this.#unloadable.delete(code)
      if (url === undefined || this.#loaded.has(code)) return
      this.#loaded.add(code)
      this.#options.load(code, url)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (this.#unloadable.get(code) !== why) this.#options.complain(`code ${code} cannot be loaded here: ${why}`)
      this.#unloadable.set(code, why)
    }
  }
}
