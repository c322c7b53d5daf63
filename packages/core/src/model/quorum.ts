// When a group has agreed: more than half of those who may still be there. Whoever is known to be gone for
// good (its process, not its link) cannot be what keeps the others from going on, nor be on the other side.

import type { Instant, LifeId } from './ids.ts'

export type Is = (life: LifeId) => boolean

export function hasQuorum(group: readonly LifeId[], isGone: Is, agrees: Is): boolean {
  const rest = group.filter((life) => !isGone(life))
  return rest.filter(agrees).length > rest.length / 2
}

/** More than half of all that it ever had: then nobody else can have been granted anything meanwhile. */
export function isWhole(group: readonly LifeId[], agrees: Is): boolean {
  return group.filter(agrees).length > group.length / 2
}

/** Until when more than half of them agree, if each does until `until(life)`. */
export function agreedUntil(group: readonly LifeId[], isGone: Is, until: (life: LifeId) => Instant): Instant {
  const times = group
    .filter((life) => !isGone(life))
    .map(until)
    .sort((a, b) => b - a)
  return times[Math.floor(times.length / 2)] ?? (0 as Instant)
}
