// `npm run churn -- --seeds N [--from SEED] [--verbose] [--json]`: whole simulated meshes under churn,
// one per seed. What goes wrong is run again with its story, and the seed is named: the same seed
// gives the same run.

import { parseArgs } from 'node:util'
import type { ChurnReport } from '@murmuration/sim-peer'
import { churn } from '@murmuration/sim-peer'
import { runSeeds } from './run.ts'

const storyLines = 60

const help = `usage: npm run churn -- [options]

Whole simulated meshes, in virtual time, one per seed: peers crash, freeze, sleep, return and are cut off,
frames are lost, delayed and doubled, and what must hold is checked after every turn. The same seed gives
the same run. Exit code 1 when something did not hold.

options:
  --seeds N     how many (default 200)
  --from SEED   the first of them (default 1)
  --threads N   how many at once (default: the machine's cores)
  --verbose     a line for each seed
  --json        a line of JSON for each seed, and one for all of them
  --help        print this
`

const values = valuesOf(process.argv.slice(2))
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        threads: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return stop(`${(error as Error).message.split('. ')[0]}; --help lists the options`)
  }
}

function whole(name: 'seeds' | 'from' | 'threads', text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  return stop(`--${name}: expected a positive whole number, got ${text}`)
}

function stop(sentence: string): never {
  process.stderr.write(`churn: ${sentence}\n`)
  return process.exit(2)
}

const range = {
  from: whole('from', values.from),
  count: whole('seeds', values.seeds),
  ...(values.threads === undefined ? {} : { threads: whole('threads', values.threads) }),
}

const said = (text: string): void => void process.stdout.write(`${text}\n`)

function line({ seed, peers, workloads, faults, tasks, executions, virtualMs }: ChurnReport): string {
  const seconds = (virtualMs / 1_000).toFixed(0)
  return `seed ${seed}: ${peers} peers, ${workloads.join('; ')}, ${faults.length} faults, ${tasks} tasks, ${executions} executions, ${seconds} s`
}

function story({ seed, faults, violation }: ChurnReport): string {
  const { log } = churn(seed, { verbose: true })
  return [
    `seed ${seed}`,
    ...faults.map((fault) => `  fault ${fault}`),
    ...log.slice(-storyLines).map((turn) => `  ${turn}`),
    violation ?? '',
    `run it again: npm run churn -- --from ${seed} --seeds 1 --verbose`,
  ].join('\n')
}

const startedAt = performance.now()
const totals = await runSeeds(range, (report) => {
  if (values.json) said(JSON.stringify(report))
  else if (report.violation !== null) said(story(report))
  else if (values.verbose) said(line(report))
})
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
const { seeds, faults, settled, executions, violations } = totals
if (values.json) said(JSON.stringify({ seeds, faults, settled, executions, violations: violations.length }))
else {
  said(`${executions} executions in ${seconds} s`)
  said(`seeds ${seeds}, faults injected ${faults}, tasks settled ${settled}, violations ${violations.length}`)
}
process.exitCode = violations.length > 0 ? 1 : 0
