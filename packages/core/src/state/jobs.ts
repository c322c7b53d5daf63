// Named jobs as this peer knows them: those whose program runs here, and those that it keeps since
// their program is gone. A job holds everything that was asked for under its name, so that the same
// program, run again, finds it. Who has a job elsewhere is asked, not known.

import { broken } from '../model/assert.ts'
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

/** What somebody knows of a job. */
interface Told {
  readonly detached: boolean
  readonly opened: number
  readonly names: Iterable<readonly [string, ObjectId]>
}

/** The same, of several. */
export interface Learned extends Told {
  /** Once so, always so: whoever only reads it need not know. */
  detached: boolean
  /** How often a program has opened it: whoever knows of a later time knows better. */
  opened: number
  /** Tasks and puts that were given a name. */
  readonly names: Map<string, ObjectId>
}

export function learn(known: Learned, { detached, opened, names }: Told): void {
  for (const [name, object] of names)
    if (opened >= known.opened || !known.names.has(name)) known.names.set(name, object)
  known.opened = Math.max(known.opened, opened)
  known.detached ||= detached
}

export interface JobRow extends Learned {
  readonly context: ContextId
  readonly name: string
  /** The program is here. Else it is gone, and the job is kept for whoever runs it again. */
  isOurs: boolean
  opening: Opening | null
  readonly held: ObjectId[]
  /** When it is forgotten. */
  until: Instant
  /** Who has it now, and surely everything of it by then. */
  handedTo: LifeId | null
}

/** Nothing was ever asked of it: there is nothing to keep. */
export function isBare({ names, held }: JobRow): boolean {
  return names.size === 0 && held.length === 0
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
    if (this.#rows.has(context)) broken(`job ${name} is entered once`)
    const row: JobRow = {
      context,
      name,
      detached,
      opened: 0,
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
      .filter((row) => row.opening === null && row.handedTo === null && !isBare(row))
      .map(({ context, name, detached, opened, isOurs, names }) => ({
        context,
        name,
        detached,
        opened,
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
