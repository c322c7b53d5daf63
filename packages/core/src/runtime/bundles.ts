// The bundles that are on this peer: their bytes in the object store, and the environment that each asks
// for. Which stay is the machine's to say.

import { MeshError } from '../errors.ts'
import type { CodeId } from '../model/ids.ts'
import { codeObject } from '../model/ids.ts'
import { readManifest } from './code-manifest.ts'
import type { TieredStore } from './tiered-store.ts'

type Env = Readonly<Record<string, string>>

export class Bundles {
  readonly #store: TieredStore
  readonly #envs = new Map<CodeId, Env>()

  constructor(store: TieredStore) {
    this.#store = store
  }

  has(code: CodeId): boolean {
    return this.#envs.has(code)
  }

  envOf(code: CodeId): Env {
    return this.#envs.get(code) ?? {}
  }

  /** Throws MeshError OVERLOADED. */
  checkRoom(source: Uint8Array): void {
    if (this.#store.fits(source.length)) return
    const { limitBytes } = this.#store
    const free = limitBytes - this.#store.usedBytes()
    const room = `${free} of the ${limitBytes} bytes for objects are free here (memoryBytes, spillBytes)`
    const way = 'release refs that are done with, or give this peer more memory'
    throw new MeshError('OVERLOADED', `the bundle has ${source.length} bytes, and ${room}: ${way}`)
  }

  keep(code: CodeId, source: Uint8Array): void {
    this.#envs.set(code, readManifest(source).env)
    this.#store.put(codeObject(code), source, code).catch((error: unknown) => {
      console.error(`a bundle of ${source.length} bytes could not be kept: ${String(error)}`)
    })
  }

  /** It was fetched into the store. False when it cannot be read there. */
  async arrived(code: CodeId): Promise<boolean> {
    try {
      const source = await this.#store.get(codeObject(code))
      if (source) this.#envs.set(code, readManifest(source).env)
      return true
    } catch (error) {
      console.error(`a bundle that was fetched cannot be read: ${String(error)}`)
      return false
    }
  }

  /** Its bytes are gone from the store. */
  dropped(code: CodeId): void {
    this.#envs.delete(code)
  }
}
