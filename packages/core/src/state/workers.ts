// Which worker has which attempts, and how many slots it takes for them. A worker in which an attempt
// waits is kept for it; the slots go to another one.

import type { AttemptId, Instant } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'

interface Worker {
  readonly running: Set<AttemptId>
  blocked: number
  /** When the attempt that runs in it began, about: its last news. */
  since: Instant
  /** What waits behind that attempt was asked back. */
  recalled: boolean
  /** Slots that each of its attempts takes. */
  width: number
}

export interface FreeWorker {
  readonly number: number
  /** It has work already: what it gets on top takes no further worker. */
  readonly inUse: boolean
  /** Slots that an attempt there may take. */
  readonly least: number
  readonly most: number
}

export class Workers {
  readonly #rows = new Map<number, Worker>()
  /** Longer than this at one attempt, a worker is held up. */
  readonly #patienceMs: number
  /** Since when all of them wait and nothing runs. */
  #stalledAt: Instant = never

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  #row(number: number): Worker {
    let row = this.#rows.get(number)
    if (!row) {
      row = { running: new Set(), blocked: 0, since: never, recalled: false, width: 1 }
      this.#rows.set(number, row)
    }
    return row
  }

  has(number: number, attempt: AttemptId): boolean {
    return this.#rows.get(number)?.running.has(attempt) ?? false
  }

  /** Each attempt in it takes `width` slots. */
  add(number: number, attempt: AttemptId, { width, now }: { readonly width: number; readonly now: Instant }): void {
    const row = this.#row(number)
    row.width = width
    if (row.running.size === 0) this.#begins(row, now)
    row.running.add(attempt)
    this.#stalledAt = never
  }

  /** How long it has been running; 0 while it waits behind another one in its worker. */
  ranMs(number: number, attempt: AttemptId, now: Instant): number {
    const row = this.#rows.get(number)
    const [first] = row?.running ?? []
    return row && first === attempt ? Math.max(0, now - row.since) : 0
  }

  #begins(row: Worker, now: Instant): void {
    row.since = now
    row.recalled = false
  }

  /** One attempt in it is over: whatever is next has just begun. */
  finished(number: number, attempt: AttemptId, now: Instant): void {
    const row = this.#rows.get(number)
    if (row?.running.delete(attempt)) this.#begins(row, now)
  }

  remove(number: number, attempt: AttemptId): void {
    this.#rows.get(number)?.running.delete(attempt)
  }

  /** One more attempt waits in it, or one fewer. */
  block(number: number, step: 1 | -1): void {
    this.#row(number).blocked += step
    if (step === -1) this.#stalledAt = never
  }

  gone(number: number): void {
    this.#rows.delete(number)
  }

  /** Slots that are taken. */
  get busy(): number {
    let slots = 0
    for (const row of this.#rows.values()) if (row.running.size > 0 && row.blocked === 0) slots += row.width
    return slots
  }

  #isHeldUp(row: Worker, now: Instant): boolean {
    return row.running.size > 0 && row.blocked === 0 && after(row.since, this.#patienceMs) <= now
  }

  /** Workers that have more than one attempt. */
  crowded(): number[] {
    return [...this.#rows].filter(([, { running }]) => running.size > 1).map(([number]) => number)
  }

  /** Workers that have others waiting behind the attempt they are held up by. Each is named once per attempt. */
  heldUp(now: Instant): number[] {
    const numbers: number[] = []
    for (const [number, row] of this.#rows) {
      if (row.recalled || row.running.size < 2 || !this.#isHeldUp(row, now)) continue
      row.recalled = true
      numbers.push(number)
    }
    return numbers
  }

  /** At least so many slots are taken, all by workers that are held up: nobody knows when the next one is free. */
  areAllHeldUp(slots: number, now: Instant): boolean {
    if (this.busy < slots) return false
    for (const row of this.#rows.values())
      if (row.running.size > 0 && row.blocked === 0 && !this.#isHeldUp(row, now)) return false
    return true
  }

  /** When the next worker is held up, if its attempt does not end before. */
  deadline(now: Instant, areWaiting: boolean): Instant {
    let next: Instant = never
    for (const row of this.#rows.values()) {
      if (row.running.size === 0 || row.blocked > 0 || row.recalled) continue
      if (row.running.size < 2 && !areWaiting) continue
      const at = after(row.since, this.#patienceMs)
      if (at > now && at < next) next = at
    }
    return next
  }

  /**
   * As many as there should be wait, and nothing runs: what they wait for may be queued behind them. Then one more is
   * taken, each after twice the time of the one before; so they stay few, and nothing waits for ever.
   */
  mayExceed(most: number, now: Instant): boolean {
    if (this.busy > 0 || this.inUse < most) this.#stalledAt = never
    else if (this.#stalledAt === never) this.#stalledAt = now
    return this.exceedAt(most) <= now
  }

  /** While something runs they are not stalled; while fewer wait than may, nothing is due: whoever asked to be woken then would be for ever. */
  exceedAt(most: number): Instant {
    if (this.#stalledAt === never || this.inUse < most) return never
    return after(this.#stalledAt, this.#patienceMs * 2 ** (this.inUse - most))
  }

  /** Workers that something runs or waits in. */
  get inUse(): number {
    let count = 0
    for (const row of this.#rows.values()) if (row.running.size > 0) count++
    return count
  }

  /** An idle worker, a number for a new one, or one that is nearly through what it has. */
  free(slots: number, now: Instant, nearlyThrough: (first: AttemptId, left: number) => boolean): FreeWorker | null {
    let busy = 0
    let idle: number | null = null
    let draining: number | null = null
    for (const [number, row] of this.#rows) {
      if (row.blocked > 0) continue
      const first = row.running.values().next().value
      if (first === undefined) idle ??= number
      else {
        busy += row.width
        if (!this.#isHeldUp(row, now) && nearlyThrough(first, row.running.size)) draining ??= number
      }
    }
    if (busy < slots) {
      const room = { least: 1, most: slots - busy }
      if (idle !== null) return { number: idle, inUse: false, ...room }
      for (let number = 0; ; number++) if (!this.#rows.has(number)) return { number, inUse: false, ...room }
    }
    if (draining === null) return null
    const { width } = this.#row(draining)
    return { number: draining, inUse: true, least: width, most: width }
  }
}
