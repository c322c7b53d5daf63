// What runs on the simulated mesh: task bodies and programs, written as generators. They submit and
// put at once and yield for what takes time: a elapse, or the value of a ref.

import type { ErrorPattern, Needs } from '@murmuration/core/internal'
import type { Failure } from '@murmuration/core/internal'
import type { SimRef } from './values.ts'

export interface CallOptions {
  readonly retries?: number
  readonly rebuilds?: number
  readonly copies?: number
  readonly timeoutMs?: number
  readonly attemptTimeoutMs?: number
  readonly retryErrors?: boolean | readonly ErrorPattern[]
  readonly needs?: Needs
  readonly spread?: boolean
  /** The bundle that it is called from. */
  readonly code?: string
}

export interface Context {
  call(fn: string, args: readonly unknown[], options?: CallOptions): SimRef
  put(value: unknown): SimRef
  release(ref: SimRef): void
  cancel(ref: SimRef, reason: string): void
  /** Which try this is; 0 in a program. */
  readonly attempt: number
  /** The name of the peer that runs this. */
  readonly at: string
}

export type Wait = { readonly type: 'elapse'; readonly ms: number } | { readonly type: 'get'; readonly ref: SimRef }

/** What a `get` gives: the value, or why there is none. */
export type Got =
  { readonly type: 'value'; readonly value: unknown } | { readonly type: 'failure'; readonly failure: Failure }

export type Body = Generator<Wait, unknown, Got>

/** A registered function. `cost` is its own running time in virtual milliseconds. */
export type SimFunction = (context: Context, ...args: never[]) => Body

export function* elapse(ms: number): Generator<Wait, void, Got> {
  yield { type: 'elapse', ms }
}

/** The value of a ref; throws a SimFailure when it failed. */
export function* get(ref: SimRef): Generator<Wait, unknown, Got> {
  const got = yield { type: 'get', ref }
  if (got.type === 'failure') throw new SimFailure(got.failure)
  return got.value
}

export class SimFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`)
    this.failure = failure
  }
}
