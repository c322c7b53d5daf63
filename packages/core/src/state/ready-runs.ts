// Attempts that could begin as soon as there is a slot, in the order in which they should: first those of the owner whose attempts have
// taken the least time here, of each owner the oldest first (start-time fair queueing, as in fair-queue.ts). So an owner of
// short tasks does not wait behind each long one of another.

import type { AttemptId, LifeId } from '../model/ids.ts'

interface Lane {
  readonly runs: Set<AttemptId>
  /** Milliseconds of what was begun for it, on the clock of all. */
  served: number
}

/** Fewer owners without anything here are not worth forgetting. */
const leastKept = 64

export class ReadyRuns {
  readonly #lanes = new Map<LifeId, Lane>()
  readonly #owners = new Map<AttemptId, LifeId>()
  /** Where an owner begins that had nothing here: it has missed nothing. */
  #now = 0

  get size(): number {
    return this.#owners.size
  }

  has(run: AttemptId): boolean {
    return this.#owners.has(run)
  }

  add(run: AttemptId, owner: LifeId): void {
    const lane = this.#lane(owner)
    if (lane.runs.size === 0) lane.served = Math.max(lane.served, this.#now)
    lane.runs.add(run)
    this.#owners.set(run, owner)
  }

  delete(run: AttemptId): void {
    const owner = this.#owners.get(run)
    if (owner === undefined) return
    this.#owners.delete(run)
    this.#lanes.get(owner)?.runs.delete(run)
  }

  /** It counts as somebody else's from now on. */
  pass(run: AttemptId, to: LifeId): void {
    if (!this.has(run)) return
    this.delete(run)
    this.add(run, to)
  }

  /** Something of its has begun that will take about so long. */
  charge(owner: LifeId, ms: number): void {
    this.#lane(owner).served += ms
  }

  all(): IterableIterator<AttemptId> {
    return this.#owners.keys()
  }

  *inTurn(): Iterable<AttemptId> {
    const lanes = [...this.#lanes.values()].filter(({ runs }) => runs.size > 0)
    if (lanes.length > 1) lanes.sort((a, b) => a.served - b.served)
    if (lanes[0]) this.#now = Math.max(this.#now, lanes[0].served)
    for (const { runs } of lanes) yield* runs
  }

  #lane(owner: LifeId): Lane {
    let lane = this.#lanes.get(owner)
    if (!lane) {
      if (this.#lanes.size > leastKept) this.#forget()
      this.#lanes.set(owner, (lane = { runs: new Set(), served: this.#now }))
    }
    return lane
  }

  #forget(): void {
    for (const [owner, { runs, served }] of this.#lanes)
      if (runs.size === 0 && served <= this.#now) this.#lanes.delete(owner)
  }
}
