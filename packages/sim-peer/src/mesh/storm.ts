// What happens to a simulated mesh while a program runs there: one fault after the other, drawn from the seed. The program's own
// peer is spared, and so many of the others are well at any time that nothing is lost that has its copies.

import type { Rng } from '@murmuration/core/internal'
import type { Stroke } from '../faults.ts'
import type { Striker } from '../striker.ts'

/** `kill`: processes end, and come back. `freeze`: they stand still. `slow`: they take many times as long. `cut`: two of them lose sight of each other. */
export type SimFault = 'kill' | 'freeze' | 'slow' | 'cut'

export const simFaults: readonly SimFault[] = ['kill', 'freeze', 'slow', 'cut']

/** Between one fault and the next. */
const pauseMs = [300, 3_000] as const

export class Storm {
  readonly #striker: Striker
  readonly #rng: Rng
  readonly #kinds: readonly SimFault[]
  #isOver = false

  constructor(striker: Striker, rng: Rng, kinds: readonly SimFault[]) {
    this.#striker = striker
    this.#rng = rng
    this.#kinds = kinds
  }

  begin(): void {
    if (this.#kinds.length === 0 || this.#isOver) return
    this.#striker.world.clock.after(this.#rng.between(...pauseMs), () => {
      if (this.#isOver) return
      const stroke = this.#draw()
      if (stroke) this.#striker.strike(stroke)
      this.begin()
    })
  }

  end(): void {
    this.#isOver = true
  }

  /** Null when enough is going on. */
  #draw(): Stroke | null {
    const rng = this.#rng
    const [home, ...others] = this.#striker.world.peers()
    const well = others.filter((peer) => peer.alive && !peer.frozen && peer.joined)
    const most = Math.max(1, Math.floor(others.length / 3))
    const kind = rng.pick(this.#kinds)
    const victim = rng.pick(well)
    if (!home || !victim || kind === undefined || others.length - well.length >= most) return null
    const whom = victim.peer
    switch (kind) {
      case 'kill':
        return { kind: 'restart', whom, ms: rng.between(50, 8_000) }
      case 'freeze':
        return { kind: 'freeze', whom, ms: rng.between(100, 6_000) }
      case 'slow':
        return { kind: 'slow', whom, times: rng.between(2, 10), ms: rng.between(500, 5_000) }
      case 'cut': {
        const other = rng.pick([home, ...well].filter((peer) => peer !== victim))
        return other
          ? { kind: 'gap', from: whom, to: other.peer, oneWay: rng.next() < 0.5, ms: rng.between(50, 4_000) }
          : null
      }
    }
  }
}
