// To whom a link stands, and whom to dial next. Dials back off per peer and are never given up here:
// whether somebody is still wanted is the flows' affair. A link whose outbox is full is not written
// to until it has drained; reading goes on.

import type { Config } from '../model/config.ts'
import type { Instant, LifeId, PeerId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'

interface LinkRow {
  life: LifeId | null
  writable: boolean
  dialing: boolean
  /** Who was thought to be there when it was last dialled. */
  dialled: LifeId | null
  failures: number
  dialAt: Instant
  usedAt: Instant
  wanted: boolean
}

export class Links {
  readonly #config: Config
  readonly #rows = new Map<PeerId, LinkRow>()
  /** Where each was found when this peer joined. */
  readonly #entries = new Map<PeerId, readonly string[]>()

  constructor(config: Config) {
    this.#config = config
  }

  #row(peer: PeerId, now: Instant): LinkRow {
    let row = this.#rows.get(peer)
    if (!row) {
      row = {
        life: null,
        writable: true,
        dialing: false,
        dialled: null,
        failures: 0,
        dialAt: now,
        usedAt: now,
        wanted: false,
      }
      this.#rows.set(peer, row)
    }
    return row
  }

  up(life: LifeId, now: Instant): void {
    const row = this.#row(peerOf(life), now)
    row.life = life
    row.writable = true
    row.dialing = false
    row.failures = 0
    row.usedAt = now
  }

  /** False when that link was not the one that stood. */
  down(life: LifeId, now: Instant): boolean {
    const row = this.#rows.get(peerOf(life))
    if (row?.life !== life) return false
    row.life = null
    row.dialAt = now
    return true
  }

  /** Gives who was thought to be there when it began: another life may be there by now. */
  dialFailed(peer: PeerId, now: Instant, jitter: number): LifeId | null {
    const row = this.#row(peer, now)
    const [first, longest] = this.#config.redialMs
    row.dialing = false
    row.dialAt = after(now, Math.min(longest, first * 2 ** row.failures) * (0.5 + jitter))
    row.failures = Math.min(row.failures + 1, 16)
    return row.dialled
  }

  stands(life: LifeId): boolean {
    return this.#rows.get(peerOf(life))?.life === life
  }

  /** A dial would be tried now, or is under way. */
  isDialable(peer: PeerId, now: Instant): boolean {
    const row = this.#rows.get(peer)
    return row === undefined || row.dialing || row.dialAt <= now
  }

  lifeOf(peer: PeerId): LifeId | null {
    return this.#rows.get(peer)?.life ?? null
  }

  canWrite(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    return row?.life === life && row.writable
  }

  setWritable(peer: PeerId, writable: boolean): void {
    const row = this.#rows.get(peer)
    if (row) row.writable = writable
  }

  used(life: LifeId, now: Instant): void {
    const row = this.#rows.get(peerOf(life))
    if (row) row.usedAt = now
  }

  /** Asks for a link, with that life as far as is known. True when it is to be dialled now. */
  want(peer: PeerId, life: LifeId | null, now: Instant): boolean {
    const row = this.#row(peer, now)
    row.usedAt = now
    if (row.life || row.dialing) return false
    if (row.dialAt > now) {
      row.wanted = true
      return false
    }
    row.wanted = false
    row.dialing = true
    row.dialled = life
    return true
  }

  /** Forgets the back-off: something new is known of that peer. */
  retryNow(peer: PeerId, now: Instant): void {
    const row = this.#rows.get(peer)
    if (!row) return
    row.failures = 0
    row.dialAt = now
  }

  entry(peer: PeerId, addresses: readonly string[]): void {
    this.#entries.delete(peer)
    this.#entries.set(peer, addresses)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#config.maxEntries && oldest) this.#entries.delete(oldest)
  }

  entries(): IterableIterator<PeerId> {
    return this.#entries.keys()
  }

  entryAddresses(peer: PeerId): readonly string[] {
    return this.#entries.get(peer) ?? []
  }

  standing(): LifeId[] {
    const lives: LifeId[] = []
    for (const row of this.#rows.values()) if (row.life) lives.push(row.life)
    return lives
  }

  /** Links nobody has used for so long, the longest unused first. */
  idle(ms: number, now: Instant): LifeId[] {
    const rows = [...this.#rows.values()].filter((row) => row.life && now - row.usedAt > ms)
    return rows.sort((a, b) => a.usedAt - b.usedAt).map((row) => row.life as LifeId)
  }

  forget(peer: PeerId): void {
    const row = this.#rows.get(peer)
    if (row && !row.life) this.#rows.delete(peer)
  }

  /** Peers that were wanted while their back-off ran and may be dialled now. */
  overdue(now: Instant): PeerId[] {
    const peers: PeerId[] = []
    for (const [peer, row] of this.#rows)
      if (row.wanted && !row.life && !row.dialing && row.dialAt <= now) peers.push(peer)
    return peers
  }

  deadline(): Instant {
    let next: Instant = never
    for (const row of this.#rows.values())
      if (row.wanted && !row.life && !row.dialing && row.dialAt < next) next = row.dialAt
    return next
  }
}
