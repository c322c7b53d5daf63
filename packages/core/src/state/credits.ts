// How much a peer takes at once: slots per attempt, attempts per worker batch, and the credits that it
// grants per slot; the last two from the measured duration of what it runs.

import type { Config } from '../model/config.ts'
import type { TaskSpec } from '../model/task.ts'

/** What a run of a function counts as before there was one, where contexts and owners share by time. */
export const unmeasuredMs = 10

/** Small changes of large grants are not worth a message. */
export function isSmall(credits: number, before: number): boolean {
  return credits > 16 && Math.abs(credits - before) * 8 <= before
}

/** Slots that one attempt takes: what it needs, of those that there are. */
export function slotsOf({ policy }: TaskSpec, all: number): number {
  const { slots } = policy.needs
  return slots === undefined ? 1 : Math.max(1, Math.min(all, Math.ceil(slots) || 1))
}

/** Attempts per worker batch, of a function that takes this long. */
export function batchSize(ms: number | null, config: Config): number {
  if (ms === null) return 1
  return Math.max(1, Math.min(config.maxBatch, Math.floor(config.batchMs / Math.max(ms, 0.001))))
}

/** Attempts per slot that cover `creditMs`: 1 when a round trip is nothing beside the work. */
export function creditsPerSlot(ms: number | null, config: Config): number {
  if (ms === null) return 2
  if (ms >= config.creditMs * 10) return 1
  return Math.min(config.maxCredits, Math.ceil(config.creditMs / Math.max(ms, 0.001)) + 1)
}
