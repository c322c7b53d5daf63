// Objects that others may answer for as well: those that were adopted here, and those of ours that somebody
// else adopted. What was settled here is told to them once, and again when they come back; what they
// found instead is judged by the compare flow. Readers go back to an owner that is back before it has
// compared, so what was found of objects that nobody holds any more is remembered, up to a bound.

import type { LifeId, ObjectId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'

export interface SharedRow {
  readonly object: ObjectId
  readonly others: Set<LifeId>
  /** Somebody else answered for it first. */
  readonly isAdopted: boolean
  /** What it is was found out here: a ledger that is only passed on is no news to anybody. */
  isFound: boolean
  /** Who has been told what it is. */
  readonly told: Set<LifeId>
  /** It was said that others found something else. */
  isDisputed: boolean
  /** What it was, once there is no entry any more. */
  left: Located | null
}

/** Objects without an entry that are remembered. */
const leftMost = 256

export class Shared {
  readonly #rows = new Map<ObjectId, SharedRow>()
  readonly #left = new Map<ObjectId, SharedRow>()
  /** Something was found that others do not know yet. */
  hasNews = false

  get size(): number {
    return this.#rows.size + this.#left.size
  }

  get(object: ObjectId): SharedRow | undefined {
    return this.#rows.get(object) ?? this.#left.get(object)
  }

  *all(): Iterable<SharedRow> {
    yield* this.#rows.values()
    yield* this.#left.values()
  }

  adopted(object: ObjectId, others: Iterable<LifeId>): void {
    this.#add(object, others, true)
  }

  /** That one may answer for it as well, and knows what is known here. */
  note(object: ObjectId, life: LifeId): SharedRow {
    const row = this.#add(object, [life], false)
    row.told.add(life)
    return row
  }

  #add(object: ObjectId, others: Iterable<LifeId>, isAdopted: boolean): SharedRow {
    let row = this.#rows.get(object)
    if (!row) {
      const left = this.#left.get(object)
      this.#left.delete(object)
      row = {
        object,
        others: new Set(),
        isAdopted,
        isFound: left !== undefined || !isAdopted,
        told: new Set(),
        isDisputed: left?.isDisputed === true,
        left: null,
      }
      this.#rows.set(object, row)
    }
    for (const life of others) row.others.add(life)
    return row
  }

  /** It has settled here. */
  found(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (!row) return
    row.isFound = true
    row.told.clear()
    this.hasNews = true
  }

  /** Should it come back it is told anew: it may have found something meanwhile. */
  ended(life: LifeId): void {
    for (const row of this.all()) row.told.delete(life)
  }

  /** Its entry goes. What was only told by a ledger is not worth remembering. */
  leave(object: ObjectId, located: Located | null): void {
    const row = this.#rows.get(object)
    if (!row) return
    this.#rows.delete(object)
    if (located === null || !row.isFound || !row.isAdopted) return
    row.left = located
    this.#left.set(object, row)
    const [oldest] = this.#left.keys()
    if (this.#left.size > leftMost && oldest !== undefined) this.#left.delete(oldest)
  }
}
