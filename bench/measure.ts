// Runs the rows, interleaved: every round does each row once, so that a slow minute of the machine
// falls on all of them alike. What remains is the median of each.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processGroup } from './processes.ts'
import type { StartProcess } from './processes.ts'
import type { Contestant, Row } from './row.ts'

export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly trials: number
}

export interface Measured {
  readonly row: Row
  readonly results: ReadonlyMap<Contestant, Summary>
}

export interface MeasureOptions {
  readonly runs: number
  /** Told what is being done, one line at a time. */
  readonly say: (line: string) => void
}

export async function measure(
  rows: readonly Row[],
  options: MeasureOptions,
): Promise<{ measured: Measured[]; failed: string[] }> {
  const samples = new Map(rows.map((row) => [row, new Map<Contestant, number[]>()]))
  const failed = await interleaved(rows, options, async (row, { home, start }) => {
    const found = await row.run({ start, directory: home })
    for (const [contestant, values] of Object.entries(found) as [Contestant, number | readonly number[]][]) {
      const all = samples.get(row)?.get(contestant) ?? []
      samples.get(row)?.set(contestant, all.concat(values))
    }
  })
  const measured = rows.map((row) => ({
    row,
    results: new Map([...(samples.get(row) ?? [])].map(([contestant, values]) => [contestant, summarise(values)])),
  }))
  return { measured, failed }
}

/** Of one run of one row. */
export interface Place {
  /** No peer of the user's is joined there, no cache is warm. Removed after the run. */
  readonly home: string
  readonly start: StartProcess
}

/** Each row once a round. Gives the names of those that failed, for each time: one that does is no reason to lose the others. */
export async function interleaved<One extends { readonly name: string }>(
  rows: readonly One[],
  { runs, say }: MeasureOptions,
  once: (row: One, place: Place) => Promise<void>,
): Promise<string[]> {
  const failed: string[] = []
  for (let run = 1; run <= runs; run += 1) {
    for (const row of rows) {
      say(`run ${run} of ${runs}: ${row.name}`)
      const home = await mkdtemp(join(tmpdir(), 'murmuration-bench-'))
      const processes = processGroup({ MURMURATION_HOME: home })
      try {
        await once(row, { home, start: processes.start })
      } catch (error) {
        failed.push(row.name)
        say(`${row.name} failed: ${(error as Error).message}`)
      } finally {
        await processes.end()
        await rm(home, { recursive: true, force: true })
      }
    }
  }
  return failed
}

export function summarise(values: readonly number[]): Summary {
  const ordered = [...values].sort((a, b) => a - b)
  const middle = ordered.length / 2
  const upper = ordered[Math.floor(middle)] ?? Number.NaN
  const lower = ordered[Math.ceil(middle) - 1] ?? Number.NaN
  return {
    median: (lower + upper) / 2,
    least: ordered[0] ?? Number.NaN,
    most: ordered.at(-1) ?? Number.NaN,
    trials: ordered.length,
  }
}
