// 6: an object with all its copies survives any fewer than k deaths. Of each stored object it is
// remembered since when it had its copies, and how those went that it lost: by a death, by bytes that
// went bad, by a holder that had thought the owner dead; or for no such reason.

import type { LifeId, ObjectId } from '@murmuration/core/internal'
import type { Custody } from './custody.ts'
import type { SimPeer } from './peer.ts'
import type { Entry } from './tables.ts'

/** A copy that is gone: whose, and whether that was somebody's end. */
interface Loss {
  readonly life: LifeId
  readonly isFault: boolean
}

export class Durability {
  readonly #custody: Custody
  /** Of objects that had all their copies: those lost since. */
  readonly #losses = new Map<string, Loss[]>()
  readonly #corrupt = new Set<string>()
  /** What tasks put: they put it again. */
  readonly #made = new Set<ObjectId>()
  /** Whose death its owners are drawing conclusions from right now. */
  #dying: LifeId | null = null
  /** Objects that had their copies at some time. */
  reached = 0

  constructor(custody: Custody) {
    this.#custody = custody
  }

  corrupted(holder: LifeId, object: ObjectId): void {
    this.#corrupt.add(`${holder}|${object}`)
  }

  /** Made twice, it came out as other bytes: those that are run or read there take the place of an earlier owner's. */
  kept({ life, state }: SimPeer, { object, hash }: Pick<Entry, 'object' | 'hash'>): void {
    const before = state.holdings.get(object)
    if (before && before.hash !== hash) this.corrupted(life, object)
  }

  putInTask(object: ObjectId): void {
    this.#made.add(object)
  }

  /** It was put inside a task. */
  isMade(object: ObjectId): boolean {
    return this.#made.has(object)
  }

  /** Whoever answers for it by an old ledger may count holders that have let go of it, or keep it for others and have yet to look. */
  added(owner: SimPeer, { object, state, hash, holders, copies }: Entry): void {
    if (state !== 'stored' || holders.size < copies) return
    for (const life of holders) {
      const holding = owner.world.living(life)?.state.holdings.get(object)
      if (holding?.hash !== hash || !holding.owners.has(owner.life)) return
    }
    this.#losses.set(`${owner.life}|${object}`, [])
    this.reached++
  }

  /** Somebody strikes that life, which is over to it, from all entries: it may have heard since that it is not. */
  dies(life: LifeId): void {
    this.#dying = life
  }

  died(): void {
    this.#dying = null
  }

  /** A holder is about to be struck from the entry. */
  removed(owner: SimPeer, entry: Entry, life: LifeId): void {
    const { object, holders } = entry
    if (!holders.has(life)) return
    // It leaves, and nobody is there to take its copy: there is one less from then on.
    if (owner.state.directory.isRetiring(life) && !hasTaker(owner, entry)) return this.forgotten(owner, object)
    this.#losses.get(`${owner.life}|${object}`)?.push({ life, isFault: this.#isFault(owner, object, life) })
  }

  forgotten(owner: SimPeer, object: ObjectId): void {
    this.#losses.delete(`${owner.life}|${object}`)
  }

  #isFault(owner: SimPeer, object: ObjectId, life: LifeId): boolean {
    const { members } = owner.state
    const isLeft = [...members.all()].some((row) => row.life === life && row.state === 'left')
    // Who leaves hands over to owners that it thinks alive.
    if (members.ended(life) || life === this.#dying)
      return !isLeft || this.#custody.wasBuried(owner.life) || this.#custody.wasHurried(life)
    // Whoever answered in its place let go of it, for everybody, when the grace was over.
    return this.#corrupt.has(`${life}|${object}`) || this.#custody.wasClosed(owner.life)
  }

  /** A copy is let go of for want of room: never the last one. */
  strikes(owner: SimPeer, { object, holders }: Entry, life: LifeId): void {
    if ([...holders].every((other) => other === life))
      throw new Error(`${owner.life} lets the last copy of ${object} go, at ${life}`)
  }

  /** With one copy less than wanted it is as if it had never had them all: that ends when they are there again. */
  struck(owner: SimPeer, { object, holders, copies }: Entry): void {
    if (holders.size < copies) this.forgotten(owner, object)
  }

  /** The entry stops being stored: for want of holders, or because nobody wants it any more. */
  ends(owner: SimPeer, { object, state, holders, copies }: Entry): void {
    const losses = this.#losses.get(`${owner.life}|${object}`)
    this.forgotten(owner, object)
    if (!losses || state !== 'stored' || holders.size > 0) return
    const faults = losses.filter(({ isFault }) => isFault).length
    if (faults >= copies) return
    const whose = losses.map(({ life, isFault }) => `${life}${isFault ? '' : ' (not dead)'}`).join(', ')
    throw new Error(`${object} of ${owner.life} had ${copies} copies and is lost with ${faults} faults: ${whose}`)
  }
}

/** Somebody has no copy yet, and has not said that there is no room for one. */
function hasTaker({ state }: SimPeer, { holders, declined }: Entry): boolean {
  return [...state.members.all()].some(
    (row) =>
      row.state === 'alive' &&
      !row.hearsay &&
      (row.profile?.memoryBytes ?? 0) > 0 &&
      !(row.life === state.self && state.leaving) &&
      !holders.has(row.life) &&
      !declined.has(row.life),
  )
}
