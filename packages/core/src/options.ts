// What the verbs take as options, each with what is expected of it, and how the options of a call become its
// policy. How a rule is checked and a breach is phrased is option-rules.ts.

import { clip, limits } from './model/limits.ts'
import type { Lead } from './model/stream.ts'
import { type ErrorPattern, type Needs, packageLabel, type Policy } from './model/task.ts'
import { policyLength } from './model/weight.ts'
import * as is from './option-rules.ts'
import { checkOptions, isRecord, isText } from './option-rules.ts'
import type { Rule, Rules } from './option-rules.ts'
import type { LoadedModule } from './runtime/code-port.ts'
import type { TaskNeeds, TaskOptions } from './types.ts'

export { checkOptions } from './option-rules.ts'

/** Of attempts; see `budget` in the model. */
export const budget = is.whole(-1, Number.MAX_SAFE_INTEGER, 'a whole number, -1 (no limit) or more')
const upTo = `up to ${limits.choices}`

const needRules: Rules = {
  labels: is.recordOf(`an object of label: value, { in: [${upTo} values] } or { not: value }`, (match) => {
    if (isText(match)) return true
    if (!isRecord(match) || Object.keys(match).length !== 1) return false
    return isText(match['not']) || isChoice(match['in'], isText)
  }),
  resources: is.resources,
  slots: is.whole(1, limits.slots),
  memoryBytes: is.whole(0, Number.MAX_SAFE_INTEGER, 'bytes, a whole number, 0 or more'),
  peer: is.name,
}
export const needs: Rule = { expected: `an object with any of ${Object.keys(needRules).join(', ')}`, ok: isRecord }
export const ahead: Rule = is.whole(1, limits.ahead)

const taskRules: Rules = {
  name: is.name,
  key: is.text(limits.textLength),
  retries: budget,
  retryErrors: {
    expected: `true, false or a list of ${upTo} strings and regular expressions`,
    ok: (value) => typeof value === 'boolean' || isChoice(value, (one) => isText(one) || one instanceof RegExp),
  },
  rebuilds: budget,
  retryDelayMs: {
    expected: '[first, longest] in milliseconds, both finite, first not above longest',
    ok: (value) => {
      if (!Array.isArray(value) || value.length !== 2 || !value.every(is.isAmount)) return false
      return (value as [number, number])[0] <= (value as [number, number])[1]
    },
  },
  timeoutMs: is.duration,
  attemptTimeoutMs: is.duration,
  signal: is.signal,
  copies: is.whole(1),
  ahead,
  needs,
  prefer: needs,
  spread: is.flag,
  hedge: is.flag,
  priority: is.finite,
  votes: is.whole(1, limits.votes),
  equals: is.name,
}

function isChoice(value: unknown, ok: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= limits.choices && value.every(ok)
}

export const waitRules: Rules = { signal: is.signal, timeoutMs: is.duration }
export const waitManyRules: Rules = { ...waitRules, count: is.whole(0) }
export const mapRules: Rules = { ...waitRules, ordered: is.flag, ahead: is.whole(1) }
export const putRules: Rules = { name: is.name, copies: is.whole(1), transfer: is.flag }
export const useRules: Rules = {
  env: is.recordOf('an object of strings', isText),
  assets: is.listOf('a list of URLs', (value) => value instanceof URL),
  external: is.listOf('a list of package names', isText),
}
export const jobRules: Rules = { lifetime: is.oneOf('attached', 'detached') }
export const peersRules: Rules = {
  all: is.flag,
  state: is.oneOf('alive', 'hidden', 'draining', 'suspect', 'dead', 'left'),
  kind: is.name,
}
export const fnRules: Rules = { constants: { expected: 'an object of values', ok: isRecord } }

/** What a call starts from. */
export const defaultPolicy: Policy = {
  name: null,
  retries: 3,
  retryErrors: false,
  rebuilds: -1,
  retryDelayMs: [100, 10_000],
  timeoutMs: Number.POSITIVE_INFINITY,
  attemptTimeoutMs: Number.POSITIVE_INFINITY,
  copies: 2,
  needs: {},
  prefer: {},
  spread: false,
  priority: 0,
  hedge: false,
  votes: 1,
  equals: null,
  ahead: 0,
  aheadBytes: 0,
}

/** A call's options after checking: what travels, and what stays here. */
export interface CallOptions {
  readonly policy: Policy
  readonly key: string
  readonly signal: AbortSignal | undefined
}

