// What the outcome of an attempt means for whoever asks for the task, under the policy that he asks with. Who has
// how many retries left is the owner's affair.

import type { ErrorPattern, Outcome, Policy, TaskSpec } from './task.ts'

type Thrown = Extract<Outcome, { type: 'error' }>

/** It gave what it was to give. */
export function isValue({ type }: Outcome): boolean {
  return type === 'inline' || type === 'stored' || type === 'ref'
}

/** Asked for so, there will never be anything else: whatever is not is done once more. */
export function isDone(outcome: Outcome, { policy }: TaskSpec): boolean {
  if (outcome.type === 'error') return policy.retries === 0 || !isTriedAgain(outcome, policy)
  return isValue(outcome) || (outcome.type === 'crash' && policy.retries === 0)
}

/** That error is one of those after which it may be run again. */
export function isTriedAgain(error: Thrown, { retryErrors }: Policy): boolean {
  return typeof retryErrors === 'boolean' ? retryErrors : retryErrors.some((pattern) => matches(pattern, error))
}

function matches(pattern: ErrorPattern, { name, code, message }: Thrown): boolean {
  if ('text' in pattern) return name === pattern.text || code === pattern.text || message.includes(pattern.text)
  const regular = new RegExp(pattern.pattern, pattern.flags)
  return regular.test(name) || regular.test(code) || regular.test(message)
}
