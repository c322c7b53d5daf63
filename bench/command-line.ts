// The command line of the programs here: exit code 0 for --help, one sentence and exit code 2 for what makes no
// sense. What the options mean is each program's affair.

import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'

export interface Told {
  /** `bench:faults`, as people call it. */
  readonly command: string
  readonly help: string
}

export type CommandLine<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>> & {
  readonly stop: (why: string) => never
  /** The value of that option, a whole number from 1 on. */
  readonly whole: (option: string) => number
}

/** Options as they were typed, `--help` among them. Ends the process where there is nothing to go on with. */
export function commandLine<const Config extends ParseArgsConfig>(
  { command, help }: Told,
  config: Config,
): CommandLine<Config> {
  const stop = (why: string): never => {
    process.stderr.write(`${command}: ${why}\n`)
    process.exit(2)
  }
  const found = parsed(config, stop)
  const values = found.values as Readonly<Record<string, unknown>>
  if (values['help'] === true) {
    process.stdout.write(help)
    process.exit(0)
  }
  const whole = (option: string): number => {
    const number = Number(values[option])
    if (Number.isSafeInteger(number) && number >= 1) return number
    return stop(`--${option} takes a whole number of 1 or more; got ${String(values[option])}`)
  }
  return { ...found, stop, whole }
}

function parsed<Config extends ParseArgsConfig>(
  config: Config,
  stop: (why: string) => never,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    return stop(`${(error as Error).message.split('. ')[0]}; --help lists the options`)
  }
}

/** The rows whose names contain any of these, all of them when there is none. */
export function rowsNamed<Row extends { readonly name: string }>(
  rows: readonly Row[],
  only: readonly string[],
  stop: (why: string) => never,
): readonly Row[] {
  const chosen = rows.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  return chosen.length > 0 ? chosen : stop(`no row's name contains ${only.join(' or ')}; --help lists them`)
}

/** Options of the programs that measure rows. */
export const rowOptions = {
  only: { type: 'string', multiple: true, default: [] },
  runs: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options']
