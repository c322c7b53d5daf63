// The queue of tasks that could run, what each peer lets us have out there, and how fast each peer
// has been with each function. Late binding: work waits here, at its owner, and leaves only against
// credits, so a fast peer draws more simply by being done sooner. Which peer is best is placement's
// question.

import { broken } from '../model/assert.ts'
import type { Instant, LifeId, TaskId } from '../model/ids.ts'
import { after, isBallot, never } from '../model/ids.ts'
import type { Needs, TaskSpec } from '../model/task.ts'
import { unmeasuredMs } from './credits.ts'
import { Durations, type Run } from './durations.ts'
import { FairQueue } from './fair-queue.ts'

/** Tasks with the same needs and priority, by turns those of each context: if one cannot be placed, none can. */
export interface ReadyClass {
  readonly key: string
  readonly needs: Needs
  readonly priority: number
  readonly depth: number
  /** Actors: they take no slots. */
  readonly isApart: boolean
  /** Ballots: each has peers of its own that may not take it. */
  readonly isBallots: boolean
  readonly queue: FairQueue
  /** Milliseconds of work that were handed out of it, so that classes take turns, too. */
  handed: number
  /** No peer that is known could run these. */
  unfit: boolean
  /** Its first one, when that waits for a faster peer than has room for it, and until when. */
  waiting: { readonly id: TaskId; readonly until: Instant } | null
}

/** Fewer runs of a function say nothing about what is usual for it. */
const runsLeast = 4

interface Credit {
  /** Null until the executor has said: then its slots count. */
  credits: number | null
  out: number
}

export class Scheduler {
  readonly #classes = new Map<string, ReadyClass>()
  readonly #credits = new Map<LifeId, Credit>()
  readonly #durations = new Durations()
  readonly #maxCredits: number
  readyCount = 0
  /** Somebody has room again since work was last handed out. */
  hasFreed = false
  /** When something that waits for a faster peer has waited long enough. */
  waitsUntil: Instant = never

  constructor(maxCredits: number) {
    this.#maxCredits = maxCredits
  }

  ready(spec: TaskSpec, front: boolean): void {
    const row = this.#class(spec)
    row.queue.push(spec.id, spec.context, front)
    this.readyCount++
  }

  /** It was taken, and cannot be placed now: it is the next one of its class. */
  putBack(spec: TaskSpec): void {
    const row = this.#class(spec)
    const ms = this.#costMs(spec)
    row.queue.putBack(spec.id, spec.context, ms)
    row.handed -= ms
    this.readyCount++
  }

