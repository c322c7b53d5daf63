// Which bytes are on this peer, whose they are, and which are on their way here and for whom. One
// transfer per object at a time, however many want it. Bytes leave when their owner says `free`.

import { assert } from '../model/assert.ts'
import type { AttemptId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { StoredAt } from '../model/object.ts'

export interface Holding {
  readonly object: ObjectId
  readonly owner: LifeId
  readonly size: number
  readonly hash: string
}

export interface Fetch {
  readonly object: ObjectId
  readonly owner: LifeId
  located: Pick<StoredAt, 'size' | 'hash' | 'holders'>
  active: boolean
  readonly attempts: Set<AttemptId>
  /** A program here waits for the bytes. */
  watched: boolean
  /** The owner asked for a copy here. */
  copy: boolean
  retryAt: Instant
  failures: number
}

export class Holdings {
  readonly #rows = new Map<ObjectId, Holding>()
  readonly #fetches = new Map<ObjectId, Fetch>()
  /** Bytes their owner has done with, kept until the attempts that read them here have ended. */
  readonly #doomed = new Set<ObjectId>()
  #active = 0

  has(object: ObjectId): boolean {
    return this.#rows.has(object)
  }

  get(object: ObjectId): Holding | undefined {
    return this.#rows.get(object)
  }

  all(): IterableIterator<Holding> {
    return this.#rows.values()
  }

  get size(): number {
    return this.#rows.size
  }

  keep(holding: Holding): void {
    this.#rows.set(holding.object, holding)
    this.#doomed.delete(holding.object)
  }

  drop(object: ObjectId): boolean {
    this.#doomed.delete(object)
    return this.#rows.delete(object)
  }

  doom(object: ObjectId): void {
    this.#doomed.add(object)
  }

  isDoomed(object: ObjectId): boolean {
    return this.#doomed.has(object)
  }

  /** Its owner counts on these bytes again. */
  spare(object: ObjectId): void {
    this.#doomed.delete(object)
  }

  of(owner: LifeId): Holding[] {
    return [...this.#rows.values()].filter((row) => row.owner === owner)
  }

  fetching(object: ObjectId): Fetch | undefined {
    return this.#fetches.get(object)
  }

  fetches(): IterableIterator<Fetch> {
    return this.#fetches.values()
  }

  /** Wants the bytes here. Newer knowledge of holders replaces older. */
  want(object: ObjectId, owner: LifeId, located: Fetch['located']): Fetch {
    let row = this.#fetches.get(object)
    if (!row) {
      const attempts = new Set<AttemptId>()
      row = {
        object,
        owner,
        located,
        active: false,
        attempts,
        watched: false,
        copy: false,
        retryAt: never,
        failures: 0,
      }
      this.#fetches.set(object, row)
    }
    row.located = located
    return row
  }

  /** Transfers to begin now, within the limit. */
  startable(limit: number, now: Instant): Fetch[] {
    const rows: Fetch[] = []
    if (this.#active >= limit || this.#fetches.size === this.#active) return rows
    for (const row of this.#fetches.values()) {
      if (this.#active >= limit) break
      if (row.active || (row.retryAt !== never && row.retryAt > now)) continue
      row.active = true
      row.retryAt = never
      this.#active++
      rows.push(row)
    }
    return rows
  }

  /** The transfer ended; the row stays for the flow to decide. */
  ended(object: ObjectId): Fetch | undefined {
    const row = this.#fetches.get(object)
    if (row?.active) {
      row.active = false
      this.#active--
    }
    return row
  }

  forgetFetch(object: ObjectId): void {
    const row = this.#fetches.get(object)
    if (row?.active) this.#active--
    this.#fetches.delete(object)
  }

  /** Nobody may want it any more. A transfer under way is let through: it ends by itself. */
  forgetUnwanted(row: Fetch): void {
    if (!row.active && !isWanted(row)) this.#fetches.delete(row.object)
  }

  deadline(): Instant {
    let next: Instant = never
    for (const row of this.#fetches.values()) if (!row.active && row.retryAt < next) next = row.retryAt
    return next
  }

  check(limit: number): void {
    assert(this.#active <= limit, 'transfers are limited')
    for (const row of this.#fetches.values())
      assert(row.active || isWanted(row), `the bytes of ${row.object} are fetched for somebody`)
    for (const object of this.#doomed) assert(this.#rows.has(object), `doomed ${object} is here`)
  }
}

function isWanted(row: Fetch): boolean {
  return row.watched || row.copy || row.attempts.size > 0
}
