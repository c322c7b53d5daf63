// The table: a line per case and contestant; times are medians with the least and the most of several
// runs, counts are the worst of them.

import Table from 'cli-table3'
import type { Summary } from '../measure.ts'
import { isKept, type Outcome, type Series, type Summaries, summariesOf } from './measure.ts'

interface Column {
  readonly head: string
  /** `calm` is the ratio of the same contestant's calm job in this run. */
  show(summaries: Summaries, calm: number | null): string
}

const columns: readonly Column[] = [
  { head: 'makespan', show: ({ makespanMs }) => seconds(makespanMs) },
  { head: 'ideal', show: ({ idealMs }) => (idealMs ? `${(idealMs.median / 1_000).toFixed(2)} s` : '') },
  { head: 'ratio', show: ({ ratio }) => (ratio ? ratio.median.toFixed(2) : '') },
  {
    head: 'ratio to\ncalm',
    show: ({ ratio }, calm) => (ratio && calm !== null ? (ratio.median / calm).toFixed(2) : ''),
  },
  { head: 'readable\nafter', show: ({ readableMs }) => milliseconds(readableMs) },
  { head: 'detected\nafter', show: ({ detectedMs }) => milliseconds(detectedMs) },
  { head: 'runs again\nafter', show: ({ resumedMs }) => milliseconds(resumedMs) },
  { head: 'results\nlost', show: ({ lost }) => worst(lost) },
  { head: 'executions\nbeyond', show: ({ beyond }) => worst(beyond) },
]

export function printFaults(series: readonly Series[]): string {
  const table = new Table({
    head: ['case', 'who', ...columns.map(({ head }) => head), 'promised', ''],
    colWidths: [11, null, ...columns.map(() => null), 18, 26],
    wordWrap: true,
    style: { head: [], border: [] },
  })
  for (const one of series) {
    const summaries = summariesOf(one)
    const calm = calmRatio(series, one)
    const isMesh = one.contestant === 'mesh'
    table.push([
      isMesh ? one.of.name : '',
      one.contestant,
      ...columns.map(({ show }) => (summaries ? show(summaries, calm) : '')),
      isMesh ? one.of.promised : '',
      verdict(one),
    ])
  }
  return table.toString()
}

/** What a busy machine costs the calm job it costs the others as well, so the ratio of ratios is the fault's own. */
function calmRatio(all: readonly Series[], { contestant, of }: Series): number | null {
  const calm = all.find((one) => one.of.name === 'calm' && one.contestant === contestant)
  return calm && of.work && of.work.tasks === calm.of.work?.tasks ? (summariesOf(calm)?.ratio?.median ?? null) : null
}

export function faultsAsJson(series: readonly Series[]): string {
  const cases = series.map((one) => ({
    case: one.of.name,
    what: one.of.what,
    who: one.contestant,
    promised: one.of.promised,
    kept: isKept(one),
    summary: summariesOf(one),
    runs: one.outcomes,
  }))
  return JSON.stringify({ node: process.version, cases }, null, 2)
}

/** Kept or not, and why there are no figures where there are none. */
function verdict(series: Series): string {
  const { outcomes } = series
  const unable = outcomes.find((outcome) => outcome.type === 'not there')
  if (unable) return `not supported yet: ${short(unable.why)}`
  const failures = outcomes.flatMap((outcome) => (outcome.type === 'failed' ? [outcome.why] : []))
  const failed = failures.length === 0 ? '' : `${failures.length} of ${outcomes.length} failed: ${failures[0]}`
  const kept = series.contestant === 'mesh' ? (isKept(series) ? 'kept' : 'NOT KEPT') : ''
  return [kept, failed, ...new Set(outcomes.map(noteOf))]
    .filter((part) => part !== '')
    .map(short)
    .join('; ')
}

/** As a table has room for; `--json` has all of it. */
const short = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 120)}…`)

const noteOf = (outcome: Outcome): string => (outcome.type === 'figures' ? outcome.note : '')

function seconds(summary: Summary | null): string {
  return spread(summary, (ms) => (ms / 1_000).toFixed(2), ' s')
}

function milliseconds(summary: Summary | null): string {
  return spread(summary, (ms) => Math.round(ms).toLocaleString('en-US'), ' ms')
}

function spread(summary: Summary | null, show: (value: number) => string, unit: string): string {
  if (!summary) return ''
  const { median, least, most, trials } = summary
  return `${show(median)}${unit}${trials === 1 ? '' : `\n${show(least)} to\n${show(most)}`}`
}

const worst = (summary: Summary | null): string => (summary ? String(summary.most) : '')
