// Runs the pages' rows, interleaved as in measure.ts: each time with a browser, a mesh and a home that nobody used
// before. A row that fails is no reason to lose the others; whatever it started has ended when the next begins.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarise } from '../measure.ts'
import type { MeasureOptions, Summary } from '../measure.ts'
import { processGroup } from '../processes.ts'
import type { Founded, FounderOrder } from './founder.ts'
import type { Figure, PageRow } from './row.ts'
import { Site } from './site.ts'

export interface MeasuredFigure {
  readonly row: PageRow
  readonly figure: Figure
  /** Undefined: no run gave it. */
  readonly summary: Summary | undefined
}

export async function measurePages(
  rows: readonly PageRow[],
  { runs, say }: MeasureOptions,
): Promise<{ measured: MeasuredFigure[]; failed: string[] }> {
  const failed: string[] = []
  const samples = new Map<PageRow, (readonly number[])[]>(rows.map((row) => [row, []]))
  for (let run = 1; run <= runs; run += 1) {
    for (const row of rows) {
      say(`run ${run} of ${runs}: ${row.name}`)
      try {
        samples.get(row)?.push(await once(row, say))
      } catch (error) {
        failed.push(row.name)
        say(`${row.name} failed: ${(error as Error).message}`)
      }
    }
  }
  const measured = rows.flatMap((row) =>
    row.figures.map((figure, at) => {
      const values = (samples.get(row) ?? []).map((sample) => sample[at] ?? Number.NaN)
      return { row, figure, summary: values.length > 0 ? summarise(values) : undefined }
    }),
  )
  return { measured, failed }
}

async function once(row: PageRow, say: (line: string) => void): Promise<readonly number[]> {
  const home = await mkdtemp(join(tmpdir(), 'murmuration-bench-'))
  const processes = processGroup({ MURMURATION_HOME: home })
  try {
    const site = await Site.open({ say })
    try {
      const founder = processes.start('./pages/founder.js', { home, page: site.url } satisfies FounderOrder)
      const founded = await founder.next<Founded>()
      site.link = founded.link
      return await row.run({ start: processes.start, site, founder, founded })
    } finally {
      await site.close()
    }
  } finally {
    await processes.end()
    await rm(home, { recursive: true, force: true })
  }
}
