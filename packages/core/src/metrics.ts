// Samples as OpenMetrics text (openmetrics.io, version 1.0.0), which Prometheus and most monitoring systems
// read. Written by hand: the libraries for it bring a registry of their own, which would be a second place
// where the peer's numbers are kept, and those known for it run in Node only.

import type { InspectRow } from './model/messages.ts'

/** For the HTTP header of whoever serves it. */
export const metricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

const prefix = 'murmuration_'

export interface MetricsPeer {
  readonly id: string
  readonly name: string
  readonly kind: string
}

/** Rows of one family stand together, as the format wants them. */
export function openMetrics(rows: readonly InspectRow[], { id, name, kind }: MetricsPeer): string {
  const lines = [
    `# TYPE ${prefix}peer info`,
    `# HELP ${prefix}peer Which peer this is.`,
    sample(`${prefix}peer_info`, { peer: id, name, kind }, 1),
  ]
  let family = ''
  for (const row of rows) {
    const full = prefix + String(row['name'])
    if (full !== family) lines.push(...headOf(full, row))
    family = full
    lines.push(sample(full + String(row['suffix']), labelsOf(row), Number(row['value'])))
  }
  return `${lines.join('\n')}\n# EOF\n`
}

function headOf(full: string, { type, unit, help }: InspectRow): string[] {
  return [
    `# TYPE ${full} ${String(type)}`,
    ...(unit === '' ? [] : [`# UNIT ${full} ${String(unit)}`]),
    `# HELP ${full} ${escaped(String(help))}`,
  ]
}

/** It may come from another peer: what is no object of labels counts as none. */
function labelsOf(row: InspectRow): Record<string, unknown> {
  const labels: unknown = JSON.parse(String(row['labels']))
  return typeof labels === 'object' && labels !== null ? (labels as Record<string, unknown>) : {}
}

function sample(name: string, labels: Readonly<Record<string, unknown>>, value: number): string {
  const parts = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text)).replaceAll('"', '\\"')}"`)
  return `${name}${parts.length > 0 ? `{${parts.join(',')}}` : ''} ${value}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
