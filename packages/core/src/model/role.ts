// What a peer may do in a mesh. The order is the rule: whoever has a role may do whatever the ones
// before it may. Which role a peer has its pass says (trust/pass.ts), what each may do
// state/permits.ts.

/** `observer` looks, `worker` also runs and keeps what others ask for, `member` also asks. */
export const roles = ['observer', 'worker', 'member'] as const

export type Role = (typeof roles)[number]

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value)
}

export function isAtLeast(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least)
}

/** The one of the two that may do less. */
export function lesserOf(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? other : one
}
