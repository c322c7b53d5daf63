// What `joinMesh` takes in Node, checked at once: an unknown option or a value out of range is an
// error that names it, says what was expected and what was there.

import { inspect } from 'node:util'
import type { Preset } from '@murmuration/core/internal'
import { didYouMean, MeshError, presets } from '@murmuration/core/internal'
import { AddressError, parseAddress } from './address.ts'

export interface JoinOptions {
  /**
   * Peers that are known: `host:port`, `ws://host:port` or a multiaddr. Default: `MURMURATION_ENTRY`
   * (comma-separated), else a living peer of this user on this machine, else a new mesh. `[]`: always a new one.
   */
  entry?: readonly string[] | undefined
  /** Attempts at once. Default: the machine's parallelism less one, at least 1. 0: submits and keeps, runs nothing. */
  slots?: number | undefined
  /** What tasks may ask for by name, besides `kind`, which is always `node`. */
  labels?: Readonly<Record<string, string>> | undefined
  /** Counted things that tasks may need, as in `{ gpu: 1 }`. */
  resources?: Readonly<Record<string, number>> | undefined
  /** Bytes of objects kept in memory. Default: a quarter of the machine's. */
  memoryBytes?: number | undefined
  /** Where to listen. Default 127.0.0.1: reached from this machine only. */
  host?: string | undefined
  /** TCP port. Default 0: any free one. */
  port?: number | undefined
  /** WebSocket port. Default 0: any free one. */
  wsPort?: number | undefined
  /** Where keys and run files are kept. Default: `MURMURATION_HOME`, else the configuration directory. */
  home?: string | undefined
  /** `kept`: the first identity on disk that no other process holds. `fresh`: in memory, never seen before. Default `kept`. */
  identity?: 'kept' | 'fresh' | undefined
  /** How patient and how chatty: `lan` (default), `wan`, `room`, `test`. */
  preset?: Preset | undefined
  /** How long joining may take, in milliseconds. Default 10,000. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Heap of one worker, in MB. Default: what Node gives a thread. */
  workerMemoryMb?: number | undefined
  /** Lines that tasks print here: to stderr (default) or nowhere. */
  taskOutput?: 'stderr' | 'none' | undefined
}

interface Rule {
  readonly expected: string
  readonly ok: (value: unknown) => boolean
}

const whole = (least: number, most: number): Rule => ({
  expected: `a whole number from ${least} to ${most}`,
  ok: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
})
const text: Rule = { expected: 'a text', ok: (value) => typeof value === 'string' && value !== '' }
const oneOf = (...values: string[]): Rule => ({
  expected: `one of ${values.join(', ')}`,
  ok: (value) => values.includes(value as string),
})
const recordOf = (expected: string, ok: (value: unknown) => boolean): Rule => ({
  expected,
  ok: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(ok),
})

const rules: Readonly<Record<keyof JoinOptions, Rule>> = {
  entry: {
    expected: "a list of addresses, as in ['lab-3:9000']",
    ok: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  },
  slots: whole(0, 4_096),
  labels: recordOf("an object of texts, as in { zone: 'lab-3' }", (value) => typeof value === 'string'),
  resources: recordOf('an object of numbers, as in { gpu: 1 }', (value) => typeof value === 'number' && value >= 0),
  memoryBytes: whole(1, Number.MAX_SAFE_INTEGER),
  host: text,
  port: whole(0, 65_535),
  wsPort: whole(0, 65_535),
  home: text,
  identity: oneOf('kept', 'fresh'),
  preset: oneOf(...Object.keys(presets)),
  timeoutMs: whole(1, 2 ** 31 - 1),
  signal: { expected: 'an AbortSignal', ok: (value) => value instanceof AbortSignal },
  workerMemoryMb: whole(16, 1_048_576),
  taskOutput: oneOf('stderr', 'none'),
}

/** Throws MeshError INVALID_OPTION. */
export function checkJoinOptions(options: unknown): asserts options is JoinOptions {
  if (typeof options !== 'object' || options === null)
    throw invalid(`expected an object of options, received ${String(options)}`)
  for (const [name, value] of Object.entries(options)) {
    const rule = (rules as Readonly<Record<string, Rule>>)[name]
    if (!rule) throw invalid(`unknown option ${name}${didYouMean(name, Object.keys(rules))}`)
    if (value !== undefined && !rule.ok(value))
      throw invalid(`${name}: expected ${rule.expected}, received ${show(value)}`)
  }
  for (const address of (options as JoinOptions).entry ?? []) checkAddress(address)
}

function checkAddress(address: string): void {
  try {
    parseAddress(address)
  } catch (error) {
    if (error instanceof AddressError) throw invalid(`entry: ${error.message}`)
    throw error
  }
}

function show(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200 })
}

function invalid(sentence: string): MeshError {
  return new MeshError('INVALID_OPTION', `joinMesh: ${sentence}`)
}
