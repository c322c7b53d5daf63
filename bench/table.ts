// The table: a line per row, a column per contestant, then the mesh as a multiple of each other one.

import Table from 'cli-table3'
import type { Measured, Summary } from './measure.ts'
import type { Contestant, Row } from './row.ts'

const contestants: readonly Contestant[] = ['mesh', 'bare pipeline', 'piscina', 'alone', 'unnamed', 'not remembered']
const others = contestants.filter((contestant) => contestant !== 'mesh')

export function printTable(measured: readonly Measured[]): string {
  // A column that nobody filled is not shown.
  const here = contestants.filter((contestant) => measured.some(({ results }) => results.has(contestant)))
  const compared = others.filter((other) => here.includes(other))
  const table = new Table({
    head: ['work', 'unit', ...here, ...compared.map((other) => `mesh :\n${other}`), 'near to'],
    colWidths: [24, null, ...here.map(() => null), ...compared.map(() => null), 32],
    wordWrap: true,
    style: { head: [], border: [] },
  })
  for (const { row, results } of measured) {
    const mesh = results.get('mesh')
    table.push([
      row.name,
      row.unit,
      ...here.map((contestant) => cell(row, results.get(contestant))),
      ...compared.map((other) => ratio(mesh, results.get(other))),
      row.limit,
    ])
  }
  return table.toString()
}

function cell(row: Row, summary: Summary | undefined): string {
  if (!summary) return ''
  const digits = row.unit === 'pictures/min' ? 2 : 0
  const show = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: digits })
  const { median, least, most, trials } = summary
  return trials === 1 ? show(median) : `${show(median)}\n${show(least)} to\n${show(most)}`
}

/** The mesh as a multiple of another, rounded to what the noise allows. */
export function ratio(mesh: Summary | undefined, other: Summary | undefined): string {
  return mesh && other ? (mesh.median / other.median).toPrecision(2) : ''
}

export function asJson(measured: readonly Measured[]): string {
  const rows = measured.map(({ row, results }) => ({
    name: row.name,
    unit: row.unit,
    limit: row.limit,
    results: Object.fromEntries(results),
    ratios: Object.fromEntries(
      others.flatMap((other) => {
        const [mesh, against] = [results.get('mesh'), results.get(other)]
        return mesh && against ? [[other, mesh.median / against.median]] : []
      }),
    ),
  }))
  return JSON.stringify({ node: process.version, rows }, null, 2)
}
