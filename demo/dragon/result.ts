// How a rendering ended, told to people or, with --json, to programs: then stdout holds that one line, and what
// is for people goes to stderr.

import { relative } from 'node:path'
import { DEFAULT_VIEW, expectedSha256 } from './expected.ts'
import type { DragonOptions } from './options.ts'
import { counted } from './words.ts'

export interface Result {
  readonly sha256: string
  readonly seconds: number
  readonly tasks: number
  /** Attempts that were begun; without a mesh, the tasks. */
  readonly executions: number
  readonly retried: number
  readonly rebuilt: number
  readonly peersDied: number
  /** Where the renderer was started again: passes that it found done, and passes that were rendered since. */
  readonly adopted?: number
  readonly rendered?: number
}

/** Ended before its end. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished'
  /** Something was drawn, and the file has it. */
  readonly written: boolean

  constructor(cause: unknown, written: boolean) {
    super('the picture was not finished', { cause })
    this.written = written
  }
}

/** Says where the picture is and whether it is the right one; the exit code: 1 when it is not. */
export function tellResult(options: DragonOptions, result: Result): number {
  const { view, file, peers } = options
  const expected = expectedSha256(view)
  const { adopted, rendered } = result
  const hands = options.alone
    ? 'alone'
    : options.killSubmitter
      ? 'the program that renders it killed on the way'
      : `${result.peersDied} of ${counted(peers, 'peer')} killed on the way`
  const since = options.killSubmitter ? ' after the restart' : ''
  const lines = [
    `${shown(file)}: ${view.width}x${view.height}, ${counted(view.samples, 'sample')} per pixel, ${result.seconds.toFixed(1)} s, ${hands}`,
    `${counted(result.tasks, 'task')}, ${counted(result.executions, 'execution')}${since}, ${result.retried} retried, ${result.rebuilt} rebuilt`,
    `SHA-256 ${result.sha256}`,
    verdict(options, result.sha256, expected),
    ...(adopted === undefined
      ? []
      : [`${counted(adopted, 'pass', 'passes')} adopted from before the kill, ${rendered} rendered after the restart`]),
  ]
  const forPeople = options.json ? process.stderr : process.stdout
  forPeople.write(`${lines.join('\n')}\n`)
  if (options.json) process.stdout.write(`${JSON.stringify({ ...result, file })}\n`)
  return expected === undefined || expected === result.sha256 ? 0 : 1
}

/** The file as one would type it from here. */
export function shown(file: string): string {
  const path = relative('.', file)
  return path.startsWith('..') ? file : path
}

function verdict(options: DragonOptions, sha256: string, expected: string | undefined): string {
  if (expected === sha256) return 'matches the picture on record'
  if (expected !== undefined) return `DIFFERS from the picture on record, ${expected}`
  const { width, height, samples } = options.view
  const onRecord = `${DEFAULT_VIEW.width}x${DEFAULT_VIEW.height} with ${DEFAULT_VIEW.samples} samples`
  if (options.alone) return `drawn without a mesh: what any mesh must draw as well (on record is ${onRecord})`
  return `only ${onRecord} is on record; to check this one, render it without a mesh: --alone --size ${width}x${height} --samples ${samples}`
}
