// `npm run churn -- [options]`: whole simulated meshes under churn, one per seed. What goes wrong is run
// again with its story and made as small as it gets; the seed is named: the same seed gives the same
// run. What there is to say is in `--help`.

import { parseArgs } from 'node:util'
import type { ChurnReport, Plan, WorkName } from '@murmuration/sim-peer'
import { churn, faultNames, planOf, shrink, workNames } from '@murmuration/sim-peer'
import { line, scenario, story } from './print.ts'
import { bugNames, bugs } from './bugs.ts'
import { findBug, planAt, runSeeds } from './run.ts'

/** Beside a word, in lines of some width. */
const columns = (names: readonly string[]): string =>
  names
    .join(', ')
    .replaceAll(/(.{1,100})(, |$)/g, '$1$2\n        ')
    .trim()

/** Of more failing seeds than these only the first are made smaller. */
const shrunkMost = 3

const help = `usage: npm run churn -- [options]

Whole simulated meshes, in virtual time, one per seed, and what must hold is checked after every turn. A seed
writes a plan: peers with their limits, clocks and speeds, jobs that know their right answer, and faults, some
aimed at whoever matters most in that moment (an owner, the holder of a last copy but one, an executor whose
outcome is on the wire). The plan decides the run: the same seed gives the same run, and the same trace hash.
When the faults are over the mesh must converge, settle everything right and keep nothing.
Exit code 1 when something did not hold, 2 when the options make no sense.

faults: ${columns(faultNames)}

work:   ${columns(workNames)}

options:
  --seeds N      how many (default 200)
  --from SEED    the first of them (default 1)
  --only WORK    every job is of that kind, as in --only bank
  --threads N    how many at once (default: the machine's cores)
  --shrink SEED  only this one: its plan is made as small as it gets while it breaks the same promise (fewer
                 faults, jobs and peers, smaller numbers, shorter times), and printed as a test to paste into
                 a file of tests/scenarios. Failing seeds are treated so anyhow, the first ${shrunkMost} of them
  --no-shrink    not even those
  --vary SEED    variations of that seed's plan instead of other seeds, as many as --seeds says: all times a little
                 different, other chances on the wire. A seed that fails is made small first. They find races near one
                 that is known
  --budget RUNS  for making one seed smaller, at most (default 200)
  --bugs         plants known bugs into the machine, one after the other, and says which seed notices each
  --verbose      a line for each seed
  --json         a line of JSON for each seed, one for each that was made smaller, and one for all of them
  --help         print this

The last line counts seeds run, faults injected, tasks settled and violations.
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
        only: { type: 'string' },
        threads: { type: 'string' },
        shrink: { type: 'string' },
        vary: { type: 'string' },
        'no-shrink': { type: 'boolean', default: false },
        budget: { type: 'string', default: '200' },
        bugs: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return stop(`${(error as Error).message.split('. ')[0]}; --help lists the options`)
  }
}

function whole(name: 'seeds' | 'from' | 'threads' | 'shrink' | 'vary' | 'budget', text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  return stop(`--${name}: expected a positive whole number, got ${text}`)
}

function workNamed(name: string | undefined): WorkName | null {
  if (name === undefined) return null
  const known = workNames.find((one) => one === name)
  return known ?? stop(`--only: no work is called ${name}; there are ${workNames.join(', ')}`)
}

function stop(sentence: string): never {
  process.stderr.write(`churn: ${sentence}\n`)
  return process.exit(2)
}

const seed = values.shrink === undefined ? null : whole('shrink', values.shrink)
const only = workNamed(values.only)
const budget = whole('budget', values.budget)
const varied = values.vary === undefined ? null : whole('vary', values.vary)
const range = {
  from: seed ?? whole('from', values.from),
  count: seed === null ? whole('seeds', values.seeds) : 1,
  only,
  variationsOf: varied === null ? null : variedPlan(varied),
  ...(values.threads === undefined ? {} : { threads: whole('threads', values.threads) }),
}
// How small the varied one gets depends on the budget.
const variedBy = varied === null ? '' : `--vary ${varied} --budget ${budget} `
const again = `${variedBy}${only === null ? '' : `--only ${only} `}`

/** What fails, as small as it gets; otherwise with everybody named whom its faults hit. */
function variedPlan(number: number): Plan {
  const plan = planOf(number, only)
  return shrink(plan, { budget })?.plan ?? churn(plan).pinned
}

const said = (text: string): void => void process.stdout.write(`${text}\n`)

if (values.bugs) process.exit(plantBugs())

/** One that no seed notices is a hole in the net. */
function plantBugs(): number {
  let missed = 0
  for (const name of bugNames) {
    const found = findBug(name, range)
    if (!found) missed++
    const line = { bug: name, what: bugs[name].what, seed: found?.seed ?? null, violation: found?.violation ?? null }
    const how = found
      ? `seed ${found.seed}: ${found.violation?.split('\n')[0] ?? ''}`
      : `not noticed by ${range.count} seeds`
    said(values.json ? JSON.stringify(line) : `${name}: ${bugs[name].what}\n  ${how}`)
  }
  said(values.json ? JSON.stringify({ bugs: bugNames.length, missed }) : `bugs ${bugNames.length}, missed ${missed}`)
  return missed > 0 ? 1 : 0
}

let left = values['no-shrink'] ? 0 : shrunkMost

function makeSmall(failing: number): void {
  if (left-- <= 0) return
  const shrunk = shrink(planAt(failing, range), { budget })
  if (shrunk) said(values.json ? JSON.stringify({ seed: failing, shrunk }) : `\n${scenario(shrunk)}\n`)
}

function tell(report: ChurnReport): void {
  const isBroken = report.violation !== null
  if (values.json) said(JSON.stringify(report))
  else if (isBroken) said(story(report, planAt(report.seed, range), again))
  else if (values.verbose || seed !== null) said(line(report))
  if (isBroken) makeSmall(report.seed)
}

const startedAt = performance.now()
const totals = await runSeeds(range, tell)
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
const { seeds, faults, settled, executions, violations } = totals
if (values.json) said(JSON.stringify({ seeds, faults, settled, executions, violations: violations.length }))
else {
  said(`${executions} executions in ${seconds} s`)
  said(`seeds ${seeds}, faults injected ${faults}, tasks settled ${settled}, violations ${violations.length}`)
}
process.exitCode = violations.length > 0 ? 1 : 0
