// What other owners have told us of objects that are not ours: asked once, answered when settled,
// forgotten when nobody here is interested. Locations age: whoever finds a holder without the bytes
// asks again.

import { compareEpochs } from '../model/actor.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { Epoch } from '../model/task.ts'

/** Where an actor lives, and its incarnation. */
export interface Home {
  readonly at: LifeId
  readonly epoch: Epoch
}

export interface Elsewhere {
  readonly object: ObjectId
  readonly owner: LifeId
  located: Located | null
  /** Of an actor, which has no value as long as it lives. Told anew with each move, for as long as it is held here. */
  home: Home | null
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
    this.#rows.set(object, { object, owner, located: null, home: null, askAt: never, vain: 0 })
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

  /** An actor lives there, unless a later incarnation was heard of. */
  housed(object: ObjectId, home: Home): void {
    const row = this.#rows.get(object)
    if (row && (row.home === null || compareEpochs(home.epoch, row.home.epoch) >= 0)) row.home = home
  }

  /** It does not live there any more. */
  left(object: ObjectId, at: LifeId): void {
    const row = this.#rows.get(object)
    if (row?.home?.at === at) row.home = null
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
