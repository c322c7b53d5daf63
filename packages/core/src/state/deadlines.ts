// Which task wants to be looked at next. A binary heap with lazy deletion: an entry counts only if
// its row still names that time, so moving a deadline is a push and forgetting one is free. What no
// longer counts is swept out when the heap has grown to twice what counted after the last sweep.

import TinyQueue from 'tinyqueue'
import type { Instant, TaskId } from '../model/ids.ts'
import { never } from '../model/ids.ts'

interface Entry {
  readonly at: Instant
  readonly id: TaskId
}

/** Smaller heaps are not worth sweeping. */
const leastSweep = 1_024

function heapOf(entries: Entry[]): TinyQueue<Entry> {
  return new TinyQueue(entries, (a, b) => a.at - b.at)
}

export class Deadlines {
  #heap = heapOf([])
  #sweepAt = leastSweep
  readonly #dueAt: (id: TaskId) => Instant

  constructor(dueAt: (id: TaskId) => Instant) {
    this.#dueAt = dueAt
  }

  set(id: TaskId, at: Instant): void {
    if (at === never) return
    this.#heap.push({ at, id })
    if (this.#heap.length > this.#sweepAt) this.#sweep()
  }

  get size(): number {
    return this.#heap.length
  }

  #sweep(): void {
    const live = new Map<TaskId, Entry>()
    for (const entry of this.#heap.data) if (this.#dueAt(entry.id) === entry.at) live.set(entry.id, entry)
    this.#heap = heapOf([...live.values()])
    this.#sweepAt = Math.max(leastSweep, 2 * live.size)
  }

  /** Takes everything that is due. A row taken must be given its next deadline by whoever handles it. */
  due(now: Instant): TaskId[] {
    const ids: TaskId[] = []
    for (let top = this.#top(); top && top.at <= now; top = this.#top()) {
      this.#heap.pop()
      ids.push(top.id)
    }
    return ids
  }

  #top(): Entry | undefined {
    for (let top = this.#heap.peek(); top; top = this.#heap.peek()) {
      if (this.#dueAt(top.id) === top.at) return top
      this.#heap.pop()
    }
    return undefined
  }

  next(): Instant {
    return this.#top()?.at ?? never
  }
}