/** Of a generator: enough for small items to come many at a time, and no more memory than that for large ones. */
export const defaultLead: Lead = { ahead: 64, aheadBytes: 256 * 1024 }
export const noLead: Lead = { ahead: 0, aheadBytes: 0 }

/** Lays `options` over `base`. Throws MeshError INVALID_OPTION. */
export function withOptions(base: CallOptions, options: TaskOptions, where: string): CallOptions {
  checkOptions(where, options, taskRules)
  checkKind(base.policy, options, where)
  const policy = withPolicy(base.policy, options)
  checkNeeds(where, options, policy)
  return { key: options.key ?? base.key, signal: options.signal ?? base.signal, policy }
}

/** Throws MeshError INVALID_OPTION. `policy` is what became of them. */
export function checkNeeds(where: string, options: Pick<TaskOptions, 'needs' | 'prefer'>, policy: Policy): void {
  checkOptions(`${where}: needs`, options.needs, needRules)
  checkOptions(`${where}: prefer`, options.prefer, needRules)
  const length = policyLength(policy)
  if (length > limits.policyLength) {
    const way = 'give peers a label that says the same in fewer words, and ask for that'
    throw is.invalid(
      `${where}: needs, prefer and retryErrors are ${length} characters together; at most ${limits.policyLength} travel with a task: ${way}`,
    )
  }
}

/** Some options are for generator functions, some for all others. Throws MeshError INVALID_OPTION. */
export function checkKind(
  { ahead }: Policy,
  options: Pick<TaskOptions, 'ahead' | 'hedge' | 'votes'>,
  where: string,
): void {
  if (ahead === 0 && options.ahead !== undefined)
    throw is.invalid(`${where}: ahead is for generator functions, which yield items; this one returns one value`)
  if (ahead > 0 && (options.votes ?? 1) > 1)
    throw is.invalid(`${where}: votes is for functions that return a value; items of a generator cannot be compared`)
  if (ahead > 0 && options.hedge === true)
    throw is.invalid(
      `${where}: hedge is for functions that return a value; the items of a generator come from one attempt`,
    )
}

/** What a module's code needs of a peer. */
export function needsOf({ only, packages = {} }: Pick<LoadedModule, 'only' | 'packages'>): Needs {
  if (only === null) return {}
  const outside = Object.entries(packages).map(([name, version]) => [`${packageLabel}${name}`, version])
  const labels = { kind: only.kind, ...(Object.fromEntries(outside) as Record<string, string>) }
  return { labels, because: clip(only.because, limits.textLength) }
}

export function withPolicy(policy: Policy, options: TaskOptions): Policy {
  return {
    name: options.name ?? policy.name,
    retries: options.retries ?? policy.retries,
    retryErrors: options.retryErrors === undefined ? policy.retryErrors : errorPatterns(options.retryErrors),
    rebuilds: options.rebuilds ?? policy.rebuilds,
    retryDelayMs: options.retryDelayMs ?? policy.retryDelayMs,
    timeoutMs: options.timeoutMs ?? policy.timeoutMs,
    attemptTimeoutMs: options.attemptTimeoutMs ?? policy.attemptTimeoutMs,
    copies: options.copies ?? policy.copies,
    needs: merge(policy.needs, options.needs),
    prefer: merge(policy.prefer, options.prefer),
    spread: options.spread ?? policy.spread,
    priority: options.priority ?? policy.priority,
    hedge: options.hedge ?? policy.hedge,
    votes: options.votes ?? policy.votes,
    equals: options.equals ?? policy.equals,
    ahead: options.ahead ?? policy.ahead,
    aheadBytes: options.ahead === undefined ? policy.aheadBytes : 0,
  }
}

/** Later needs add to earlier ones; of two for the same label or resource the later counts. */
function merge(base: Needs, added: TaskNeeds | undefined): Needs {
  if (added === undefined) return base
  const { labels, resources, slots, memoryBytes, peer } = added
  // Whoever asks for a kind knows why; what the code said of it no longer counts.
  const { because, ...plain } = base
  return {
    ...plain,
    ...(because !== undefined && labels?.['kind'] === undefined && { because }),
    ...(labels && { labels: { ...base.labels, ...labels } }),
    ...(resources && { resources: { ...base.resources, ...resources } }),
    ...(slots !== undefined && { slots }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(peer !== undefined && { peer }),
  }
}

function errorPatterns(given: boolean | readonly (string | RegExp)[]): boolean | readonly ErrorPattern[] {
  if (typeof given === 'boolean') return given
  return given.map((one) => (typeof one === 'string' ? { text: one } : { pattern: one.source, flags: one.flags }))
}
