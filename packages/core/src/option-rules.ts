// What an option may be: in words, and as a check. One vocabulary for every call that takes options, here and
// in platforms, so that whatever is wrong is refused alike: by name, with what was expected and what came
// instead. Bounds are those of the wire: what passes here passes the codec of whoever receives it.

import { MeshError } from './errors.ts'
import { clip, limits } from './model/limits.ts'
import { didYouMean } from './nearest.ts'

export interface Rule {
  readonly expected: string
  ok(value: unknown): boolean
}
export type Rules = Readonly<Record<string, Rule>>

/** A whole number, by itself or said otherwise. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER, expected?: string): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`
  return {
    expected: expected ?? `a whole number${range}`,
    ok: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  }
}

export const text = (most: number): Rule => ({
  expected: `a string of 1 to ${most} characters`,
  ok: (value) => typeof value === 'string' && value !== '' && value.length <= most,
})
export const name = text(limits.nameLength)
export const flag: Rule = { expected: 'true or false', ok: (value) => typeof value === 'boolean' }
export const duration: Rule = {
  expected: 'milliseconds, 0 or more',
  ok: (value) => typeof value === 'number' && value >= 0,
}
export const finite: Rule = { expected: 'a finite number', ok: (value) => Number.isFinite(value) }
export const signal: Rule = {
  expected: 'an AbortSignal',
  ok: (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
}

export const oneOf = (...values: string[]): Rule => ({
  expected: `one of ${values.join(', ')}`,
  ok: (value) => values.includes(value as string),
})

export const isText = (value: unknown): value is string => typeof value === 'string'
/** A finite amount, 0 or more. */
export const isAmount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object whose values are as said, under names that can travel. */
export const recordOf = (expected: string, ok: (value: unknown) => boolean): Rule => ({
  expected: `${expected}, names of 1 to ${limits.nameLength} characters`,
  ok: (value) => isRecord(value) && Object.keys(value).every(isKey) && Object.values(value).every(ok),
})
// No encoding carries that one as a key of an object.
const isKey = (key: string): boolean => name.ok(key) && key !== '__proto__'

export const listOf = (expected: string, ok: (value: unknown) => boolean): Rule => ({
  expected,
  ok: (value) => Array.isArray(value) && value.every(ok),
})

export const resources: Rule = recordOf('an object of name: amount, { gpu: 1 }', isAmount)

/** Throws MeshError INVALID_OPTION at the first option that is unknown or not as expected. */
export function checkOptions(where: string, options: unknown, rules: Rules): void {
  if (options === undefined) return
  if (!isRecord(options)) throw invalid(`${where}: expected an object of options, received ${show(options)}`)
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined
    if (rule === undefined) {
      const names = Object.keys(rules)
      throw invalid(`${where}: no option ${option}${didYouMean(option, names)}; there are ${names.join(', ')}`)
    }
    if (value !== undefined && !rule.ok(value)) {
      throw invalid(`${where}: ${option} must be ${rule.expected}; received ${show(value)}`)
    }
  }
}

export function invalid(message: string): MeshError {
  return new MeshError('INVALID_OPTION', message)
}

const shownLength = 200
const shownItems = 20

/** As it is written in a program, about; a long one is cut. */
function show(value: unknown): string {
  return clip(spell(value, 0), shownLength)
}

function spell(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(clip(value, shownLength))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth > 3) return '…'
  if (Array.isArray(value)) return `[${listed(value, (one) => spell(one, depth + 1))}]`
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  if (kind !== 'Object') return `a ${kind}`
  return `{${listed(Object.entries(value), ([key, one]) => `${JSON.stringify(key)}:${spell(one, depth + 1)}`)}}`
}

function listed<T>(items: readonly T[], one: (item: T) => string): string {
  const shown = items.slice(0, shownItems).map(one)
  return (items.length > shownItems ? [...shown, '…'] : shown).join(',')
}
