// What a seed decides before anything happens: limits, peers and what they are like. Most seeds keep
// the limits of the preset; some draw a few that are small enough to be reached.

import type { Config, Rng } from '@murmuration/core/internal'
import { presets } from '@murmuration/core/internal'
import type { SeatOptions } from './seats.ts'

const { test } = presets
const megabyte = 1_000_000
/** As much memory as any workload needs. */
export const plenty = 2 ** 30

/** Drawn limits: each small value here is one that a workload reaches. */
const drawn: { readonly [Name in keyof Config]?: readonly Config[Name][] } = {
  maxTasks: [60, 90],
  sessionWindow: [1, 2, 8],
  frameBytes: [400, 4_000],
  messagesPerFrame: [1, 3],
  inlineBytes: [50, 2_000],
  lineageBytes: [150, 2_000],
  // Not checked: fewer. With all its workers waiting a peer begins only what is deeper than they are; a task that waits
  // for one less deep, which is not its child, may have that one queued behind itself for ever.
  maxWorkers: [4, 8],
  maxFetches: [1],
  maxUploads: [1],
  foundlingMs: [2_000],
  keptSettled: [5],
  storyLines: [3],
  claimsPerFrame: [2],
  idleLinkMs: [2_000],
  maxLinks: [3],
  tombstoneMs: [15_000],
}

/** The grace is named here, so that a wrong preset is no excuse. Few bundles are kept, so that they come and go. */
export function drawConfig(rng: Rng): Partial<Config> {
  const config: Partial<Record<keyof Config, unknown>> = { orphanGraceMs: 5_000, maxCodes: 2 }
  if (rng.next() < 0.5) {
    const names = Object.keys(drawn) as (keyof Config)[]
    for (const name of rng.sample(names, 1 + rng.below(4))) config[name] = rng.pick(drawn[name] as readonly unknown[])
  }
  // Whatever is not small is too much, and moves to disk where there is one.
  if (rng.next() < 0.2) config.pressureShare = rng.pick([1e-6, 1e-4, 1e-3])
  const { tombstoneMs = test.tombstoneMs } = config as Partial<Config>
  return { ...(config as Partial<Config>), healMs: tombstoneMs }
}

/** What newcomers are like. */
export function drawSeat(rng: Rng): SeatOptions {
  const memoryBytes = rng.next() < 0.8 ? plenty : (rng.pick([0, 1.5, 5, 30]) as number) * megabyte
  const diskBytes = rng.next() < 0.5 ? 0 : (rng.pick([3, 20, 1_000]) as number) * megabyte
  return {
    slots: rng.next() < 0.1 ? 0 : 1 + rng.below(3),
    labels: { zone: rng.pick(['a', 'b', 'c']) as string },
    resources: { gpu: rng.below(3) },
    memoryBytes,
    ...drawPace(rng),
    diskBytes,
  }
}

/** No two clocks run alike, and now and then a machine has a tenth of the speed of the others. */
function drawPace(rng: Rng): SeatOptions {
  const rate = rng.between(0.99, 1.01)
  return rng.next() < 0.08 ? { rate, slowness: 10 } : { rate }
}

/** The peer that is never killed can run everything, so that the right answer is always to be had. */
export function drawHome(rng: Rng): SeatOptions {
  return { slots: 1 + rng.below(2), labels: { zone: 'a' }, resources: { gpu: 1 + rng.below(2) }, ...drawPace(rng) }
}

export function drawPeerCount(rng: Rng): number {
  const chance = rng.next()
  if (chance < 0.25) return 2 + rng.below(2)
  if (chance < 0.8) return 4 + rng.below(4)
  return chance < 0.95 ? 8 + rng.below(3) : 11 + rng.below(3)
}
