// The table: a line per figure, the median of all runs with the lowest and the highest, beside what is promised.

import Table from 'cli-table3'
import type { MeasuredFigure } from './measure.ts'
import { isKept } from './row.ts'
import type { Figure } from './row.ts'

export function printPages(measured: readonly MeasuredFigure[]): string {
  const table = new Table({
    head: ['row', 'figure', 'median', 'lowest to highest', 'promised', '', 'what it is'],
    colWidths: [16, 22, null, null, null, null, 44],
    wordWrap: true,
    style: { head: [], border: [] },
  })
  for (const { row, figure, summary } of measured) {
    const { name, what } = figure
    const show = (value: number): string => shown(value, figure)
    table.push([
      row.name,
      name,
      summary ? show(summary.median) : '',
      summary && summary.trials > 1 ? `${show(summary.least)} to ${show(summary.most)}` : '',
      promise(figure),
      summary ? verdict(isKept(figure, summary.median)) : 'no figure',
      what,
    ])
  }
  return table.toString()
}

export function pagesAsJson(measured: readonly MeasuredFigure[], browser: string): string {
  const figures = measured.map(({ row, figure, summary }) => ({
    row: row.name,
    ...figure,
    kept: summary ? isKept(figure, summary.median) : null,
    summary: summary ?? null,
  }))
  return JSON.stringify({ node: process.version, browser, figures }, null, 2)
}

function promise(figure: Figure): string {
  const { promised } = figure
  if (promised === null) return ''
  return 'atMost' in promised ? `≤ ${shown(promised.atMost, figure)}` : `≥ ${shown(promised.atLeast, figure)}`
}

function verdict(kept: boolean | null): string {
  if (kept === null) return ''
  return kept ? 'kept' : 'NOT KEPT'
}

function shown(value: number, { unit }: Figure): string {
  const text = value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`
}
