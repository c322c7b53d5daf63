// The bytes of one simulated peer: in memory up to a limit, then on a disk that outlives the process. What
// counts is the size that a value claims. Either may take nothing for a while, as disks do when they
// are full, and what is on the disk may go bad: then reading finds nothing.

import type { FoundNote, ObjectId } from '@murmuration/core/internal'
import type { Encoded } from './values.ts'

/** One tier: bytes up to a limit. */
class Shelf {
  readonly #objects = new Map<ObjectId, Encoded>()
  #used = 0
  limitBytes: number
  /** Takes nothing for the time being. */
  isFull = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get used(): number {
    return this.#used
  }

  get(object: ObjectId): Encoded | undefined {
    return this.#objects.get(object)
  }

  keys(): IterableIterator<ObjectId> {
    return this.#objects.keys()
  }

  fits(object: ObjectId | null, size: number): boolean {
    const before = object === null ? undefined : this.#objects.get(object)
    return (!this.isFull || before !== undefined) && this.#used - (before?.size ?? 0) + size <= this.limitBytes
  }

  /** False when there is no room. */
  put(object: ObjectId, value: Encoded): boolean {
    if (!this.fits(object, value.size)) return false
    this.#used += value.size - (this.#objects.get(object)?.size ?? 0)
    this.#objects.set(object, value)
    return true
  }

  delete(object: ObjectId): void {
    this.#used -= this.#objects.get(object)?.size ?? 0
    this.#objects.delete(object)
  }
}

export class SimDisk extends Shelf {
  readonly labels = new Map<ObjectId, FoundNote>()

  keep(label: FoundNote, value: Encoded): boolean {
    if (!this.put(label.object, value)) return false
    this.labels.set(label.object, label)
    return true
  }

  override delete(object: ObjectId): void {
    super.delete(object)
    this.labels.delete(object)
  }

  isSpoilt(object: ObjectId): boolean {
    return this.get(object)?.hash !== this.labels.get(object)?.hash
  }
}

export class SimStore {
  readonly #memory: Shelf
  readonly disk: SimDisk

  constructor(limitBytes: number, disk: SimDisk = new SimDisk(0)) {
    this.#memory = new Shelf(limitBytes)
    this.disk = disk
  }

  get limitBytes(): number {
    return this.#memory.limitBytes
  }

  get memoryUsed(): number {
    return this.#memory.used
  }

  /** Memory takes nothing for the time being. */
  get isFull(): boolean {
    return this.#memory.isFull
  }

  set isFull(isFull: boolean) {
    this.#memory.isFull = isFull
  }

  get size(): number {
    return [...this.keys()].length
  }

  has(object: ObjectId): boolean {
    return this.get(object) !== undefined
  }

  /** Whatever is there, good or bad. */
  get(object: ObjectId): Encoded | undefined {
    return this.#memory.get(object) ?? this.disk.get(object)
  }

  isOnDisk(object: ObjectId): boolean {
    return this.#memory.get(object) === undefined && this.disk.get(object) !== undefined
  }

  *keys(): Iterable<ObjectId> {
    yield* this.#memory.keys()
    for (const object of this.disk.keys()) if (this.#memory.get(object) === undefined) yield object
  }

  fits(size: number): boolean {
    return this.#memory.fits(null, size) || this.disk.fits(null, size)
  }

  /** False when there is no room. */
  put(object: ObjectId, value: Encoded): boolean {
    if (this.isOnDisk(object) && this.disk.get(object)?.hash === value.hash) return true
    if (this.#memory.put(object, value)) {
      this.disk.delete(object)
      return true
    }
    const { size, hash } = value
    if (!this.disk.keep({ object, size, hash, owners: [] }, value)) return false
    this.#memory.delete(object)
    return true
  }

  /** False when the disk took no more. */
  spill(label: FoundNote): boolean {
    const value = this.get(label.object)
    if (!value || !this.disk.keep(label, value)) return false
    this.#memory.delete(label.object)
    return true
  }

  /** The bytes are there, and not what they were. */
  rot(object: ObjectId, rotten: Encoded): void {
    const shelf = this.isOnDisk(object) ? this.disk : this.#memory
    shelf.put(object, { ...rotten, size: this.get(object)?.size ?? 0 })
  }

  delete(object: ObjectId): void {
    this.#memory.delete(object)
    this.disk.delete(object)
  }
}
