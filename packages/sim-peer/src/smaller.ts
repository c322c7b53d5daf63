// In which places of a plan something could be less, and what to try there, the least first: a job or a
// fault at an earlier time, half of the hops, a peer without a special label, a limit as it usually is.
// It knows nothing of what the numbers mean, but for times by their names.

import type { Plan } from './plan.ts'

/** A place in the plan, and what might stand there instead. Undefined: nothing. */
export interface Lesser {
  readonly path: Path
  readonly values: readonly unknown[]
}

type Path = readonly (string | number)[]

/** What stands in these may be left out, and is not changed otherwise. */
const bags = new Set(['config', 'options', 'seat', 'rescuer'])
const kept = new Set(['seed', 'name'])

export function lessersOf(plan: Plan): Lesser[] {
  const { seats, ...rest } = plan
  return [...lessers(rest, []), ...seats.flatMap((seat, at) => omissions(seat, ['seats', at]))]
}

function lessers(value: unknown, path: Path): Lesser[] {
  const key = path.findLast((step) => typeof step === 'string') ?? ''
  if (typeof key !== 'string' || kept.has(key)) return []
  if (typeof value === 'boolean') return value ? [{ path, values: [false] }] : []
  if (typeof value === 'number') return numbers(value, key, path)
  if (typeof value !== 'object' || value === null) return []
  if (bags.has(key)) return omissions(value, path)
  return Object.entries(value).flatMap(([name, item]) => lessers(item, [...path, stepOf(value, name)]))
}

function stepOf(within: object, name: string): string | number {
  return Array.isArray(within) ? Number(name) : name
}

function omissions(bag: object, path: Path): Lesser[] {
  const names = Object.keys(bag).filter((name) => !kept.has(name))
  return names.map((name) => ({ path: [...path, name], values: [undefined] }))
}

export function isTime(name: string): boolean {
  return /^(at|ms)$|Ms$/.test(name)
}

function numbers(value: number, key: string, path: Path): Lesser[] {
  const least = isTime(key) ? 0 : 1
  const wanted = isTime(key)
    ? [0, Math.round(value / 4), Math.round(value / 2), Math.round(value)]
    : [
        least,
        Math.floor(value / 2),
        Math.floor(value) - (Number.isInteger(value) ? 1 : 0),
        Number(value.toPrecision(1)),
      ]
  const values = [...new Set(wanted)].filter((less) => less !== value && less >= Math.min(least, value))
  return values.length > 0 ? [{ path, values }] : []
}

/** The plan with that in its place. */
export function withValue<T>(within: T, [step, ...rest]: Path, value: unknown): T {
  if (step === undefined) return value as T
  if (Array.isArray(within)) return within.with(step as number, withValue(within[step as number], rest, value)) as T
  const entries = Object.entries(within as object)
  const changed = entries.map(([name, old]) => [name, name === step ? withValue(old as unknown, rest, value) : old])
  return Object.fromEntries(changed.filter(([, item]) => item !== undefined)) as T
}
