// The command line of the dragon: what may be asked for, and one clear sentence when it cannot be had.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DEFAULT_VIEW } from './expected.ts'
import { tryWriting } from './png.ts'
import type { View } from './tracer/path.ts'

export interface DragonOptions {
  readonly view: View
  readonly peers: number
  readonly kill: number
  /** The program that renders dies at half, and is started again. */
  readonly killSubmitter: boolean
  /** Where the picture goes, absolute. */
  readonly file: string
  readonly alone: boolean
  readonly json: boolean
}

const USAGE_ERROR = 2
const SIDE_MAX = 8192
const SAMPLES_MAX = 4096
const PEERS_MAX = 64

/** Reads the arguments; ends the process after `--help` (0) or a mistake (2). */
export function readOptions(args: readonly string[]): DragonOptions {
  const command = describe()
  try {
    command.parse(args, { from: 'user' })
    return check(command)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR)
  }
}

function describe(): Command {
  const { width, height, samples } = DEFAULT_VIEW
  return new Command('dragon')
    .description(
      'Path-traces the Stanford dragon on a mesh of processes on this machine, and kills some of them on the way.\n' +
        'The picture is the same, to the byte, whatever dies.',
    )
    .addOption(
      new Option('--size <WxH>', 'size of the picture in pixels')
        .argParser(parseSize)
        .default({ width, height }, `${width}x${height}`),
    )
    .option('--samples <n>', 'samples per pixel', wholeNumber(1, SAMPLES_MAX), samples)
    .option('--peers <n>', 'peers that compute, each a process', wholeNumber(1, PEERS_MAX), 3)
    .option(
      '--kill <n>',
      'how many of them to kill (SIGKILL) on the way; if all, the entry peer finishes (default: 2, or all but one)',
      wholeNumber(0, PEERS_MAX),
    )
    .addOption(
      new Option(
        '--kill-submitter',
        'kill the process that renders at half, and start it again: it goes on where it was',
      ).conflicts(['kill', 'alone']),
    )
    .option('-o, --output <file>', 'where the picture goes', 'dragon.png')
    .option('--alone', 'the same picture in this one process, without a mesh')
    .option('--json', 'the result as one line of JSON on stdout, the rest on stderr')
    .allowExcessArguments(false)
    .exitOverride()
}

function check(command: Command): DragonOptions {
  const given = command.opts<{
    size: { width: number; height: number }
    samples: number
    peers: number
    kill?: number
    killSubmitter?: boolean
    output: string
    alone?: boolean
    json?: boolean
  }>()
  const { killSubmitter = false } = given
  const kill = given.kill ?? (killSubmitter ? 0 : Math.min(2, given.peers - 1))
  if (kill > given.peers) {
    command.error(`error: --kill ${kill} is more than there are: at most --peers, which is ${given.peers}.`)
  }
  const file = resolve(given.output)
  const trouble = cannotWrite(file)
  if (trouble !== undefined) command.error(`error: -o ${given.output}: ${trouble}`)
  const view = { ...given.size, samples: given.samples }
  const { peers, alone = false, json = false } = given
  return { view, peers, kill, killSubmitter, file, alone, json }
}

function parseSize(text: string): { width: number; height: number } {
  const match = /^(\d+)x(\d+)$/.exec(text)
  const [width, height] = [Number(match?.[1]), Number(match?.[2])]
  if (!(width >= 1 && height >= 1 && width <= SIDE_MAX && height <= SIDE_MAX)) {
    throw new InvalidArgumentError(`Give a width and a height of 1 to ${SIDE_MAX} pixels, such as 640x360.`)
  }
  return { width, height }
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
    }
    return value
  }
}

/** What keeps the file from being written; undefined when nothing does. */
function cannotWrite(file: string): string | undefined {
  const folder = dirname(file)
  if (!existsSync(folder)) return `the folder ${folder} does not exist.`
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return 'is a folder; name a file in it.'
  try {
    tryWriting(file)
  } catch (error) {
    return `${(error as Error).message}.`
  }
  return undefined
}
