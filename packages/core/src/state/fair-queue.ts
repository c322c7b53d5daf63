// Tasks that wait for the same thing, of several contexts: whoever asked for ten thousand does not keep waiting whoever asked for a
// hundred. Each context has a lane of its own, in the order of asking; the next task comes from the lane whose tasks have taken the
// least time so far (start-time fair queueing; Goyal, Vin and Cheng 1996). A lane keeps its turn for a few milliseconds of
// work, so that small families of tasks stay together and are through one after the other.

import Denque from 'denque'
import TinyQueue from 'tinyqueue'
import type { ContextId, TaskId } from '../model/ids.ts'

/** Work that a lane gives away in one turn, in milliseconds. */
const turnMs = 20
/** Fewer empty lanes are not worth forgetting. */
const leastKept = 64

interface Lane {
  readonly context: ContextId
  readonly tasks: Denque<TaskId>
  /** Milliseconds of work given away, on the clock of the queue. */
  given: number
  /** When its turn is over, if it has it. */
  turnEnds: number
  /** Its place in the heap names that; null: it has none. */
  queuedAt: number | null
}

interface Place {
  readonly lane: Lane
  readonly at: number
  readonly nth: number
}

export class FairQueue {
  readonly #lanes = new Map<ContextId, Lane>()
  readonly #heap = new TinyQueue<Place>([], (a, b) => a.at - b.at || a.nth - b.nth)
  /** Whose turn it is. */
  #current: Lane | null = null
  /** What whoever comes now has missed: nothing. */
  #now = 0
  #nth = 0
  #newcomers: TaskId[] = []
  length = 0

  isEmpty(): boolean {
    return this.length === 0
  }

  /** `first`: before what its context has asked for and waits. */
  push(task: TaskId, context: ContextId, first = false): void {
    const lane = this.#lane(context)
    if (first) lane.tasks.unshift(task)
    else lane.tasks.push(task)
    this.length++
    this.#newcomers.push(task)
    this.#queue(lane)
  }

  /** It was taken, and is the next one all the same. */
  putBack(task: TaskId, context: ContextId, ms: number): void {
    const lane = this.#lane(context)
    lane.given -= ms
    lane.tasks.unshift(task)
    this.length++
    if (lane === this.#current) return
    if (this.#current) this.#park(this.#current)
    this.#begin(lane)
  }

  /** The next one, whose context it is that is charged for it. Undefined when there is none. */
  take(msOf: (task: TaskId) => number): TaskId | undefined {
    const lane = this.#head()
    const task = lane?.tasks.shift()
    if (!lane || task === undefined) return undefined
    this.length--
    lane.given += msOf(task)
    if (lane.given >= lane.turnEnds || lane.tasks.isEmpty()) this.#park(lane)
    return task
  }

  /** Those in front that are no more wanted. */
  dropFront(isWanted: (task: TaskId) => boolean): void {
    for (let lane = this.#head(); lane; lane = this.#head()) {
      const task = lane.tasks.peekFront()
      if (task !== undefined && isWanted(task)) return
      if (task !== undefined) this.length--
      lane.tasks.shift()
      if (lane.tasks.isEmpty()) this.#park(lane)
    }
  }

  /** Wherever they are; and of what is there twice, one. */
  keepOnly(isWanted: (task: TaskId) => boolean): void {
    this.length = 0
    for (const { tasks } of this.#lanes.values()) {
      const wanted = new Set(tasks.toArray().filter(isWanted))
      tasks.clear()
      for (const task of wanted) tasks.push(task)
      this.length += wanted.size
    }
  }

  *all(): Iterable<TaskId> {
    for (const { tasks } of this.#lanes.values()) yield* tasks.toArray()
  }

  /** Those that have come since this was asked last. */
  takeNewcomers(): readonly TaskId[] {
    const newcomers = this.#newcomers
    if (newcomers.length > 0) this.#newcomers = []
    return newcomers
  }

  #lane(context: ContextId): Lane {
    let lane = this.#lanes.get(context)
    if (!lane) {
      lane = { context, tasks: new Denque(), given: this.#now, turnEnds: 0, queuedAt: null }
      this.#lanes.set(context, lane)
      if (this.#lanes.size > leastKept + 2 * this.#heap.length) this.#forget()
    }
    // Time in which it asked for nothing is nobody's debt to it.
    if (lane.tasks.isEmpty()) lane.given = Math.max(lane.given, this.#now)
    return lane
  }

  #queue(lane: Lane): void {
    if (lane === this.#current || lane.queuedAt !== null) return
    lane.queuedAt = lane.given
    this.#heap.push({ lane, at: lane.given, nth: ++this.#nth })
  }

  #begin(lane: Lane): void {
    lane.queuedAt = null
    lane.turnEnds = lane.given + turnMs
    this.#now = Math.max(this.#now, lane.given)
    this.#current = lane
  }

  /** Its turn is over. */
  #park(lane: Lane): void {
    if (lane === this.#current) this.#current = null
    if (!lane.tasks.isEmpty()) this.#queue(lane)
  }

  #head(): Lane | undefined {
    if (this.#current && !this.#current.tasks.isEmpty()) return this.#current
    this.#current = null
    for (let place = this.#heap.pop(); place; place = this.#heap.pop()) {
      const { lane, at } = place
      if (lane.queuedAt !== at) continue
      lane.queuedAt = null
      if (lane.tasks.isEmpty()) continue
      this.#begin(lane)
      return lane
    }
    return undefined
  }

  /** Whoever waits for nothing and has had no more than others. */
  #forget(): void {
    for (const [context, { tasks, given }] of this.#lanes)
      if (tasks.isEmpty() && given <= this.#now && context !== this.#current?.context) this.#lanes.delete(context)
  }
}
