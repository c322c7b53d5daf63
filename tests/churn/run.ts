// Runs seeds, on as many threads as there are cores, and adds up what came of them. Each seed is a
// whole simulated mesh; they share nothing, so the division of labour changes nothing.

import { availableParallelism } from 'node:os'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { ChurnOptions, ChurnReport, Plan, WorkName } from '@murmuration/sim-peer'
import { churn, planOf, variation } from '@murmuration/sim-peer'
import { bugs } from './bugs.ts'
import type { BugName } from './bugs.ts'

export interface Totals {
  readonly seeds: number
  readonly faults: number
  readonly settled: number
  readonly executions: number
  readonly violations: readonly ChurnReport[]
}

/** What a number stands for: a seed, or a variation. */
export interface Source {
  /** Every job is of that kind. */
  readonly only: WorkName | null
  /** Null: numbers are seeds. */
  readonly variationsOf: Plan | null
}

export function planAt(number: number, { only, variationsOf }: Source): Plan {
  return variationsOf === null ? planOf(number, only) : variation(variationsOf, number)
}

/** The report alone: the world it speaks of stays where it ran. */
function reportOf(number: number, source: Source, options: ChurnOptions = {}): ChurnReport {
  const { log: _log, world: _world, pinned: _pinned, ...rest } = churn(planAt(number, source), options)
  return rest
}

/** The first seed that notices this bug, planted into every peer; null when none of them does. */
export function findBug(name: BugName, range: Range): ChurnReport | null {
  const { from, count } = range
  for (let seed = from; seed < from + count; seed++) {
    const report = reportOf(seed, range, { spoil: (peer) => bugs[name].plant(peer) })
    if (report.violation !== null) return report
  }
  return null
}

function add(totals: Totals, report: ChurnReport): Totals {
  const { faults, tasks, executions, violation } = report
  return {
    seeds: totals.seeds + 1,
    faults: totals.faults + faults.length,
    settled: totals.settled + tasks,
    executions: totals.executions + executions,
    violations: violation === null ? totals.violations : [...totals.violations, report],
  }
}

const none: Totals = { seeds: 0, faults: 0, settled: 0, executions: 0, violations: [] }

export interface Range extends Source {
  readonly from: number
  readonly count: number
  readonly threads?: number
}

/** Calls back after every seed, in the order in which they end. */
export async function runSeeds(
  { threads = availableParallelism(), ...range }: Range,
  each: (report: ChurnReport) => void,
): Promise<Totals> {
  let totals = none
  const take = (one: ChurnReport): void => {
    totals = add(totals, one)
    each(one)
  }
  const lanes = Array.from({ length: Math.min(threads, range.count) }, (_, lane) =>
    runLane({ ...range, lane, threads }, take),
  )
  await Promise.all(lanes)
  return totals
}

interface Lane extends Range {
  readonly lane: number
  readonly threads: number
}

function runLane(lane: Lane, take: (report: ChurnReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: lane })
    worker.on('message', take)
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a churn thread ended with code ${code}`))))
  })
}

if (!isMainThread && parentPort) {
  const { from, count, lane, threads, ...source } = workerData as Lane
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  for (let at = lane; at < count; at += threads) parentPort.postMessage(reportOf(from + at, source))
}
