// What travels of a simulated call's options: the defaults are those of the public API, but for the retries, which are
// the world's.

import type { Policy } from '@murmuration/core/internal'
import type { CallOptions } from './bodies.ts'

export function policyOf(options: CallOptions, retries: number): Policy {
  return {
    name: options.name ?? null,
    retries: options.retries ?? retries,
    retryErrors: options.retryErrors ?? false,
    rebuilds: options.rebuilds ?? -1,
    retryDelayMs: options.retryDelayMs ?? [100, 10_000],
    timeoutMs: options.timeoutMs ?? Number.POSITIVE_INFINITY,
    attemptTimeoutMs: options.attemptTimeoutMs ?? Number.POSITIVE_INFINITY,
    copies: options.copies ?? 2,
    needs: options.needs ?? {},
    prefer: options.prefer ?? {},
    spread: options.spread ?? false,
    priority: options.priority ?? 0,
    hedge: options.hedge ?? false,
    votes: options.votes ?? 1,
    equals: options.equals ?? null,
    ahead: options.ahead ?? 0,
    aheadBytes: 0,
  }
}
