// Which worker has which attempts, and how many slots it takes for them. A worker in which an attempt
// waits is kept for it; the slots go to another one.

import type { AttemptId } from '../model/ids.ts'

interface Worker {
  readonly running: Set<AttemptId>
  blocked: number
  /** Slots that each of its attempts takes. */
  width: number
}

export interface FreeWorker {
  readonly number: number
  /** It has to be started first. */
  readonly fresh: boolean
  /** Slots that an attempt there may take. */
  readonly least: number
  readonly most: number
}

export class Workers {
  readonly #rows = new Map<number, Worker>()

  get size(): number {
    return this.#rows.size
  }

  #row(number: number): Worker {
    let row = this.#rows.get(number)
    if (!row) {
      row = { running: new Set(), blocked: 0, width: 1 }
      this.#rows.set(number, row)
    }
    return row
  }

  has(number: number, attempt: AttemptId): boolean {
    return this.#rows.get(number)?.running.has(attempt) ?? false
  }

  add(number: number, attempt: AttemptId, width: number): void {
    const row = this.#row(number)
    row.width = width
    row.running.add(attempt)
  }

  remove(number: number, attempt: AttemptId): void {
    this.#rows.get(number)?.running.delete(attempt)
  }

  /** One more attempt waits in it, or one fewer. */
  block(number: number, step: 1 | -1): void {
    this.#row(number).blocked += step
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

  /** An idle worker, a number for a new one, or one that is nearly through what it has. */
  free(slots: number, nearlyThrough: (first: AttemptId, left: number) => boolean): FreeWorker | null {
    let busy = 0
    let idle: number | null = null
    let draining: number | null = null
    for (const [number, row] of this.#rows) {
      if (row.blocked > 0) continue
      const first = row.running.values().next().value
      if (first === undefined) idle ??= number
      else {
        busy += row.width
        if (nearlyThrough(first, row.running.size)) draining ??= number
      }
    }
    if (busy < slots) {
      const room = { least: 1, most: slots - busy }
      if (idle !== null) return { number: idle, fresh: false, ...room }
      for (let number = 0; ; number++) if (!this.#rows.has(number)) return { number, fresh: true, ...room }
    }
    if (draining === null) return null
    const { width } = this.#row(draining)
    return { number: draining, fresh: false, least: width, most: width }
  }
}
