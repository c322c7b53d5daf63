// When something is to be looked at that is no table's own, and the versions of what was last looked at.

import type { Config } from '../model/config.ts'
import type { Instant } from '../model/ids.ts'
import { never } from '../model/ids.ts'

export interface Timers {
  gossipAt: Instant
  syncAt: Instant
  ringAt: Instant
  /** The members for whom the ring was last computed. */
  ringVersion: number
  healAt: Instant
  /** The deadline named after the last turn: how lateness is noticed. */
  wakeAt: Instant
  /** When the current turn began. */
  turnAt: Instant
  replicateVersion: number
  /** When the next attempt has taken so long that it may get a second one beside it. */
  hedgeAt: Instant
  /** The members among whom guardians were last looked for, ours and those of owners that are gone. */
  guardVersion: number
  adoptVersion: number
  missingVersion: number
  sharedVersion: number
  /** When it is looked at whether anything moves; since when nothing has, by how much had been done then. */
  stuckAt: Instant
  movedAt: Instant
  stuckMoves: number
  /** When those who declined a copy are asked once more. */
  forgiveAt: Instant
  /** With too little room, and nothing to be done about it: when it is tried again. */
  relieveAt: Instant
}

export function firstTimers(now: Instant, config: Pick<Config, 'syncMs'>): Timers {
  return {
    gossipAt: never,
    syncAt: (now + config.syncMs) as Instant,
    ringAt: now,
    ringVersion: -1,
    healAt: (now + config.syncMs) as Instant,
    wakeAt: never,
    turnAt: now,
    replicateVersion: -1,
    hedgeAt: never,
    guardVersion: -1,
    adoptVersion: -1,
    missingVersion: -1,
    sharedVersion: -1,
    stuckAt: never,
    movedAt: now,
    stuckMoves: 0,
    forgiveAt: never,
    relieveAt: never,
  }
}
