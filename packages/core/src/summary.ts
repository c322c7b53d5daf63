// What all peers say is going on, added up.

import type { Told } from './asking.ts'
import type { InspectRow } from './model/messages.ts'

/** How many of a function's tasks are in which state. Of those that have ended, the latest that peers remember. */
export type TaskCounts = Readonly<
  Record<'waiting' | 'ready' | 'assigned' | 'retrying' | 'value' | 'failure' | 'cancelled', number>
>

/** The whole mesh in a few numbers, as far as its peers answer. */
export interface Summary {
  /** How many peers are in which state, as this one knows them. */
  readonly peers: Readonly<Record<string, number>>
  /** By function. */
  readonly tasks: Readonly<Record<string, TaskCounts>>
  /** Attempts that can run at once, those that run, and those that wait at their peers. */
  readonly slots: number
  readonly running: number
  readonly queued: number
  /** Since each peer started: tasks that ended, without a value, and attempts that cost a retry. */
  readonly settled: number
  readonly failed: number
  readonly retried: number
  /** Copies of objects, and the bytes of all of them. */
  readonly objects: number
  readonly memoryBytes: number
  readonly diskBytes: number
  /** Names of peers that did not answer: what they have is missing here. */
  readonly silent: readonly string[]
}

const totals = [
  'slots',
  'running',
  'queued',
  'settled',
  'failed',
  'retried',
  'objects',
  'memoryBytes',
  'diskBytes',
] as const
const states = ['waiting', 'ready', 'assigned', 'retrying', 'value', 'failure', 'cancelled'] as const

export function summaryOf(told: readonly Told[], rest: Pick<Summary, 'peers' | 'silent'>): Summary {
  const rows = told.flatMap((one) => one.rows)
  const whole = rows.filter(({ fn }) => fn === null)
  const tasks: Record<string, TaskCounts> = {}
  for (const row of rows) {
    if (row['fn'] === null) continue
    const fn = String(row['fn'])
    const before = tasks[fn]
    tasks[fn] = Object.fromEntries(
      states.map((state) => [state, (before?.[state] ?? 0) + Number(row[state])]),
    ) as TaskCounts
  }
  const sums = Object.fromEntries(totals.map((name) => [name, sum(whole, name)])) as Pick<
    Summary,
    (typeof totals)[number]
  >
  return { ...rest, tasks, ...sums }
}

function sum(rows: readonly InspectRow[], name: string): number {
  return rows.reduce((total, row) => total + Number(row[name] ?? 0), 0)
}
