// Runs the pages' rows, interleaved like the others, each time with a browser and a mesh that nobody used before.
// Whatever a row started has ended when the next begins.

import { interleaved, summarise } from '../measure.ts'
import type { MeasureOptions, Place, Summary } from '../measure.ts'
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
  options: MeasureOptions,
): Promise<{ measured: MeasuredFigure[]; failed: string[] }> {
  const samples = new Map<PageRow, (readonly number[])[]>(rows.map((row) => [row, []]))
  const failed = await interleaved(rows, options, async (row, place) => {
    samples.get(row)?.push(await once(row, place, options))
  })
  const measured = rows.flatMap((row) =>
    row.figures.map((figure, at) => {
      const values = (samples.get(row) ?? []).map((sample) => sample[at] ?? Number.NaN)
      return { row, figure, summary: values.length > 0 ? summarise(values) : undefined }
    }),
  )
  return { measured, failed }
}

async function once(row: PageRow, { home, start }: Place, { say }: MeasureOptions): Promise<readonly number[]> {
  const site = await Site.open({ say })
  try {
    const founder = start('./pages/founder.js', { home, page: site.url } satisfies FounderOrder)
    const founded = await founder.next<Founded>()
    site.link = founded.link
    return await row.run({ start, site, founder, founded })
  } finally {
    await site.close()
  }
}
