// What a failing seed leaves to read: the faults, the last turns, what was broken; and the smallest run
// that breaks the same, as a test to paste into a file of tests/scenarios.

import { inspect } from 'node:util'
import type { ChurnReport, Plan, Shrunk } from '@murmuration/sim-peer'
import { churn, promiseOf } from '@murmuration/sim-peer'

const storyLines = 60

export function line({ seed, peers, workloads, faults, tasks, executions, virtualMs }: ChurnReport): string {
  const seconds = (virtualMs / 1_000).toFixed(0)
  return `seed ${seed}: ${peers} peers, ${workloads.join('; ')}, ${faults.length} faults, ${tasks} tasks, ${executions} executions, ${seconds} s`
}

/** `again`: the options that lead to this run. */
export function story({ seed, faults, violation }: ChurnReport, plan: Plan, again: string): string {
  const { log } = churn(plan, { verbose: true })
  return [
    `seed ${seed}`,
    ...faults.map((fault) => `  fault ${fault}`),
    ...log.slice(-storyLines).map((turn) => `  ${turn}`),
    violation ?? '',
    `run it again: npm run churn -- --from ${seed} --seeds 1 ${again}--verbose`,
  ].join('\n')
}

export function scenario({ plan, violation, runs, isDone }: Shrunk): string {
  const title = `seed ${plan.seed}: ${promiseOf(violation)
    .replace(/^Error: /, '')
    .replaceAll("'", '’')}`
  return [
    `// ${runs} runs${isDone ? '' : ', and more would make it smaller: --budget'}. It ends with:`,
    `// ${violation.split('\n')[0]}`,
    `import { it } from 'vitest'`,
    `import { replay } from './scenario.ts'`,
    '',
    `it('${title}', () => {`,
    `  replay(${source(plan)})`,
    '})',
  ].join('\n')
}

/** Plain data, so what is printed of it is what it is. */
function source(plan: Plan): string {
  const text = inspect(plan, { depth: null, breakLength: 110, maxArrayLength: null, maxStringLength: null })
  return text.replaceAll('\n', '\n  ')
}