  /** What its context is charged for it: it may never have run. */
  #costMs(spec: TaskSpec): number {
    return this.#durations.meanMs(spec) ?? unmeasuredMs
  }

  #class(spec: TaskSpec): ReadyClass {
    const { needs, priority } = spec.policy
    const { depth } = spec
    const isActor = spec.actor !== undefined
    const isBallots = isBallot(spec.id)
    const key = `${priority}|${depth}|${needsKey(needs)}${isActor ? '|actors' : ''}${isBallots ? '|ballots' : ''}`
    let row = this.#classes.get(key)
    if (!row) {
      row = {
        key,
        needs,
        priority,
        depth,
        isApart: isActor,
        isBallots,
        queue: new FairQueue(),
        handed: this.#leastHanded(),
        unfit: false,
        waiting: null,
      }
      this.#classes.set(key, row)
    }
    return row
  }

  /** The class that a task queues in. */
  classOf(spec: TaskSpec): ReadyClass {
    return this.#class(spec)
  }

  /** Where a new class begins: it has missed nothing. */
  #leastHanded(): number {
    const handed = [...this.#classes.values()].map((row) => row.handed)
    return handed.length === 0 ? 0 : Math.min(...handed)
  }

  /**
   * Higher priority first, then deeper ones: what somebody waits for in a slot goes before new beginnings; then those of which less was
   * handed out. Empty classes go.
   */
  classes(): ReadyClass[] {
    if (this.#classes.size > 1) {
      for (const [key, row] of this.#classes) if (row.queue.isEmpty()) this.#classes.delete(key)
    }
    const rows = [...this.#classes.values()].filter((row) => !row.queue.isEmpty())
    return rows.length > 1
      ? rows.sort((a, b) => b.priority - a.priority || b.depth - a.depth || a.handed - b.handed)
      : rows
  }

  /** The next of a class; ids of tasks that were cancelled meanwhile are for the caller to skip. */
  take(row: ReadyClass, specOf: (id: TaskId) => TaskSpec | undefined): TaskId | undefined {
    const id = row.queue.take((task) => {
      const spec = specOf(task)
      const ms = spec ? this.#costMs(spec) : 0
      row.handed += ms
      return ms
    })
    if (id !== undefined) this.readyCount--
    return id
  }

  /** Whether a task still waits for a faster peer: for `ms` from when it first had to. */
  waits(row: ReadyClass, id: TaskId, { now, ms }: { readonly now: Instant; readonly ms: number }): boolean {
    if (row.waiting?.id !== id) row.waiting = { id, until: after(now, ms) }
    const { until } = row.waiting
    if (until <= now) return false
    if (until < this.waitsUntil) this.waitsUntil = until
    return true
  }

  /**
   * Forgets tasks that ended while they were queued: those in front at once, the others when they are more
   * than those that wait.
   */
  sweep(pending: number, isReady: (id: TaskId) => boolean): void {
    const isCluttered = this.readyCount > 2 * pending + 64
    for (const { queue } of this.#classes.values()) {
      const before = queue.length
      if (isCluttered) queue.keepOnly(isReady)
      else queue.dropFront(isReady)
      this.readyCount -= before - queue.length
    }
  }

  #credit(life: LifeId): Credit {
    let row = this.#credits.get(life)
    if (!row) {
      row = { credits: null, out: 0 }
      this.#credits.set(life, row)
    }
    return row
  }

  /** What an executor says it takes; more than anybody may grant counts as that. */
  granted(life: LifeId, credits: number): void {
    const row = this.#credit(life)
    const before = row.credits
    row.credits = Math.max(0, Math.min(this.#maxCredits, Math.floor(credits) || 0))
    // Ours may come after work was handed out, with nothing else to wake us for what waits.
    if (before !== null && row.credits > before) this.hasFreed = true
  }

  /** That peer may have forgotten what it granted: its slots count until it says more. */
  voided(life: LifeId): void {
    const row = this.#credits.get(life)
    if (row) row.credits = null
  }

  /** How many more attempts that peer takes from us. */
  room(life: LifeId, slots: number): number {
    const row = this.#credits.get(life)
    if (!row) return slots
    return (row.credits ?? slots) - row.out
  }

  out(life: LifeId): number {
    return this.#credits.get(life)?.out ?? 0
  }

  assigned(life: LifeId): void {
    this.#credit(life).out++
  }

  returned(life: LifeId): void {
    const row = this.#credits.get(life)
    if (row && row.out > 0) row.out--
    this.hasFreed = true
  }

  ended(life: LifeId): void {
    this.#credits.delete(life)
    this.#durations.forget(life)
  }

  /** Records how long one run took there, and how much of that it waited for others. */
  measured(spec: TaskSpec, run: Run): void {
    this.#durations.measured(spec, run)
  }

  /** Expected duration there, or of the function anywhere, or null when it never ran. */
  expectedMs(spec: TaskSpec, life: LifeId): number | null {
    const known = this.#durations.get(spec)
    return known?.at?.get(life) ?? known?.meanMs ?? null
  }

  /** How long it takes there, as far as that was measured. */
  measuredMs(spec: TaskSpec, life: LifeId): number | null {
    return this.#durations.get(spec)?.at?.get(life) ?? null
  }

  /** What three in four of its latest runs took at most; null before there were a few. */
  typicalMs(spec: TaskSpec): number | null {
    const recent = this.#durations.get(spec)?.recent
    return recent && recent.count >= runsLeast ? recent.quantile(0.75) : null
  }

  check(outOf: (life: LifeId) => number): void {
    for (const [life, row] of this.#credits)
      if (row.out !== outOf(life)) broken(`${row.out} out at ${life}, ${outOf(life)} in rows`)
  }
}

function needsKey(needs: Needs): string {
  return Object.keys(needs).length === 0 ? '' : JSON.stringify(needs)
}
