// Which values a worker keeps: the main thread decides, the worker obeys. Least recently used values go
// first, those of attempts that are still out never; so the limit may be passed while they run.

import type { ObjectId } from '../model/ids.ts'

interface Entry {
  readonly bytes: number
  users: number
}

export class ObjectCache {
  readonly #limitBytes: number
  /** In order of last use. */
  readonly #entries = new Map<ObjectId, Entry>()
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  has(object: ObjectId): boolean {
    return this.#entries.has(object)
  }

  add(object: ObjectId, bytes: number): void {
    this.#entries.set(object, { bytes, users: 0 })
    this.#bytes += bytes
  }

  /** An attempt will use it: it stays until `unuse`. */
  use(object: ObjectId): void {
    const entry = this.#entries.get(object)
    if (entry === undefined) return
    entry.users++
    this.#entries.delete(object)
    this.#entries.set(object, entry)
  }

  unuse(object: ObjectId): void {
    const entry = this.#entries.get(object)
    if (entry !== undefined) entry.users--
  }

  /** Forgets until within the limit again, and says what. */
  evict(): ObjectId[] {
    const evicted: ObjectId[] = []
    for (const [object, { bytes, users }] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) break
      if (users > 0) continue
      this.#entries.delete(object)
      this.#bytes -= bytes
      evicted.push(object)
    }
    return evicted
  }
}
