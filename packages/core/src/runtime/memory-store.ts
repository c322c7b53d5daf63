// Objects in memory, up to a limit. It keeps the very bytes it was given and hands out the same
// ones, so it decides only whether they fit. What may go when they do not is the machine's to say.

import type { ObjectId } from '../model/ids.ts'
import type { ObjectStore } from './ports.ts'

/** The store is full. Carries the code that users see. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError'
  readonly code = 'OVERLOADED'
}

export class MemoryStore implements ObjectStore {
  readonly limitBytes: number
  readonly #objects = new Map<ObjectId, Uint8Array>()
  #usedBytes = 0

  constructor(limitBytes: number) {
    if (!(limitBytes >= 0)) throw new RangeError(`limitBytes must be 0 or more, not ${limitBytes}`)
    this.limitBytes = limitBytes
  }

  usedBytes(): number {
    return this.#usedBytes
  }

  has(id: ObjectId): boolean {
    return this.#objects.has(id)
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.#objects.get(id)?.byteLength
  }

  get(id: ObjectId): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#objects.get(id))
  }

  put(id: ObjectId, bytes: Uint8Array): Promise<void> {
    const before = this.#objects.get(id)?.byteLength ?? 0
    const after = this.#usedBytes - before + bytes.byteLength
    if (after > this.limitBytes) return Promise.reject(this.#full(id, bytes.byteLength))
    this.#objects.set(id, bytes)
    this.#usedBytes = after
    return Promise.resolve()
  }

  delete(id: ObjectId): void {
    const bytes = this.#objects.get(id)
    if (bytes === undefined) return
    this.#objects.delete(id)
    this.#usedBytes -= bytes.byteLength
  }

  close(): Promise<void> {
    this.#objects.clear()
    this.#usedBytes = 0
    return Promise.resolve()
  }

  #full(id: ObjectId, size: number): StoreFullError {
    const free = this.limitBytes - this.#usedBytes
    return new StoreFullError(
      `object ${id} of ${size} bytes does not fit: this peer keeps at most ${this.limitBytes} bytes of objects in memory (memoryBytes) and has ${free} left. ` +
        'Release refs that are done with, or give this peer more memory.',
    )
  }
}
