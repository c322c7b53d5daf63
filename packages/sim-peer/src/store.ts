// The bytes of one simulated peer, up to a limit. What counts is the size that a value claims.

import type { ObjectId } from '@murmuration/core/internal'
import type { Encoded } from './values.ts'

export class SimStore {
  readonly #objects = new Map<ObjectId, Encoded>()
  #used = 0
  limitBytes: number
  /** Takes nothing for the time being. */
  isFull = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get size(): number {
    return this.#objects.size
  }

  has(object: ObjectId): boolean {
    return this.#objects.has(object)
  }

  get(object: ObjectId): Encoded | undefined {
    return this.#objects.get(object)
  }

  keys(): IterableIterator<ObjectId> {
    return this.#objects.keys()
  }

  fits(size: number): boolean {
    return !this.isFull && this.#used + size <= this.limitBytes
  }

  /** False when there is no room. */
  put(object: ObjectId, value: Encoded): boolean {
    const before = this.#objects.get(object)
    if (!before && !this.fits(value.size)) return false
    this.#used += value.size - (before?.size ?? 0)
    this.#objects.set(object, value)
    return true
  }

  delete(object: ObjectId): void {
    const value = this.#objects.get(object)
    if (!value) return
    this.#used -= value.size
    this.#objects.delete(object)
  }
}
