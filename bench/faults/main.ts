// `npm run bench:faults`: kills and freezes peers for real while they work, and prints what came of it as
// one table, beside Ray and Dask where these are asked for.

import { cpus, loadavg } from 'node:os'
import { commandLine } from '../command-line.ts'
import { pythonWith } from '../peers/venv.ts'
import type { Contestant } from './case.ts'
import { cases } from './cases/index.ts'
import { measureFaults } from './measure.ts'
import { other } from './others.ts'
import { faultsAsJson, printFaults } from './table.ts'

const known: readonly Exclude<Contestant, 'mesh'>[] = ['ray', 'dask']

const help = `usage: npm run bench:faults -- [options]

Each case starts peers in processes of their own, on loopback, and ends some of them the hard way.
Times are medians of all runs, counts the worst of them. On a busy machine they are noisy: read the
ratios. "ideal" is what the job takes with the capacity that was left, when finding out costs nothing.

options:
  --case NAME…    only these cases (default: all)
  --runs N        runs of each case (default 3)
  --with ray,dask the same cases by Ray and Dask, too; installs them into a folder of the benchmark once
  --limit S       seconds after which a case of theirs counts as not finished (default 240)
  --json          print JSON instead of the table
  --help          print this

cases:
${cases.map(({ name, what, promised }) => `  ${name.padEnd(10)} ${what} [${promised}]`).join('\n')}
`

const { values, positionals, stop, whole } = commandLine(
  { command: 'bench:faults', help },
  {
    // `--case killed frozen` names two.
    allowPositionals: true,
    options: {
      case: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string', default: '3' },
      with: { type: 'string', multiple: true, default: [] },
      limit: { type: 'string', default: '240' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  },
)
const names = values.case.flatMap((list) => list.split(',')).concat(positionals)
const unknown = names.find((name) => !cases.some((one) => one.name === name))
if (unknown !== undefined) stop(`no case ${unknown}; there are ${cases.map(({ name }) => name).join(', ')}`)
const chosen = cases.filter(({ name }) => names.length === 0 || names.includes(name))
const runs = whole('runs')
const limitMs = whole('limit') * 1_000
const asked = values.with.flatMap((list) => list.split(',')).filter((name) => name !== '')
const stranger = asked.find((name) => !known.some((one) => one === name))
if (stranger !== undefined) stop(`--with knows ${known.join(' and ')}; got ${stranger}`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
say(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; load before: ${loadavg()[0]?.toFixed(1)}`,
)
// With a load of more than there are cores, everybody's makespans are others' affair, too.
const series = await measureFaults(chosen, { runs, others: others(), say })
process.stdout.write(`${values.json ? faultsAsJson(series) : printFaults(series)}\n`)
// Their sockets and timers are nobody's any more.
process.exit(
  series.some(({ contestant, outcomes }) => contestant === 'mesh' && outcomes.some(({ type }) => type === 'failed'))
    ? 1
    : 0,
)

function others() {
  if (asked.length === 0) return []
  try {
    const python = pythonWith(say)
    return known.filter((name) => asked.includes(name)).map((name) => other(name, { python, limitMs }))
  } catch (error) {
    return stop((error as Error).message)
  }
}
