// Checks what a user passed as options: every option at once, at the call, by name. A table says what is
// expected of each; the message says that, what came instead, and the nearest name for an unknown one.

import { MeshError } from './errors.ts'
import type { ErrorPattern, Needs, Policy } from './model/task.ts'
import { didYouMean } from './nearest.ts'
import type { TaskNeeds, TaskOptions } from './types.ts'

interface Rule {
  readonly expected: string
  ok(value: unknown): boolean
}
type Rules = Readonly<Record<string, Rule>>

const atLeast = (low: number, expected: string): Rule => ({
  expected,
  ok: (value) => Number.isInteger(value) && (value as number) >= low,
})
const text: Rule = { expected: 'a string that is not empty', ok: (value) => typeof value === 'string' && value !== '' }
const flag: Rule = { expected: 'true or false', ok: (value) => typeof value === 'boolean' }
const duration: Rule = {
  expected: 'milliseconds, 0 or more',
  ok: (value) => typeof value === 'number' && value >= 0,
}
const signal: Rule = {
  expected: 'an AbortSignal',
  ok: (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
}
const budget = atLeast(-1, 'a whole number, -1 (no limit) or more')

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const recordOf = (expected: string, ok: (value: unknown) => boolean): Rule => ({
  expected,
  ok: (value) => isRecord(value) && Object.values(value).every(ok),
})
const listOf = (expected: string, ok: (value: unknown) => boolean): Rule => ({
  expected,
  ok: (value) => Array.isArray(value) && value.every(ok),
})

const isText = (value: unknown): boolean => typeof value === 'string'

const needRules: Rules = {
  labels: recordOf('an object of label: value, { in: [values] } or { not: value }', (match) => {
    if (isText(match)) return true
    if (!isRecord(match) || Object.keys(match).length !== 1) return false
    return isText(match['not']) || (Array.isArray(match['in']) && match['in'].every(isText))
  }),
  resources: recordOf('an object of name: amount, { gpu: 1 }', (amount) => typeof amount === 'number' && amount >= 0),
  slots: atLeast(1, 'a whole number, 1 or more'),
  memoryBytes: atLeast(0, 'bytes, a whole number, 0 or more'),
  peer: text,
}
const needs: Rule = { expected: `an object with any of ${Object.keys(needRules).join(', ')}`, ok: isRecord }

const taskRules: Rules = {
  name: text,
  key: text,
  retries: budget,
  retryErrors: {
    expected: 'true, false or a list of strings and regular expressions',
    ok: (value) =>
      typeof value === 'boolean' ||
      (Array.isArray(value) && value.every((one) => isText(one) || one instanceof RegExp)),
  },
  rebuilds: budget,
  retryDelayMs: {
    expected: '[first, longest] in milliseconds, first not above longest',
    ok: (value) => {
      if (!Array.isArray(value) || value.length !== 2 || !value.every((ms) => duration.ok(ms))) return false
      return (value as [number, number])[0] <= (value as [number, number])[1]
    },
  },
  timeoutMs: duration,
  attemptTimeoutMs: duration,
  signal,
  copies: atLeast(1, 'a whole number, 1 or more'),
  needs,
  prefer: needs,
  spread: flag,
  priority: { expected: 'a finite number', ok: (value) => Number.isFinite(value) },
}

export const waitRules: Rules = { signal, timeoutMs: duration }
export const waitManyRules: Rules = { ...waitRules, count: atLeast(0, 'a whole number, 0 or more') }
export const mapRules: Rules = { ...waitRules, ordered: flag, ahead: atLeast(1, 'a whole number, 1 or more') }
export const putRules: Rules = { name: text, copies: taskRules['copies']!, transfer: flag }
export const useRules: Rules = {
  env: recordOf('an object of strings', isText),
  assets: listOf('a list of URLs', (value) => value instanceof URL),
  external: listOf('a list of package names', isText),
}
export const fnRules: Rules = { constants: { expected: 'an object of values', ok: isRecord } }

/** Throws MeshError INVALID_OPTION at the first option that is unknown or not as expected. */
export function checkOptions(where: string, options: unknown, rules: Rules): void {
  if (options === undefined) return
  if (!isRecord(options)) throw invalid(`${where}: expected an object of options, received ${show(options)}`)
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      const names = Object.keys(rules)
      throw invalid(`${where}: no option ${name}${didYouMean(name, names)}; there are ${names.join(', ')}`)
    }
    if (value !== undefined && !rule.ok(value)) {
      throw invalid(`${where}: ${name} must be ${rule.expected}; received ${show(value)}`)
    }
  }
}

function invalid(message: string): MeshError {
  return new MeshError('INVALID_OPTION', message)
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

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
}

/** A call's options after checking: what travels, and what stays here. */
export interface CallOptions {
  readonly policy: Policy
  readonly key: string
  readonly signal: AbortSignal | undefined
}

/** Lays `options` over `base`. Throws MeshError INVALID_OPTION. */
export function withOptions(base: CallOptions, options: TaskOptions, where: string): CallOptions {
  checkOptions(where, options, taskRules)
  checkOptions(`${where}: needs`, options.needs, needRules)
  checkOptions(`${where}: prefer`, options.prefer, needRules)
  const { policy } = base
  return {
    key: options.key ?? base.key,
    signal: options.signal ?? base.signal,
    policy: {
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
    },
  }
}

/** Later needs add to earlier ones; of two for the same label or resource the later counts. */
function merge(base: Needs, added: TaskNeeds | undefined): Needs {
  if (added === undefined) return base
  const { labels, resources, slots, memoryBytes, peer } = added
  return {
    ...base,
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
