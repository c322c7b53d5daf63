// Streams that this peer answers for: what of each was received, what its reader has taken, who reads it. One row
// from the call to the day on which nobody holds the stream any more; its items are entries of the directory, named
// here by their index while they are there. How items come about and what holds them is not known here.

import { broken } from '../model/assert.ts'
import type { ContextId, ObjectId, TaskId } from '../model/ids.ts'
import { itemIn } from '../model/ids.ts'
import type { TaskSpec } from '../model/task.ts'

/** A run of a context. Its items go to one context only; a later run of that begins anew. */
export interface Reader {
  readonly context: ContextId
  readonly run: number
}

/** Which run of which context reads it, and what that has taken. */
export interface Reading {
  readonly reader: ContextId
  readonly run: number
  readonly taken: number
}

export interface StreamRow {
  readonly spec: TaskSpec
  /** Items that the reader has taken: those before are let go of. */
  taken: number
  /** Items before this one came, or are of no use any more. */
  received: number
  /** How many there are; null until the generator has ended. */
  count: number | null
  reader: Reader | null
  /** Those with an entry in the directory. */
  readonly items: Set<number>
  /** Those of them that are kept for the reader. */
  readonly unread: Set<number>
  /** Nobody reads it any more. */
  isClosed: boolean
}

export class Streams {
  readonly #rows = new Map<TaskId, StreamRow>()
  /** Kept apart, as single items may outlive their stream, or come before it. */
  readonly #items = new Map<TaskId, Set<number>>()

  get size(): number {
    return this.#rows.size + this.#items.size
  }

  get(task: TaskId): StreamRow | undefined {
    return this.#rows.get(task)
  }

  all(): IterableIterator<StreamRow> {
    return this.#rows.values()
  }

  add(spec: TaskSpec): StreamRow {
    const known = this.#rows.get(spec.id)
    if (known) return known
    const items = this.#items.get(spec.id) ?? new Set()
    const unread = new Set<number>()
    const row = { spec, taken: 0, received: 0, count: null, reader: null, items, unread, isClosed: false }
    this.#rows.set(spec.id, row)
    return row
  }

  /** An entry of the directory came to be that may be an item's. */
  entered(object: ObjectId): void {
    const at = itemIn(object)
    if (!at) return
    const items = this.#rows.get(at.task)?.items ?? this.#items.get(at.task) ?? new Set()
    items.add(at.index)
    this.#items.set(at.task, items)
  }

  /** Or went. */
  left(object: ObjectId): void {
    if (this.#rows.size > 0) this.#rows.delete(object as string as TaskId)
    if (this.#items.size === 0) return
    const at = itemIn(object)
    const items = at ? this.#items.get(at.task) : undefined
    if (!at || !items?.delete(at.index)) return
    if (items.size === 0) this.#items.delete(at.task)
  }

  check(): void {
    for (const [task, { taken, received, count, items, unread, isClosed }] of this.#rows) {
      for (const index of unread)
        if (!(items.has(index) && index >= taken)) broken(`${task} keeps item ${index} for its reader`)
      if (!(!isClosed || unread.size === 0)) broken(`${task} keeps nothing for nobody`)
      if (!(taken >= 0 && received >= 0)) broken(`items of ${task} are counted`)
      if (!(count === null || count >= 0)) broken(`${task} ended after ${count} items`)
      if (!(items.size === 0 || this.#items.get(task) === items)) broken(`items of ${task} are listed once`)
    }
  }
}
