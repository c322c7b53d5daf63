// `npm run bench`: measures the mesh beside what a user would otherwise take and beside the limit of
// the parts it is made of, in one run, and prints the medians as a table.

import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
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

const values = valuesOf(process.argv.slice(2))
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}
const runs = Number(values.runs)
const chosen = rows.filter(({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)))
if (!Number.isInteger(runs) || runs < 1) stop(`--runs takes a whole number of 1 or more; got ${values.runs}`)
if (chosen.length === 0) stop(`no row's name contains ${values.only.join(' or ')}; --help lists them`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
say(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`)
const { measured, failed } = await measure(chosen, { runs, say })
process.stdout.write(`${values.json ? asJson(measured) : printTable(measured)}\n`)

if (failed.length > 0) {
  say(`bench: ${failed.length} of ${runs * chosen.length} runs failed; see above`)
  process.exitCode = 1
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return stop(`${(error as Error).message.split('. ')[0]}; --help lists the options`)
  }
}

function stop(why: string): never {
  process.stderr.write(`bench: ${why}\n`)
  process.exit(2)
}
