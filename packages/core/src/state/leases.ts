// What this peer has granted as a member of actors' lease groups: per actor the highest incarnation that it
// has promised to, who may run it and until when, and the latest record. A promise is never taken
// back, so of two that would host at once at most one finds a majority (Lamport's Paxos, 1998, with the
// incarnation as the ballot; leases as in Gray and Cheriton 1989). It does not know who is alive.

import type { ActorRecord } from '../model/actor.ts'
import { compareEpochs, isLater } from '../model/actor.ts'
import { broken } from '../model/assert.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after } from '../model/ids.ts'
import type { Epoch } from '../model/task.ts'

export interface Lease {
  readonly actor: ObjectId
  promised: Epoch
  /** Who may run it, until then; null once it has given that up, or another was promised. */
  host: LifeId | null
  until: Instant
  record: ActorRecord | null
  /** It is over for good. */
  over: string | null
  /** When something was last said of it. */
  at: Instant
}

export class Leases {
  readonly #rows = new Map<ObjectId, Lease>()
  /** When the next row may go that nobody speaks of. */
  #deadline: Instant = Number.POSITIVE_INFINITY as Instant

  get size(): number {
    return this.#rows.size
  }

  get(actor: ObjectId): Lease | undefined {
    return this.#rows.get(actor)
  }

  all(): IterableIterator<Lease> {
    return this.#rows.values()
  }

  /** From now on nobody of an earlier incarnation is granted anything. The caller has looked whether it may. */
  promise(actor: ObjectId, epoch: Epoch, now: Instant): Lease {
    const row = this.#rows.get(actor)
    if (!row) {
      const fresh: Lease = {
        actor,
        promised: epoch,
        host: null,
        until: 0 as Instant,
        record: null,
        over: null,
        at: now,
      }
      this.#rows.set(actor, fresh)
      return fresh
    }
    if (!(compareEpochs(epoch, row.promised) > 0)) broken(`promises for ${actor} rise`)
    row.promised = epoch
    row.host = null
    row.at = now
    return row
  }

  /** False: another was promised meanwhile, or it is over. */
  renew(
    actor: ObjectId,
    { host, epoch, record }: { readonly host: LifeId; readonly epoch: Epoch; readonly record: ActorRecord | null },
    until: { readonly now: Instant; readonly leaseMs: number },
  ): boolean {
    const row = this.#rows.get(actor) ?? this.promise(actor, epoch, until.now)
    if (row.over !== null || compareEpochs(epoch, row.promised) < 0) return false
    row.promised = epoch
    row.host = host
    row.until = after(until.now, until.leaseMs)
    row.at = until.now
    if (record !== null && isLater(record, row.record)) row.record = record
    return true
  }

  resign(row: Lease, epoch: Epoch): void {
    if (compareEpochs(epoch, row.promised) >= 0) row.host = null
  }

  end(row: Lease, why: string, now: Instant): void {
    row.over = why
    row.host = null
    row.record = null
    row.at = now
  }

  remove(actor: ObjectId): void {
    this.#rows.delete(actor)
  }

  /** Nobody has spoken of these for so long: what is over first, the others when their owners must be gone as well. */
  stale(now: Instant, { overMs, openMs }: { readonly overMs: number; readonly openMs: number }): Lease[] {
    if (now < this.#deadline) return []
    const stale: Lease[] = []
    this.#deadline = Number.POSITIVE_INFINITY as Instant
    for (const row of this.#rows.values()) {
      const goesAt = after(row.at, row.over === null ? openMs : overMs)
      if (goesAt <= now) stale.push(row)
      else if (goesAt < this.#deadline) this.#deadline = goesAt
    }
    return stale
  }

  /** Some row may be the next to go by then. */
  watch(by: Instant): void {
    if (by < this.#deadline) this.#deadline = by
  }

  deadline(): Instant {
    return this.#deadline
  }
}
