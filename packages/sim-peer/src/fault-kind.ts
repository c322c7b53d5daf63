// What a kind of fault consists of: what of it a seed decides, and what it does to the mesh. A fault is
// data, so that it can be told, taken out and put into a test; a new kind is one object of this shape
// beside the others in `faults.ts`, a new target one line in `aims.ts`.

import type { Rng } from '@murmuration/core/internal'
import type { Aim, Aimed } from './aims.ts'
import type { Striker } from './striker.ts'

export interface FaultKind<Params> {
  /** Null when there can be no more of it. */
  draw(draw: FaultDraw): Params | null
  /** Whatever ends by itself says here when. Whoever it names may be dead, or was never there. */
  strike(by: Striker, fault: Aimed<Params>): void
  /** It only lies in wait: what it does in the end is a fault of its own, and counts as that. */
  readonly lurks?: true
}

/** What a fault is drawn from. */
export interface FaultDraw {
  readonly rng: Rng
  /** Everybody who is, or is still to come. */
  readonly names: string[]
  readonly tombstoneMs: number
}

/** Anybody like that; now and then somebody of whom more depends. */
export function drawVictim(rng: Rng): Aim {
  const of = rng.pick([[], [], ['owner'], ['holder', 'keeper'], ['keeper'], ['parent'], ['guardian']] as const) ?? []
  return { of: [...of, 'victim'], pick: rng.next() }
}
