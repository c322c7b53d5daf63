// Those who gave this peer something to run: how much of it is here, how long it takes, and what each was told it
// may have out here. Grants are totals, so that one that is lost or late does no harm.

import type { Config } from '../model/config.ts'
import type { LifeId } from '../model/ids.ts'
import { creditsPerSlot, isSmall } from './credits.ts'
import { blended } from './durations.ts'

/** How many attempts at what somebody asked for are here, and how many of them wait for others. */
export interface Share {
  blocked: number
  active: number
}

interface Owner extends Share {
  /** What the owner was told last; null: nothing yet. */
  granted: number | null
  meanMs: number | null
  /** Its life is over: forgotten with its last attempt. */
  over: boolean
}

const nothing: Readonly<Share> = { blocked: 0, active: 0 }

/** What of an owner's attempts counts beside its share of the slots. */
export interface Room {
  /** Attempts of its that may not start yet and must not keep others, which may, from coming. */
  readonly extra: (owner: LifeId) => number
  /** Where this is less than its share: no more than these. */
  readonly most: (owner: LifeId) => number
}

export interface Grant {
  readonly owner: LifeId
  readonly credits: number
}

export class Owners {
  readonly #config: Config
  readonly #rows = new Map<LifeId, Owner>()

  constructor(config: Config) {
    this.#config = config
  }

  #row(life: LifeId): Owner {
    let row = this.#rows.get(life)
    if (!row) {
      row = { granted: null, meanMs: null, blocked: 0, active: 0, over: false }
      this.#rows.set(life, row)
    }
    return row
  }

  shareOf(life: LifeId): Readonly<Share> {
    return this.#rows.get(life) ?? nothing
  }

  /** One more attempt at something that it asked for is here, or one fewer. */
  counts(life: LifeId, step: 1 | -1): void {
    const row = this.#row(life)
    row.active += step
    if (step === 1) row.over = false
    else if (row.over && row.active === 0) this.#rows.delete(life)
  }

  blocked(life: LifeId, step: 1 | -1): void {
    this.#row(life).blocked += step
  }

  measured(life: LifeId, ms: number): void {
    const row = this.#row(life)
    row.meanMs = blended(row.meanMs, ms)
  }

  /** That life is over, or back after all. */
  over(life: LifeId, over: boolean): void {
    const row = this.#rows.get(life)
    if (!row) return
    row.over = over
    row.granted = null
    if (over && row.active === 0) this.#rows.delete(life)
  }

  /** A session began anew: what was granted before is void. */
  regrant(life: LifeId): void {
    const row = this.#rows.get(life)
    if (row) row.granted = null
  }

  /** New totals for those whose share has changed by more than an eighth. */
  grants(slots: number, { extra, most }: Room): Grant[] {
    const news: Grant[] = []
    let active = 0
    for (const row of this.#rows.values()) if (row.active > 0) active++
    for (const [owner, row] of this.#rows) {
      if (row.over) continue
      const share = this.#share(row, slots, Math.max(1, active)) + row.blocked + extra(owner)
      const credits = Math.min(most(owner), share)
      const before = row.granted
      // Unless the owner waits for it.
      if (credits === before || (before !== null && isSmall(credits, before) && row.active < before)) continue
      row.granted = credits
      news.push({ owner, credits })
    }
    return news
  }

  #share(row: Owner, slots: number, owners: number): number {
    if (slots === 0) return 0
    const perSlot = creditsPerSlot(row.meanMs, this.#config)
    // Of short ones the next is to be here when the last one ends, else somebody else's long one begins.
    return Math.max(Math.min(2, perSlot), Math.floor((slots * perSlot) / owners))
  }
}
