// The tasks inside which something was put that this peer answers for: run once more, a task puts the same
// again under the same id. One row per task, however much it put; it goes with the last of its puts. When to
// run one is not known here, nor what is held for its sake.

import { broken } from '../model/assert.ts'
import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { TaskSpec } from '../model/task.ts'
import { budget } from '../model/task.ts'

export interface Maker {
  readonly spec: TaskSpec
  readonly since: Instant
  /** What it put and is answered for here. */
  readonly puts: Set<ObjectId>
  /** Those of them whose bytes are gone, and which its next run is to put again. */
  readonly awaited: Set<ObjectId>
  /** Those for which this run is: it began for them, or whoever has it was told. */
  readonly told: Set<ObjectId>
  /** Who ran it, the latest last: they may have asked for children. */
  formerly: readonly LifeId[]
  rebuildsLeft: number
  /** The highest number given to an attempt here. */
  numbered: number
  /** It runs here for nothing but what is awaited. */
  isRun: boolean
  /** How its last run failed, if it did. */
  failed: string | null
}

export class Makers {
  readonly #rows = new Map<TaskId, Maker>()
  readonly #byPut = new Map<ObjectId, Maker>()

  get size(): number {
    return this.#rows.size
  }

  all(): IterableIterator<Maker> {
    return this.#rows.values()
  }

  get(task: TaskId): Maker | undefined {
    return this.#rows.get(task)
  }

  /** The task that put it. */
  of(object: ObjectId): Maker | undefined {
    return this.#byPut.get(object)
  }

  /** True when nothing of that task was answered for before. */
  add(object: ObjectId, init: Pick<Maker, 'spec' | 'since' | 'formerly'>): boolean {
    const { id, policy } = init.spec
    let row = this.#rows.get(id)
    const isNew = row === undefined
    if (!row) {
      const rebuildsLeft = budget(policy.rebuilds)
      const sets = { puts: new Set<ObjectId>(), awaited: new Set<ObjectId>(), told: new Set<ObjectId>() }
      row = { ...init, ...sets, rebuildsLeft, numbered: 1, isRun: false, failed: null }
      this.#rows.set(id, row)
    }
    row.puts.add(object)
    this.#byPut.set(object, row)
    return isNew
  }

  /** The maker, when that was the last of what it put. */
  drop(object: ObjectId): Maker | undefined {
    const row = this.#byPut.get(object)
    if (!row) return undefined
    this.#byPut.delete(object)
    row.puts.delete(object)
    row.awaited.delete(object)
    row.told.delete(object)
    if (row.puts.size > 0) return undefined
    this.#rows.delete(row.spec.id)
    return row
  }

  /** Others may have run it since, and asked for children there. */
  ranAt(row: Maker, life: LifeId): void {
    row.formerly = [...row.formerly.filter((other) => other !== life).slice(-1), life]
  }

  check(): void {
    for (const [task, { puts, awaited, told }] of this.#rows) {
      if (puts.size === 0) broken(`${task} put something`)
      for (const object of puts) if (this.#byPut.get(object)?.spec.id !== task) broken(`${object} was put by ${task}`)
      for (const objects of [awaited, told])
        for (const object of objects) if (!puts.has(object)) broken(`${object} is awaited`)
    }
  }
}
