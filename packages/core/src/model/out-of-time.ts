// How an attempt is told that its time was up: as the reason of an abort, which is a text for people. The
// task that is told so must know it from a cancel.

import type { Policy } from './task.ts'

type Limit = 'timeoutMs' | 'attemptTimeoutMs'

/** `timeoutMs: 500` */
export function outOfTime(limit: Limit, policy: Pick<Policy, Limit>): string {
  return `${limit}: ${policy[limit]}`
}

export function isOutOfTime(reason: string): boolean {
  return /^(timeoutMs|attemptTimeoutMs): [\d.]+$/.test(reason)
}
