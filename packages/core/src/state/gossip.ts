// Which claims are still worth repeating. A rumour rides on λ·log2(n+1) frames, the least told
// first (memberlist's transmit-limited queue); a newer claim about the same peer replaces the
// older. Claims are taken from here at the moment a frame is written, so nothing queues per peer.

import { assert } from '../model/assert.ts'
import { peerOf } from '../model/ids.ts'
import type { Claim } from '../model/world.ts'

interface Rumour {
  readonly claim: Claim
  told: number
}

export class Gossip {
  readonly #lambda: number
  readonly #rumours = new Map<string, Rumour>()

  constructor(lambda: number) {
    this.#lambda = lambda
  }

  get size(): number {
    return this.#rumours.size
  }

  /** Suspicions by different peers travel side by side: each is a vote. */
  spread(claim: Claim): void {
    const peer = peerOf(claim.life)
    if (claim.state !== 'suspect') {
      for (const key of this.#rumours.keys()) if (key.startsWith(`${peer}|`)) this.#rumours.delete(key)
    }
    const key = claim.state === 'suspect' ? `${peer}|${claim.by}` : `${peer}|`
    this.#rumours.set(key, { claim, told: 0 })
  }

  /** Up to `limit` claims for one frame, counted as told. */
  take(limit: number, members: number): Claim[] {
    if (this.#rumours.size === 0) return []
    const most = this.#lambda * Math.ceil(Math.log2(members + 1))
    const chosen = [...this.#rumours].sort(([, a], [, b]) => a.told - b.told).slice(0, limit)
    for (const [key, rumour] of chosen) {
      rumour.told++
      if (rumour.told >= most) this.#rumours.delete(key)
    }
    return chosen.map(([, rumour]) => rumour.claim)
  }

  check(limit: number): void {
    assert(this.#rumours.size <= limit, 'rumours are limited')
  }
}
