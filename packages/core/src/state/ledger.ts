// What this peer has told its guardians. A guardian counts once it has acknowledged everything there
// was when it was appointed; a row is safe when every guardian that counts has acknowledged its last
// change. Rows are numbered by the message that carried them, so one number per guardian says it all.

import { assert, broken } from '../model/assert.ts'
import type { AttemptId, ContextId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'

export interface Guardian {
  readonly life: LifeId
  /** The message that brought it everything there was; 0 before it was sent. */
  begunAt: number
  /** The last message that it has taken. */
  acked: number
}

interface Row {
  readonly context: ContextId | null
  /** The message that carried its last change; Infinity while that is to be sent. */
  sentAt: number
}

interface Young {
  readonly object: ObjectId
  readonly context: ContextId
  readonly at: Instant
}

interface Lend {
  readonly object: ObjectId
  readonly to: LifeId
  /** Of the borrow that is to be answered. */
  readonly nth: number
}

/** Former guardians that are remembered. */
const appointedMost = 64

export class Ledger {
  readonly #rows = new Map<ObjectId, Row>()
  readonly #guardians = new Map<LifeId, Guardian>()
  /** What is to be told: rows that changed, and rows that are no more. */
  readonly #changed = new Set<ObjectId>()
  readonly #gone = new Set<ObjectId>()
  /** Work of running tasks and of named jobs, too fresh to travel: most of it is done before anybody could miss it. */
  readonly #young: Young[] = []
  /** Attempts whose outcomes name what is not safe yet. */
  readonly waits = new Set<AttemptId>()
  /** Actors whose next record names what is not safe yet. */
  readonly records = new Set<ObjectId>()
  /** Objects of which borrowers are told when what they name is safe. */
  readonly answers = new Set<ObjectId>()
  /** Borrows that are answered when what is borrowed is safe, by object and borrower. */
  readonly lends = new Map<string, Lend>()
  /** Everybody who was ever one, the latest: it may answer in our place. */
  readonly #appointed = new Set<LifeId>()
  /** Peers that may keep an old ledger of ours: to be told when they can be. */
  readonly former = new Set<LifeId>()
  /** Peers that have no room for more of ours. */
  readonly full = new Set<LifeId>()
  /** Refs that rows needed before they changed, and the message that tells of the change; Infinity before it is sent. */
  #farewells: { readonly refs: readonly ObjectId[]; saidAt: number }[] = []
  #flushAt: Instant = never
  #nth = 0

  get size(): number {
    return this.#rows.size
  }

  has(object: ObjectId): boolean {
    return this.#rows.has(object)
  }

  rows(): IterableIterator<ObjectId> {
    return this.#rows.keys()
  }

  contextOf(object: ObjectId): ContextId | null {
    return this.#rows.get(object)?.context ?? null
  }

  /** False when it was in there already. Whoever asked for it may come later than what it is inside of. */
  add(object: ObjectId, context: ContextId | null): boolean {
    const known = this.#rows.get(object)
    if (known && (known.context !== null || context === null)) return false
    this.#rows.set(object, { context, sentAt: Number.POSITIVE_INFINITY })
    this.#gone.delete(object)
    this.#changed.add(object)
    return !known
  }

  /** Something about it is other than was told. */
  touch(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (!row) return
    row.sentAt = Number.POSITIVE_INFINITY
    this.#changed.add(object)
  }

  remove(object: ObjectId): void {
    if (!this.#rows.delete(object)) return
    this.#changed.delete(object)
    if (this.#guardians.size > 0) this.#gone.add(object)
  }

  /** What a row needed before it changed, or went, stays until no guardian would answer with the old one. */
  farewell(refs: readonly ObjectId[]): void {
    this.#farewells.push({ refs, saidAt: Number.POSITIVE_INFINITY })
  }

  /** That message, or one before it, told of all that has changed. */
  saidNews(nth: number): void {
    for (const one of this.#farewells) if (one.saidAt === Number.POSITIVE_INFINITY) one.saidAt = nth
  }

  /** Takes the refs that may go by now. */
  takeFarewells(): ObjectId[] {
    if (this.#farewells.length === 0) return []
    // Nothing is left to be told of: rows that went while there was no guardian are known to none, and those that came since began without.
    if (!this.hasNews) this.saidNews(this.#nth)
    const acked = [...this.#guardians.values()].map((guardian) => (isComplete(guardian) ? guardian.acked : 0))
    const least = Math.min(...acked)
    const isOver = ({ saidAt }: { saidAt: number }): boolean => acked.length === 0 || saidAt <= least
    const over = this.#farewells.filter(isOver)
    if (over.length > 0) this.#farewells = this.#farewells.filter((one) => !isOver(one))
    return over.flatMap(({ refs }) => refs)
  }

  /** Asked for by a task that runs here, or under a name: in the ledger by then, whatever has become of it. */
  soon(young: Young): void {
    this.#young.push(young)
  }

  /** Takes what is old enough by now. */
  grown(now: Instant): Young[] {
    let count = 0
    for (const { at } of this.#young) {
      if (at > now) break
      count++
    }
    return count === 0 ? [] : this.#young.splice(0, count)
  }

  get hasNews(): boolean {
    return this.#changed.size > 0 || this.#gone.size > 0
  }

  /** What waits for nobody is told in batches. */
  flushBy(now: Instant, ms: number): void {
    if (!this.hasNews) this.#flushAt = never
    else if (this.#flushAt === never) this.#flushAt = after(now, ms)
  }

  deadline(): Instant {
    return Math.min(this.#flushAt, this.#young[0]?.at ?? never) as Instant
  }

  isDue(now: Instant): boolean {
    return this.waits.size + this.answers.size + this.lends.size + this.records.size > 0 || this.#flushAt <= now
  }

  /** Takes the changes; they count as sent with the next messages. */
  take(): { changed: ObjectId[]; gone: ObjectId[] } {
    const news = { changed: [...this.#changed], gone: [...this.#gone] }
    this.#changed.clear()
    this.#gone.clear()
    this.#flushAt = never
    return news
  }

  /** The number of a message that carries these rows to everybody who counts, or is to. */
  number(objects: Iterable<ObjectId>): number {
    const nth = ++this.#nth
    for (const object of objects) {
      const row = this.#rows.get(object)
      if (row) row.sentAt = nth
    }
    return nth
  }

  guardians(): IterableIterator<Guardian> {
    return this.#guardians.values()
  }

  get guardianCount(): number {
    return this.#guardians.size
  }

  /** There may be ledgers of ours out there. */
  get hasAppointed(): boolean {
    return this.#nth > 0
  }

  appoint(life: LifeId): Guardian {
    const guardian = { life, begunAt: 0, acked: 0 }
    this.former.delete(life)
    this.#guardians.set(life, guardian)
    this.#appointed.add(life)
    const [oldest] = this.#appointed
    if (this.#appointed.size > appointedMost && oldest !== undefined) this.#appointed.delete(oldest)
    return guardian
  }

  wasAppointed(life: LifeId): boolean {
    return this.#appointed.has(life)
  }

  dismiss(life: LifeId): boolean {
    return this.#guardians.delete(life)
  }

  isGuardian(life: LifeId): boolean {
    return this.#guardians.has(life)
  }

  /** False for a message that was never sent. */
  acked(life: LifeId, nth: number): boolean {
    const guardian = this.#guardians.get(life)
    if (!guardian || nth > this.#nth) return false
    guardian.acked = Math.max(guardian.acked, nth)
    return true
  }

  /** Whoever is to have it has it. Nobody is, when there is nobody who could. */
  isSafe(object: ObjectId): boolean {
    const row = this.#rows.get(object)
    if (!row || this.#guardians.size === 0) return true
    const complete = [...this.#guardians.values()].filter(isComplete)
    return complete.length > 0 && complete.every(({ acked }) => acked >= row.sentAt)
  }

  check(): void {
    for (const object of this.#changed) if (!this.#rows.has(object)) broken(`${object} has news and a row`)
    for (const object of this.#gone) if (this.#rows.has(object)) broken(`${object} is gone and has no row`)
    for (const { begunAt, acked } of this.#guardians.values())
      assert(Math.max(begunAt, acked) <= this.#nth, 'guardians have what was sent')
  }
}

/** It has all there was when it was appointed. */
export function isComplete({ begunAt, acked }: Guardian): boolean {
  return begunAt > 0 && acked >= begunAt
}
