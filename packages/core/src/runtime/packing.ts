// What the codecs share: how policies are packed, and checks of single fields that throw CodecError with
// the name of what is wrong.

import { limits } from '../model/limits.ts'
import type { Policy, TaskSpec } from '../model/task.ts'
import { fitsExactly } from './exactly.ts'
import * as wire from './wire.ts'

export type Packed = readonly unknown[]

/** Why bytes are no frame. */
export class CodecError extends Error {
  override readonly name = 'CodecError'
}

export function packPolicy(policy: Policy): Packed {
  const { name, retries, retryErrors, rebuilds, retryDelayMs, timeoutMs, attemptTimeoutMs } = policy
  const { copies, needs, prefer, spread, priority, hedge, ahead, aheadBytes, votes, equals } = policy
  const [first, longest] = retryDelayMs
  const ends = [ends0(timeoutMs), ends0(attemptTimeoutMs)]
  return [
    name,
    retries,
    retryErrors,
    rebuilds,
    first,
    longest,
    ...ends,
    copies,
    empty0(needs),
    empty0(prefer),
    spread,
    priority,
    hedge,
    ahead,
    aheadBytes,
    votes,
    equals ?? 0,
  ]
}

/** What is mostly absent is a 0 on the wire. */
function ends0(ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? 0 : Math.max(ms, Number.MIN_VALUE)
}

function empty0(needs: Policy['needs']): Policy['needs'] | 0 {
  for (const _ in needs) return needs
  return 0
}

/** The last one that was checked: the calls of a program mostly share theirs, and checking takes longer than all the rest of a small frame. */
let known: { readonly packed: Packed; readonly policy: Policy } | undefined

function unpackPolicy(packed: Packed): Policy {
  if (known?.packed.length === packed.length && packed.every((part, at) => part === known?.packed[at])) {
    return known.policy
  }
  const policy = checkedPolicy(packed)
  known = { packed, policy }
  return policy
}

function checkedPolicy(packed: Packed): Policy {
  const [
    name,
    retries,
    retryErrors,
    rebuilds,
    first,
    longest,
    timeoutMs,
    attemptTimeoutMs,
    copies,
    needs,
    prefer,
    spread,
    priority,
    hedge,
    ahead,
    aheadBytes,
    votes,
    equals,
  ] = packed
  const policy = {
    name,
    retries,
    retryErrors,
    rebuilds,
    retryDelayMs: [first, longest],
    timeoutMs: timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs,
    attemptTimeoutMs: attemptTimeoutMs === 0 ? Number.POSITIVE_INFINITY : attemptTimeoutMs,
    copies,
    needs: needs === 0 ? {} : needs,
    prefer: prefer === 0 ? {} : prefer,
    spread,
    priority,
    hedge,
    ahead,
    aheadBytes,
    votes,
    equals: equals === 0 ? null : equals,
  }
  return check(wire.policy, policy, 'policy') as unknown as Policy
}

/** What makes a spec an actor or a call; 0 or absent in all others. */
export function unpackApart(actor: unknown, call: unknown): Pick<TaskSpec, 'actor' | 'call'> {
  if (!actor && !call) return none
  const parts = {
    ...(actor ? { actor: check(wire.actor, actor, 'actor') } : {}),
    ...(call ? { call: check(wire.call, call, 'call') } : {}),
  }
  return parts as unknown as Pick<TaskSpec, 'actor' | 'call'>
}

const none = {}

export function unpackShared(value: unknown): string | Policy {
  return typeof value === 'string' ? name(value, 'shared') : unpackPolicy(array(value, 'policy'))
}

export function check<T>(
  schema: {
    safeParse(
      value: unknown,
    ):
      | { success: true; data: T }
      | { success: false; error: { issues: readonly { message: string; path: PropertyKey[] }[] } }
  },
  value: unknown,
  what: string,
): T {
  if (fitsExactly(schema, value)) return value as T
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CodecError(
    `${what}${issue && issue.path.length > 0 ? `.${issue.path.join('.')}` : ''}: ${issue?.message ?? 'invalid'}`,
  )
}

export function whole(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new CodecError(`${what} is a whole number, 0 or more`)
}

export function amount(value: unknown, what: string): number {
  if (typeof value === 'number' && value >= 0) return value
  throw new CodecError(`${what} is a number, 0 or more`)
}

export function name(value: unknown, what: string): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= limits.nameLength) return value
  throw new CodecError(`${what} is a text of 1 to ${limits.nameLength} characters`)
}

export function array(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new CodecError(`${what} is a list`)
}
