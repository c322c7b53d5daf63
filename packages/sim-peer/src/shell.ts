// What may stand above a simulated peer's machine in place of generators that play programs and tasks.

import type { Effect } from '@murmuration/core/internal'

export interface Shell {
  /** False: it is the simulator's to carry out. */
  perform(effect: Effect): boolean
  /** The peer was killed, or has left. */
  ended(): void
}
