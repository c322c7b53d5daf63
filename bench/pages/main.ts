// `npm run bench:pages`: what pages cost and what they give, in a real browser, beside what is promised of them.

import { cpus, loadavg } from 'node:os'
import { chromiumVersion } from '@murmuration/tests/browser/chromium'
import { commandLine, rowOptions, rowsNamed } from '../command-line.ts'
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

const { values, stop, whole } = commandLine({ command: 'bench:pages', help }, { options: rowOptions })
const runs = whole('runs')
const chosen = rowsNamed(rows, values.only, stop)

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
