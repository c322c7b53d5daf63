// `npm run bench:pages`: what pages cost and what they give, in a real browser, beside what is promised of them.

import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { chromiumVersion } from '@murmuration/tests/browser/chromium'
import { measurePages } from './measure.ts'
import { rows } from './rows/index.ts'
import { pagesAsJson, printPages } from './table.ts'

const help = `usage: npm run bench:pages -- [options]

Pages in Chromium (/usr/bin/chromium, or what MURMURATION_CHROMIUM names), Node peers in processes of their
own, everything on loopback. Rows take turns, each with a browser of its own; every number is the median of
all runs. With a load of more than there are cores, the figures are others' affair, too.

options:
  --only NAME   only rows whose name contains NAME; may be given more than once
  --runs N      runs of each row (default 5)
  --json        print JSON instead of the table
  --help        print this

rows:
${rows.map(({ name, figures }) => `  ${name}: ${figures.map((figure) => figure.name).join(', ')}`).join('\n')}
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
const browser = versionOrStop()
say(
  `Node ${process.version}, ${browser}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; load before: ${loadavg()[0]?.toFixed(1)}`,
)
const { measured, failed } = await measurePages(chosen, { runs, say })
process.stdout.write(`${values.json ? pagesAsJson(measured, browser) : printPages(measured)}\n`)
if (failed.length > 0) {
  say(`bench:pages: ${failed.length} of ${runs * chosen.length} runs failed; see above`)
  process.exitCode = 1
}

function versionOrStop(): string {
  try {
    return chromiumVersion()
  } catch (error) {
    return stop((error as Error).message)
  }
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
  process.stderr.write(`bench:pages: ${why}\n`)
  process.exit(2)
}
