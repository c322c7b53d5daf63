// What the outcome of an attempt is to somebody who has not asked for that attempt, but for the same task.

import type { Outcome, TaskSpec } from './task.ts'

/** It gave what it was to give. */
export function isValue({ type }: Outcome): boolean {
  return type === 'inline' || type === 'stored' || type === 'ref'
}

/**
 * Asked for so, it is what there will be: not a reason to try again, which each who asks counts for himself. Which errors
 * of a list are one, only owners look.
 */
export function isFinal(outcome: Outcome, { policy }: TaskSpec): boolean {
  if (outcome.type === 'crash') return policy.retries === 0
  return outcome.type === 'error' ? policy.retryErrors === false : isValue(outcome)
}
