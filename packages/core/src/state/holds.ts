// Why an object may not be freed. Every object that this peer has any interest in has a row, its own
// and borrowed ones alike: handles of programs here, pending specs that take it as an argument,
// containers whose value has it inside, outcomes on their way, and (for its own) other peers that
// borrow it. Lineage is counted apart: it keeps an object's origin, not its readers' bytes. A row
// goes with the last thing that spoke for it.

import { assert, broken } from '../model/assert.ts'
import type { LifeId, ObjectId } from '../model/ids.ts'
import { LazySet } from '../model/lazy-set.ts'

export type Reason = 'handle' | 'spec' | 'container' | 'transit'

export interface HoldRow {
  readonly object: ObjectId
  owner: LifeId
  /** Who answered for it before it was adopted, the first one first: refs go on naming them. */
  before: readonly LifeId[]
  /** Named by whoever gave us the ref, or said itself that it answers: so others are told, while the next is only asked. */
  vouched: LifeId
  handle: number
  spec: number
  container: number
  transit: number
  /** Specs kept as lineage that would need it to run again. */
  lineage: number
  /** Bytes that are there for lineage alone. */
  kept: number
  readonly borrowers: LazySet<LifeId>
  /** For a borrowed object: does its owner know of us? */
  borrow: 'none' | 'asked' | 'known'
  /** The number of the borrow that was asked for last: only its answer counts. */
  nth: number
}

export class Holds {
  readonly #rows = new Map<ObjectId, HoldRow>()
  readonly #asked = new Set<ObjectId>()
  /** Borrows that were ever asked for. */
  #borrows = 0
  /** Of all rows: what is kept for lineage. */
  lineageBytes = 0

  get size(): number {
    return this.#rows.size
  }

  get(object: ObjectId): HoldRow | undefined {
    return this.#rows.get(object)
  }

  all(): IterableIterator<HoldRow> {
    return this.#rows.values()
  }

  #row(object: ObjectId, owner: LifeId): HoldRow {
    let row = this.#rows.get(object)
    if (!row) {
      row = {
        object,
        owner,
        before: nobody,
        vouched: owner,
        handle: 0,
        spec: 0,
        container: 0,
        transit: 0,
        lineage: 0,
        kept: 0,
        borrowers: new LazySet(),
        borrow: 'none',
        nth: 0,
      }
      this.#rows.set(object, row)
    }
    return row
  }

  add(object: ObjectId, owner: LifeId, reason: Reason): HoldRow {
    const row = this.#row(object, owner)
    this.keepForLineage(row, 0)
    row[reason]++
    return row
  }

  /** The row, for the flow to see whether anything holds it still. */
  drop(object: ObjectId, reason: Reason): HoldRow | undefined {
    const row = this.#rows.get(object)
    if (!row || row[reason] === 0) return undefined
    row[reason]--
    return row
  }

  addLineage(object: ObjectId, owner: LifeId): void {
    this.#row(object, owner).lineage++
  }

  dropLineage(object: ObjectId): HoldRow | undefined {
    const row = this.#rows.get(object)
    if (!row || row.lineage === 0) return undefined
    row.lineage--
    if (row.lineage === 0) this.keepForLineage(row, 0)
    return row
  }

  /** Only lineage holds it, and so many bytes with it, until somebody reads it again. */
  keepForLineage(row: HoldRow, bytes: number): void {
    this.lineageBytes += bytes - row.kept
    row.kept = bytes
  }

  /** The peer that answered for it is gone and another one does: it has yet to hear of us. */
  rehome(row: HoldRow, owner: LifeId): void {
    row.owner = owner
    row.before = nobody
    row.borrow = 'none'
    this.#asked.delete(row.object)
  }

  borrowed(object: ObjectId, owner: LifeId, by: LifeId): void {
    const row = this.#row(object, owner)
    this.keepForLineage(row, 0)
    row.borrowers.add(by)
  }

  released(object: ObjectId, by: LifeId): HoldRow | undefined {
    const row = this.#rows.get(object)
    return row?.borrowers.delete(by) ? row : undefined
  }

  /** Somebody reads it, or will. */
  isHeld(object: ObjectId): boolean {
    const row = this.#rows.get(object)
    return row !== undefined && strong(row) > 0
  }

  /** Nothing speaks for this row any more, lineage included. */
  isEmpty(row: HoldRow): boolean {
    return strong(row) === 0 && row.lineage === 0
  }

  remove(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (row) this.keepForLineage(row, 0)
    this.#rows.delete(object)
    this.#asked.delete(object)
  }

  asked(row: HoldRow): void {
    row.borrow = 'asked'
    row.nth = ++this.#borrows
    this.#asked.add(row.object)
  }

  known(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (row) row.borrow = 'known'
    this.#asked.delete(object)
  }

  /** Borrows whose owner has not answered yet. */
  unanswered(): ReadonlySet<ObjectId> {
    return this.#asked
  }

  /** Rows that others answer for since that life seemed to be over. */
  movedFrom(life: LifeId): HoldRow[] {
    return [...this.#rows.values()].filter((row) => row.before.includes(life))
  }

  /** Rows that this life borrows of ours, or that it owns and we borrow. */
  ofLife(life: LifeId): HoldRow[] {
    return [...this.#rows.values()].filter((row) => row.owner === life || row.borrowers.has(life))
  }

  check(): void {
    let kept = 0
    for (const row of this.#rows.values()) {
      kept += row.kept
      if (!(row.kept === 0 || (strong(row) === 0 && row.lineage > 0))) broken(`${row.object} is kept for lineage`)
      const least = Math.min(row.handle, row.spec, row.container, row.transit, row.lineage)
      if (!(least >= 0)) broken(`holds of ${row.object} are counted`)
      if (this.isEmpty(row)) broken(`${row.object} is held`)
    }
    assert(kept === this.lineageBytes, 'lineage is counted')
  }
}

function strong(row: HoldRow): number {
  return row.handle + row.spec + row.container + row.transit + row.borrowers.size
}

const nobody: readonly LifeId[] = []
