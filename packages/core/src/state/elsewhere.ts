// What other owners have told us of objects that are not ours: asked once, answered when settled,
// forgotten when nobody here is interested. Locations age: whoever finds a holder without the bytes
// asks again.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { Located } from '../model/object.ts'

export interface Elsewhere {
  readonly object: ObjectId
  readonly owner: LifeId
  located: Located | null
  /** The answer led nowhere: asked again then, later each time. */
  askAt: Instant
  vain: number
}

export class Elsewheres {
  readonly #rows = new Map<ObjectId, Elsewhere>()
  readonly #timed = new Set<Elsewhere>()

  get(object: ObjectId): Elsewhere | undefined {
    return this.#rows.get(object)
  }

  /** True when the owner is to be asked. */
  ask(object: ObjectId, owner: LifeId): boolean {
    if (this.#rows.has(object)) return false
    this.#rows.set(object, { object, owner, located: null, askAt: never, vain: 0 })
    return true
  }

  told(object: ObjectId, located: Located): boolean {
    const row = this.#rows.get(object)
    if (!row) return false
    row.located = located
    row.askAt = never
    this.#timed.delete(row)
    return true
  }

  /** The answer is out of date. */
  stale(object: ObjectId): Elsewhere | undefined {
    const row = this.#rows.get(object)
    if (row) row.located = null
    return row
  }

  /** To be asked again, not before that. */
  askLater(row: Elsewhere, at: Instant): void {
    row.located = null
    row.askAt = at
    row.vain++
    this.#timed.add(row)
  }

  /** Takes the rows that are to be asked for again now. */
  due(now: Instant): Elsewhere[] {
    const rows = [...this.#timed].filter((row) => row.askAt <= now)
    for (const row of rows) {
      row.askAt = never
      this.#timed.delete(row)
    }
    return rows
  }

  deadline(): Instant {
    let next: Instant = never
    for (const row of this.#timed) if (row.askAt < next) next = row.askAt
    return next
  }

  forget(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (row) this.#timed.delete(row)
    this.#rows.delete(object)
  }

  of(owner: LifeId): Elsewhere[] {
    return [...this.#rows.values()].filter((row) => row.owner === owner)
  }

  get size(): number {
    return this.#rows.size
  }

  unanswered(): Elsewhere[] {
    return [...this.#rows.values()].filter((row) => row.located === null)
  }
}
