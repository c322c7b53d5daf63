// The simulator's store keeps what the real ones promise: its values claim their size here as it is.

import { StoreFullError, SpoiltError } from '@murmuration/core/internal'
import type { FoundNote, ObjectId, ObjectStore, SpillStore } from '@murmuration/core/internal'
import { createHash } from 'node:crypto'
import { objectStoreContract, spillStoreContract } from '../../../tests/contract/object-store.ts'
import { SimDisk, SimStore } from '../src/store.ts'
import type { Encoded } from '../src/values.ts'

function encoded(bytes: Uint8Array): Encoded {
  return { bytes, size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex'), refs: [] }
}

abstract class Adapter implements ObjectStore {
  abstract readonly limitBytes: number
  abstract usedBytes(): number
  abstract find(id: ObjectId): Encoded | undefined
  abstract take(id: ObjectId, value: Encoded): boolean
  abstract delete(id: ObjectId): void

  has(id: ObjectId): boolean {
    return this.find(id) !== undefined
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.find(id)?.size
  }

  get(id: ObjectId): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.find(id)?.bytes)
  }

  put(id: ObjectId, bytes: Uint8Array): Promise<void> {
    if (this.take(id, encoded(bytes))) return Promise.resolve()
    return Promise.reject(new StoreFullError(`${bytes.length} bytes do not fit into ${this.limitBytes}`))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

class Memory extends Adapter {
  readonly #store: SimStore

  constructor(limitBytes: number, diskBytes: number) {
    super()
    this.#store = new SimStore(limitBytes, new SimDisk(diskBytes))
  }

  get limitBytes(): number {
    return this.#store.limitBytes + this.#store.disk.limitBytes
  }

  usedBytes(): number {
    return this.#store.memoryUsed + this.#store.disk.used
  }

  find(id: ObjectId): Encoded | undefined {
    return this.#store.get(id)
  }

  take(id: ObjectId, value: Encoded): boolean {
    return this.#store.put(id, value)
  }

  delete(id: ObjectId): void {
    this.#store.delete(id)
  }
}

class Disk extends Adapter implements SpillStore {
  readonly #disk: SimDisk
  readonly #found: readonly FoundNote[]

  constructor(disk: SimDisk) {
    super()
    this.#disk = disk
    this.#found = [...disk.labels.values()]
  }

  get limitBytes(): number {
    return this.#disk.limitBytes
  }

  usedBytes(): number {
    return this.#disk.used
  }

  find(id: ObjectId): Encoded | undefined {
    return this.#disk.get(id)
  }

  take(object: ObjectId, value: Encoded): boolean {
    return this.#disk.keep({ object, size: value.size, hash: value.hash, owners: [] }, value)
  }

  override get(id: ObjectId): Promise<Uint8Array | undefined> {
    if (!this.has(id) || !this.#disk.isSpoilt(id)) return super.get(id)
    this.delete(id)
    return Promise.reject(new SpoiltError(id))
  }

  delete(id: ObjectId): void {
    this.#disk.delete(id)
  }

  keep(label: FoundNote, bytes: Uint8Array | null): Promise<void> {
    const value = bytes ? encoded(bytes) : this.find(label.object)
    if (value && this.#disk.keep(label, value)) return Promise.resolve()
    return Promise.reject(new StoreFullError(`${label.size} bytes do not fit into ${this.limitBytes}`))
  }

  labelOf(id: ObjectId): FoundNote | undefined {
    return this.#disk.labels.get(id)
  }

  found(): readonly FoundNote[] {
    return this.#found
  }
}

objectStoreContract('simulated', (limitBytes) => Promise.resolve(new Memory(limitBytes, 0)))
objectStoreContract('simulated, with a disk', (limitBytes) =>
  Promise.resolve(new Memory(limitBytes * 0.4, limitBytes * 0.6)),
)
objectStoreContract('simulated disk', (limitBytes) => Promise.resolve(new Disk(new SimDisk(limitBytes))))

spillStoreContract('simulated disk', () => {
  const disk = new SimDisk(0)
  return Promise.resolve({
    open: (limitBytes: number) => {
      disk.limitBytes = limitBytes
      return Promise.resolve(new Disk(disk))
    },
    spoil: (id: ObjectId) => {
      disk.put(id, { ...(disk.get(id) as Encoded), hash: 'rotten' })
      return Promise.resolve()
    },
  })
})
