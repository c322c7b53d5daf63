// Memory first, then the disk: what one peer has, wherever it lies. What goes to disk is the machine's to
// say; but for bytes that come while memory is full there is no time to ask, they go there at once. A
// disk that takes no more is a no, never an error. Bytes that come back spoilt are gone: whoever listens
// is told, and whoever reads finds nothing, as if they had not been there.

import type { ObjectId } from '../model/ids.ts'
import type { FoundNote } from '../model/object.ts'
import { StoreFullError } from './memory-store.ts'
import type { ObjectStore, SpillStore } from './ports.ts'
import { SpoiltError } from './ports.ts'

export class TieredStore implements ObjectStore {
  readonly #memory: ObjectStore
  readonly #disk: SpillStore | null
  readonly #spoilt: (id: ObjectId) => void

  constructor(memory: ObjectStore, disk: SpillStore | null, spoilt: (id: ObjectId) => void = () => {}) {
    this.#memory = memory
    this.#disk = disk
    this.#spoilt = spoilt
  }

  get limitBytes(): number {
    return this.#memory.limitBytes + (this.#disk?.limitBytes ?? 0)
  }

  usedBytes(): number {
    return this.#memory.usedBytes() + (this.#disk?.usedBytes() ?? 0)
  }

  /** Those very bytes are on the disk. They are looked at when they are read. */
  isOnDisk(id: ObjectId, hash: string | undefined): boolean {
    return hash !== undefined && this.#disk?.labelOf(id)?.hash === hash
  }

  /** Whether bytes of that size would be taken now. */
  fits(size: number): boolean {
    return freeOf(this.#memory) >= size || (this.#disk !== null && freeOf(this.#disk) >= size)
  }

  has(id: ObjectId): boolean {
    return this.#memory.has(id) || this.#disk?.has(id) === true
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.#memory.sizeOf(id) ?? this.#disk?.sizeOf(id)
  }

  async get(id: ObjectId): Promise<Uint8Array | undefined> {
    try {
      return (await this.#memory.get(id)) ?? (await this.#disk?.get(id))
    } catch (error) {
      if (!(error instanceof SpoiltError)) throw error
      this.#spoilt(id)
      return undefined
    }
  }

  async put(id: ObjectId, bytes: Uint8Array, hash?: string): Promise<void> {
    const disk = this.#disk
    if (this.isOnDisk(id, hash)) return
    // One id always has the same bytes, unless what made them errs: then the later ones are what is asked for.
    if (!disk || freeOf(this.#memory) + (this.#memory.sizeOf(id) ?? 0) >= bytes.byteLength) {
      await this.#memory.put(id, bytes, hash)
      disk?.delete(id)
      return
    }
    try {
      await disk.put(id, bytes, hash)
      this.#memory.delete(id)
    } catch (error) {
      throw error instanceof StoreFullError ? this.#full(id, bytes.byteLength) : error
    }
  }

  /** False when the disk took no more, or there is none: the bytes are where they were. */
  async spill(label: FoundNote): Promise<boolean> {
    const { object } = label
    const bytes = await this.#memory.get(object)
    if (!this.#disk || (!bytes && !this.#disk.has(object))) return false
    try {
      await this.#disk.keep(label, bytes ?? null)
    } catch (error) {
      if (error instanceof StoreFullError) return false
      throw error
    }
    // Let go of, or replaced, while they were written.
    if (bytes && (await this.#memory.get(object)) !== bytes) this.#disk.delete(object)
    else this.#memory.delete(object)
    return true
  }

  /** What an earlier process left. */
  found(): readonly FoundNote[] {
    return this.#disk?.found() ?? []
  }

  delete(id: ObjectId): void {
    this.#memory.delete(id)
    this.#disk?.delete(id)
  }

  async close(): Promise<void> {
    await this.#memory.close()
    await this.#disk?.close()
  }

  #full(id: ObjectId, size: number): StoreFullError {
    const [memory, disk] = [this.#memory, this.#disk as ObjectStore]
    return new StoreFullError(
      `object ${id} of ${size} bytes does not fit: this peer keeps at most ${memory.limitBytes} bytes in memory (memoryBytes), ` +
        `with ${freeOf(memory)} left, and ${disk.limitBytes} on disk (spillBytes), with ${freeOf(disk)} left. ` +
        'Release refs that are done with, or give this peer more of either.',
    )
  }
}

function freeOf(store: ObjectStore): number {
  return store.limitBytes - store.usedBytes()
}
