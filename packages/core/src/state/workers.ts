// Which worker has which attempts. A worker in which an attempt waits is kept for it; the slot goes
// to another one.

import type { AttemptId } from '../model/ids.ts'

interface Worker {
  readonly running: Set<AttemptId>
  blocked: number
}

export interface FreeWorker {
  readonly number: number
  /** It has work already: what it gets on top takes no further worker. */
  readonly inUse: boolean
}

export class Workers {
  readonly #rows = new Map<number, Worker>()

  #row(number: number): Worker {
    let row = this.#rows.get(number)
    if (!row) {
      row = { running: new Set(), blocked: 0 }
      this.#rows.set(number, row)
    }
    return row
  }

  has(number: number, attempt: AttemptId): boolean {
    return this.#rows.get(number)?.running.has(attempt) ?? false
  }

  add(number: number, attempt: AttemptId): void {
    this.#row(number).running.add(attempt)
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

  /** Workers that use a slot. */
  get busy(): number {
    let count = 0
    for (const row of this.#rows.values()) if (row.running.size > 0 && row.blocked === 0) count++
    return count
  }

  /** Workers that something runs or waits in. */
  get inUse(): number {
    let count = 0
    for (const row of this.#rows.values()) if (row.running.size > 0) count++
    return count
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
        busy++
        if (nearlyThrough(first, row.running.size)) draining ??= number
      }
    }
    if (busy < slots) {
      if (idle !== null) return { number: idle, inUse: false }
      for (let number = 0; ; number++) if (!this.#rows.has(number)) return { number, inUse: false }
    }
    return draining === null ? null : { number: draining, inUse: true }
  }
}
