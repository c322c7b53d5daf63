// The latest settled tasks, for lists and `explain`: so many, then the oldest goes. Failures outlive
// successes. Two queues give the order, since the head of a map that is emptied from the front gets
// slower to find with every row.

import Denque from 'denque'
import type { TaskId } from '../model/ids.ts'
import type { Failure } from '../model/object.ts'

/** A settled task, as it is remembered. */
export interface Remembered {
  readonly task: TaskId
  readonly fn: string
  readonly name: string | null
  readonly state: 'value' | 'failure' | 'cancelled'
  readonly attempts: number
  readonly peer: string | null
  readonly ms: number
  readonly failure: Failure | null
  readonly story: readonly string[]
}

export class History {
  readonly #limit: number
  readonly #rows = new Map<TaskId, Remembered>()
  readonly #successes = new Denque<TaskId>()
  readonly #failures = new Denque<TaskId>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(task: TaskId): Remembered | undefined {
    return this.#rows.get(task)
  }

  /** Oldest first. */
  values(): IterableIterator<Remembered> {
    return this.#rows.values()
  }

  add(row: Remembered): void {
    if (this.#rows.delete(row.task)) this.#forget(row.task)
    this.#rows.set(row.task, row)
    const order = row.state === 'value' ? this.#successes : this.#failures
    order.push(row.task)
    if (this.#rows.size > this.#limit) {
      const oldest = this.#successes.shift() ?? this.#failures.shift()
      if (oldest !== undefined) this.#rows.delete(oldest)
    }
  }

  /** Settled again after it was made again: rare, so a search will do. */
  #forget(task: TaskId): void {
    for (const order of [this.#successes, this.#failures]) {
      const at = order.toArray().indexOf(task)
      if (at >= 0) order.removeOne(at)
    }
  }
}
