// Runs beside a run: the same mesh, the same jobs and faults, each a little earlier or later, shorter or longer, and
// other chances on the wire. A race that one seed in thousands meets is met by far more of those near it. What the times
// are of is not known here: they are told by their names.

import { Rng, hash32 } from '@murmuration/core/internal'
import type { Plan } from './plan.ts'
import { isTime } from './smaller.ts'

const least = 0.7
const most = 1.4

/** The same number gives the same variation, whose seed it is. */
export function variation(plan: Plan, nth: number): Plan {
  const rng = new Rng(hash32(`${plan.seed} ${nth}`))
  const { distanceMs, jobs, faults } = plan
  return { ...plan, seed: nth, ...varied({ distanceMs, jobs, faults }, rng) }
}

function varied<T>(value: T, rng: Rng): T {
  if (Array.isArray(value)) return value.map((item: unknown) => varied(item, rng)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    typeof item === 'number' && isTime(name) ? near(item, rng) : varied(item, rng),
  ])
  return Object.fromEntries(entries) as T
}

function near(ms: number, rng: Rng): number {
  return ms * rng.between(least, most)
}
