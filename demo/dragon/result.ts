// How a rendering ended, told to people and to programs. All of it goes to stdout.

import { relative } from 'node:path'
import { DEFAULT_VIEW, expectedSha256 } from './expected.ts'
import type { DragonOptions } from './options.ts'

export interface Result {
  readonly sha256: string
  readonly seconds: number
  readonly tasks: number
  /** Attempts that were begun; without a mesh, the tasks. */
  readonly executions: number
  readonly retried: number
  readonly rebuilt: number
  readonly peersDied: number
}

/** Says where the picture is and whether it is the right one; the exit code: 1 when it is not. */
export function tellResult(options: DragonOptions, result: Result): number {
  const { view, file, peers } = options
  const expected = expectedSha256(view)
  const hands = options.alone ? 'alone' : `${result.peersDied} of ${peers} peers killed on the way`
  const lines = [
    `${shown(file)}: ${view.width}x${view.height}, ${view.samples} samples per pixel, ${result.seconds.toFixed(1)} s, ${hands}`,
    `${result.tasks} tasks, ${result.executions} executions, ${result.retried} retried, ${result.rebuilt} rebuilt`,
    `SHA-256 ${result.sha256}`,
    verdict(options, result.sha256, expected),
  ]
  if (options.json) lines.push(JSON.stringify({ ...result, file }))
  process.stdout.write(`${lines.join('\n')}\n`)
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
  if (options.alone) return `no picture of this size is on record (${onRecord} is)`
  return `only ${onRecord} is on record; to check this one, render it without a mesh: --alone --size ${width}x${height} --samples ${samples}`
}
