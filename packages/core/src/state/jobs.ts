// Named jobs as this peer knows them: those whose program runs here, and those that it keeps since
// their program is gone. A job holds everything that was asked for under its name, so that the same
// program, run again, finds it. Who has a job elsewhere is asked, not known.

import { assert } from '../model/assert.ts'
import type { ContextId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { JobHead } from '../model/ledger.ts'

/** Who was asked about a job that is being opened, and what they said. */
export interface Opening {
  readonly waits: Set<LifeId>
  /** Who has something of it. */
  readonly has: Set<LifeId>
  takenBy: LifeId | null
  by: Instant
}

export interface JobRow {
  readonly context: ContextId
  readonly name: string
  detached: boolean
  /** The program is here. Else it is gone, and the job is kept for whoever runs it again. */
  isOurs: boolean
  opening: Opening | null
  /** Tasks and puts that were given a name. */
  readonly names: Map<string, ObjectId>
  readonly held: ObjectId[]
  /** When it is forgotten. */
  until: Instant
  /** Who has it now, and surely everything of it by then. */
  handedTo: LifeId | null
}

export class Jobs {
  readonly #rows = new Map<ContextId, JobRow>()
  /** There is something to tell guardians. */
  hasNews = false

  get size(): number {
    return this.#rows.size
  }

  get(context: ContextId): JobRow | undefined {
    return this.#rows.get(context)
  }

  all(): IterableIterator<JobRow> {
    return this.#rows.values()
  }

  add(context: ContextId, name: string, detached: boolean): JobRow {
    assert(!this.#rows.has(context), `job ${name} is entered once`)
    const row: JobRow = {
      context,
      name,
      detached,
      isOurs: false,
      opening: null,
      names: new Map(),
      held: [],
      until: never,
      handedTo: null,
    }
    this.#rows.set(context, row)
    this.hasNews = true
    return row
  }

  remove(context: ContextId): void {
    if (this.#rows.delete(context)) this.hasNews = true
  }

  /** What guardians are told, names and all. */
  heads(self: LifeId): JobHead[] {
    return [...this.#rows.values()]
      .filter(({ opening, handedTo }) => opening === null && handedTo === null)
      .map(({ context, name, detached, isOurs, names }) => ({
        context,
        name,
        detached,
        submitter: isOurs ? self : null,
        names: [...names],
      }))
  }

  deadline(): Instant {
    let next: Instant = never
    for (const { opening, until } of this.#rows.values()) next = Math.min(next, until, opening?.by ?? never) as Instant
    return next
  }
}
