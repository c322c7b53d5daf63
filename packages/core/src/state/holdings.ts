// Which bytes are on this peer, in memory or on its disk, who counts on them, and which are on their way
// here and for whom. One object may have several owners, when its task ran for several parents: each is
// told, and the bytes leave when the last of them says `free`. One transfer per object at a time,
// however many want it. How full is too full is not known here.

import { assert, broken } from '../model/assert.ts'
import type { AttemptId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { StoredAt } from '../model/object.ts'

export interface Holding {
  readonly object: ObjectId
  readonly size: number
  readonly hash: string
  /** Who count this copy among theirs. */
  readonly owners: Set<LifeId>
  /** `moving`: to disk, and still in memory. */
  place: Place
  /** Its owners are asked whether it may go, or were and it is needed. */
  plea: Plea | null
}

export type Place = 'memory' | 'moving' | 'disk'

export interface Plea {
  /** Its number: an answer to an earlier one is none to it. */
  readonly nth: number
  readonly pressed: boolean
  /** Who has not answered yet. */
  readonly waits: Set<LifeId>
  readonly askedAt: Instant
}

export interface Fetch {
  readonly object: ObjectId
  /** Everybody who named it to us: told of what comes of it. */
  readonly owners: Set<LifeId>
  located: Pick<StoredAt, 'size' | 'hash' | 'holders'>
  active: boolean
  readonly attempts: Set<AttemptId>
  /** A program here waits for the bytes. */
  watched: boolean
  /** Owners that asked for a copy here. */
  readonly copyFor: Set<LifeId>
  retryAt: Instant
  failures: number
  /** Larger than what memory could ever hold: it goes to disk as it comes. */
  toDisk: boolean
}

export class Holdings {
  readonly #rows = new Map<ObjectId, Holding>()
  readonly #fetches = new Map<ObjectId, Fetch>()
  /** Bytes their owner has done with, kept until the attempts that read them here have ended. */
  readonly #doomed = new Set<ObjectId>()
  #pleas = 0
  #active = 0
  readonly #coming = { memory: 0, disk: 0 }
  readonly #bytes = { memory: 0, moving: 0, disk: 0 }
  /** Something came, or an answer did: there may be more to let go of than there was. */
  isRestless = false
  lacking = 0

  /** What the bytes here take. */
  get memoryBytes(): number {
    return this.#bytes.memory + this.#bytes.moving
  }

  /** What is on its way there has its place already. */
  get diskBytes(): number {
    return this.#bytes.disk + this.#bytes.moving
  }

  /** What others send that goes there as it comes. */
  get comingToDiskBytes(): number {
    return this.#coming.disk
  }

  /** What is on its way to memory, or wanted there. */
  get comingBytes(): number {
    return this.#coming.memory
  }

  /** So much has to go before what stands in line fits. */
  lack(bytes: number): void {
    if (bytes > 0) this.isRestless = true
    this.lacking = bytes
  }

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

  /** One more counts on them; other bytes than before are only the newcomers'. */
  keep(
    { object, size, hash }: Pick<Holding, 'object' | 'size' | 'hash'>,
    owners: Iterable<LifeId>,
    place: Place = 'memory',
  ): void {
    const before = this.#rows.get(object)
    let row = before
    if (before?.hash !== hash) {
      if (before) this.#weigh(before, -1)
      row = { object, size, hash, owners: new Set<LifeId>(), place, plea: null }
      this.#weigh(row, 1)
      this.#rows.set(object, row)
    }
    for (const owner of owners) row?.owners.add(owner)
    this.#doomed.delete(object)
    this.isRestless = true
  }

  #weigh({ size, place }: Holding, sign: 1 | -1): void {
    this.#bytes[place] += sign * size
  }

  /** Where its bytes are now. */
  moved(row: Holding, place: Place): void {
    this.#weigh(row, -1)
    row.place = place
    this.#weigh(row, 1)
    this.isRestless = true
  }

  /** The number under which it is asked. */
  ask(row: Holding, owners: Iterable<LifeId>, { pressed, now }: { pressed: boolean; now: Instant }): number {
    const nth = ++this.#pleas
    row.plea = { nth, pressed, waits: new Set(owners), askedAt: now }
    return nth
  }

  /** False when that one was not asked so, or its answer is not waited for any more. */
  answered(object: ObjectId, owner: LifeId, nth: number): boolean {
    return this.#rows.get(object)?.plea?.nth === nth && this.unask(object, owner)
  }

  /** Whatever that one says to what it was asked comes too late. False when it was not asked. */
  unask(object: ObjectId, owner: LifeId): boolean {
    if (this.#rows.get(object)?.plea?.waits.delete(owner) !== true) return false
    this.isRestless = true
    return true
  }

  /** The conversation in which that one was asked is over: whatever is not answered is asked anew. */
  unasked(owner: LifeId): void {
    for (const row of this.#rows.values()) {
      if (row.plea?.waits.has(owner) !== true) continue
      row.plea = null
      this.isRestless = true
    }
  }

  /** That one does not count on them any more. True when nobody does now. */
  disown(object: ObjectId, owner: LifeId): boolean {
    const row = this.#rows.get(object)
    return row !== undefined && row.owners.delete(owner) && row.owners.size === 0
  }

  drop(object: ObjectId): boolean {
    const row = this.#rows.get(object)
    if (row) this.#weigh(row, -1)
    this.#doomed.delete(object)
    return this.#rows.delete(object)
  }

  doom(object: ObjectId): void {
    this.#doomed.add(object)
  }

  isDoomed(object: ObjectId): boolean {
    return this.#doomed.has(object)
  }

  of(owner: LifeId): Holding[] {
    return [...this.#rows.values()].filter((row) => row.owners.has(owner))
  }

  fetching(object: ObjectId): Fetch | undefined {
    return this.#fetches.get(object)
  }

  fetches(): IterableIterator<Fetch> {
    return this.#fetches.values()
  }

  /** Wants the bytes here, for that one; nobody, of a bundle that is had from members only. Newer knowledge of holders replaces older. */
  want(object: ObjectId, owner: LifeId | null, located: Fetch['located']): Fetch {
    let row = this.#fetches.get(object)
    if (!row) {
      row = {
        object,
        owners: new Set(),
        located,
        active: false,
        attempts: new Set(),
        watched: false,
        copyFor: new Set(),
        retryAt: never,
        failures: 0,
        toDisk: false,
      }
      this.#fetches.set(object, row)
    } else this.#expect(row, -1)
    if (owner !== null) row.owners.add(owner)
    row.located = located
    this.#expect(row, 1)
    return row
  }

  /** No memory here could hold it with what comes along: room is counted on disk. */
  divert(row: Fetch): void {
    this.#expect(row, -1)
    row.toDisk = true
    this.#expect(row, 1)
  }

  #expect({ located, toDisk }: Fetch, sign: 1 | -1): void {
    this.#coming[toDisk ? 'disk' : 'memory'] += sign * located.size
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
    if (row) this.#unlist(row)
  }

  /** Nobody may want it any more. A transfer under way is let through: it ends by itself. */
  forgetUnwanted(row: Fetch): void {
    if (!row.active && !isWanted(row)) this.#unlist(row)
  }

  #unlist(row: Fetch): void {
    if (this.#fetches.delete(row.object)) this.#expect(row, -1)
  }

  /** With as many under way as may be it is the end of one of them that lets the next begin. */
  deadline(limit: number): Instant {
    let next: Instant = never
    if (this.#active >= limit) return next
    for (const row of this.#fetches.values()) if (!row.active && row.retryAt < next) next = row.retryAt
    return next
  }

  check(limit: number): void {
    assert(this.#active <= limit, 'transfers are limited')
    const coming = { memory: 0, disk: 0 }
    for (const { located, toDisk } of this.#fetches.values()) coming[toDisk ? 'disk' : 'memory'] += located.size
    for (const place of ['memory', 'disk'] as const)
      if (coming[place] !== this.#coming[place]) broken(`bytes to ${place} are counted`)
    for (const row of this.#fetches.values())
      if (!(row.active || isWanted(row))) broken(`${row.object} is fetched for somebody`)
    for (const object of this.#doomed) if (!this.#rows.has(object)) broken(`doomed ${object} is here`)
    const bytes = { memory: 0, moving: 0, disk: 0 }
    for (const { object, size, owners, place, plea } of this.#rows.values()) {
      if (!(owners.size > 0 || this.#doomed.has(object))) broken(`${object} is kept for somebody`)
      bytes[place] += size
      if (!(place === 'memory' || plea === null || plea.waits.size === 0)) broken(`${object} is asked for or moved`)
    }
    for (const place of ['memory', 'moving', 'disk'] as const)
      if (bytes[place] !== this.#bytes[place]) broken(`bytes in ${place} are counted`)
  }
}

function isWanted(row: Fetch): boolean {
  return row.watched || row.copyFor.size > 0 || row.attempts.size > 0
}
