// Which objects programs on this peer are waiting for, and whether they want the bytes or only to
// know. The shell gathers its own waiters, so there is one row per object. Several may wait for the
// same bytes: what became another object by alias is fetched as that one.

import type { LifeId, ObjectId } from '../model/ids.ts'
import { Multimap } from '../model/multimap.ts'

export interface WatchRow {
  readonly object: ObjectId
  readonly owner: LifeId
  bytes: boolean
  /** The object whose bytes are on their way here for it. */
  source: ObjectId | null
}

export class Watches {
  readonly #rows = new Map<ObjectId, WatchRow>()
  readonly #bySource = new Multimap<ObjectId, ObjectId>()

  get(object: ObjectId): WatchRow | undefined {
    return this.#rows.get(object)
  }

  add(object: ObjectId, owner: LifeId, bytes: boolean): WatchRow {
    let row = this.#rows.get(object)
    if (!row) {
      row = { object, owner, bytes, source: null }
      this.#rows.set(object, row)
    }
    row.bytes ||= bytes
    return row
  }

  /** Its bytes are on their way, as those of `source`; null: they are not (any more). */
  waitsFor(row: WatchRow, source: ObjectId | null): void {
    if (row.source !== null) this.#bySource.delete(row.source, row.object)
    if (source !== null) this.#bySource.add(source, row.object)
    row.source = source
  }

  /** Those that wait for these bytes. */
  ofSource(source: ObjectId): ObjectId[] {
    return this.#bySource.of(source)
  }

  remove(row: WatchRow): void {
    this.waitsFor(row, null)
    this.#rows.delete(row.object)
  }

  all(): IterableIterator<WatchRow> {
    return this.#rows.values()
  }

  get size(): number {
    return this.#rows.size
  }
}
