// `npm run bench`: measures the mesh beside what a user would otherwise take and beside the limit of
// the parts it is made of, in one run, and prints the medians as a table.

import { cpus } from 'node:os'
import { commandLine, rowOptions, rowsNamed } from './command-line.ts'
import { measure } from './measure.ts'
import { rows } from './rows/index.ts'
import { asJson, printTable } from './table.ts'

const help = `usage: npm run bench -- [options]

Each row runs everybody side by side, in processes of their own, on loopback. Rows take turns, and
every number is the median of all runs. Numbers of a busy or virtual machine differ by a third from
run to run: read the ratios.

options:
  --only NAME   only rows whose name contains NAME; may be given more than once
  --runs N      runs of each row (default 5)
  --json        print JSON instead of the table
  --help        print this

rows:
${rows.map(({ name }) => `  ${name}`).join('\n')}
`

const { values, stop, whole } = commandLine({ command: 'bench', help }, { options: rowOptions })
const runs = whole('runs')
const chosen = rowsNamed(rows, values.only, stop)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
say(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`)
const { measured, failed } = await measure(chosen, { runs, say })
process.stdout.write(`${values.json ? asJson(measured) : printTable(measured)}\n`)

if (failed.length > 0) {
  say(`bench: ${failed.length} of ${runs * chosen.length} runs failed; see above`)
  process.exitCode = 1
}
