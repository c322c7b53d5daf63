// A run as data: what the mesh is like, what is asked of it and what is done to it, each with its
// time. A run is a function of its plan and of nothing else; a seed is only a short way to write one.
// What chance decides on the way (delays, losses, what the machines draw) comes from the plan's seed.

import type { Config } from '@murmuration/core/internal'
import { Rng, presets } from '@murmuration/core/internal'
import type { Whom } from './aims.ts'
import type { Fault, FaultName } from './faults.ts'
import { drawMix, drawStroke } from './faults.ts'
import type { NamedJob } from './named-jobs.ts'
import { drawConfig, drawHome, drawPeerCount, drawSeat, plenty } from './settings.ts'
import type { Work, WorkName } from './workloads.ts'
import { drawElections, drawResumed, drawWork } from './workloads.ts'
import type { SeatOptions } from './seats.ts'

export interface Plan {
  readonly seed: number
  readonly config: Partial<Config>
  /** Executors fetch bundles over the wire. */
  readonly spreadsCode: boolean
  /** How much further apart than others some pairs are. */
  readonly distanceMs: number
  /** Programs begin before everybody has met. */
  readonly isScattered: boolean
  /** Who is there in the beginning. The first is never harmed for good by what a seed draws. */
  readonly seats: readonly NamedSeat[]
  readonly jobs: readonly PlannedJob[]
  readonly faults: readonly Fault[]
  /** When the faults are over, at the latest. */
  readonly safetyMs: number
  /** Joins when hardly anybody is left. */
  readonly rescuer: SeatOptions
}

export interface NamedSeat extends SeatOptions {
  readonly name: string
}

export interface PlannedJob {
  readonly at: number
  readonly host: Whom
  readonly work: Work
  /** The second of a name is the first one's program run again: whoever runs that is killed. */
  readonly named?: NamedJob
}

/** Jobs of a seed at most. */
const jobsMost = 6
/** Of one kind. */
const alikeMost = 2

/** `only`: every job of it is of that kind. */
export function planOf(seed: number, only: WorkName | null = null): Plan {
  const rng = new Rng(seed)
  const config = drawConfig(rng)
  const seats = Array.from({ length: drawPeerCount(rng) }, (_, n): NamedSeat => {
    return { name: `p${n}`, ...(n === 0 ? drawHome(rng) : drawSeat(rng)) }
  })
  const safetyMs = rng.between(2_000, 9_000)
  const plan: Plan = {
    seed,
    config,
    spreadsCode: rng.next() < 0.5,
    distanceMs: rng.next() < 0.3 ? 0 : rng.between(1, 30),
    isScattered: seats.length > 2 && rng.next() < 0.5,
    seats,
    jobs: drawJobs(rng, { config, safetyMs, only }),
    faults: rng.next() < 0.1 ? [] : drawFaults(rng, { seats, config, safetyMs }),
    safetyMs,
    rescuer: { ...drawSeat(rng), slots: 1, memoryBytes: plenty },
  }
  if (only) return plan
  return { ...plan, jobs: [...plan.jobs, ...drawNamed(rng, safetyMs), ...drawVotes(rng, { config, safetyMs })] }
}

interface JobsDraw extends Pick<Plan, 'config' | 'safetyMs'> {
  readonly only: WorkName | null
}

/** A few at once, others later. Most are those of the peer that lives on; the others may die with theirs. */
function drawJobs(rng: Rng, { config, safetyMs, only }: JobsDraw): PlannedJob[] {
  const most = mostOf(config)
  const atOnce = 1 + rng.below(3)
  const jobs = Array.from({ length: atOnce + 1 + rng.below(jobsMost - atOnce) }, (_, n): PlannedJob => {
    const host: Whom = rng.next() < 0.6 ? 'p0' : { of: ['host'], pick: rng.next() }
    return { at: n < atOnce ? 0 : rng.between(0, 0.6) * safetyMs, host, work: drawWork(rng, { most, only }) }
  })
  // Small work and large are mixed to fit a peer's limits; of one kind all may be large.
  return only ? jobs.slice(0, alikeMost) : jobs
}

/** Tasks of a job that are asked for at once, at most. */
function mostOf({ maxTasks = presets.test.maxTasks }: Plan['config']): number {
  return Math.max(8, Math.floor(maxTasks / 4))
}

/** One in six runs has votes to take. */
function drawVotes(rng: Rng, { config, safetyMs }: Pick<Plan, 'config' | 'safetyMs'>): PlannedJob[] {
  if (rng.next() < 5 / 6) return []
  const host: Whom = rng.next() < 0.6 ? 'p0' : { of: ['host'], pick: rng.next() }
  return [{ at: rng.between(0, 0.6) * safetyMs, host, work: drawElections(rng, mostOf(config)) }]
}

/** One in four runs has a program under a name, which is killed and run again, before anybody noticed or later. */
function drawNamed(rng: Rng, safetyMs: number): PlannedJob[] {
  if (rng.next() < 0.75) return []
  const named = { name: 'again', detached: rng.next() < 0.5 }
  const work = drawResumed(rng)
  const at = rng.between(0, 0.5) * safetyMs
  const later = rng.next() < 0.5 ? rng.between(20, 500) : rng.between(500, 4_000)
  const first: Whom = { of: ['guest', 'host'], pick: rng.next() }
  const second: Whom = { of: ['host'], pick: rng.next() }
  return [
    { at, host: first, work, named },
    { at: at + later, host: second, work, named },
  ]
}

function drawFaults(rng: Rng, { seats, config, safetyMs }: Pick<Plan, 'seats' | 'config' | 'safetyMs'>): Fault[] {
  const { tombstoneMs } = { ...presets.test, ...config }
  const draw = { rng, names: seats.map(({ name }) => name), tombstoneMs }
  const mix = drawMix(rng)
  const faults: Fault[] = []
  for (let at = rng.between(20, 1_000); at < safetyMs; at += rng.between(20, 900)) {
    const stroke = drawStroke(rng.pick(mix) as FaultName, draw)
    if (stroke) faults.push({ at, ...stroke })
  }
  return faults
}
