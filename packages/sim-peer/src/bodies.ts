// What runs on the simulated mesh: task bodies and programs, written as generators. They submit and
// put at once and yield for what takes time: work of their own, the value of a ref, its copies, the
// end of what they cancelled.

import type { ErrorPattern, Failure, Needs } from '@murmuration/core/internal'
import type { SimRef } from './values.ts'

export interface CallOptions {
  readonly retries?: number
  readonly rebuilds?: number
  readonly copies?: number
  readonly timeoutMs?: number
  readonly attemptTimeoutMs?: number
  readonly retryErrors?: boolean | readonly ErrorPattern[]
  readonly retryDelayMs?: readonly [number, number]
  readonly needs?: Needs
  readonly prefer?: Needs
  readonly spread?: boolean
  readonly priority?: number
  readonly hedge?: boolean
  readonly votes?: number
  /** Another function: whether two results are the same. */
  readonly equals?: string
  /** Its body emits items: how many it may be ahead of its reader. */
  readonly ahead?: number
  /** In a named job it is found by this. */
  readonly name?: string
  /** Of a call: so many of its actor may be pending at once. */
  readonly maxPendingCalls?: number
  /** The bundle that it is called from. */
  readonly code?: string
}

export interface SpawnOptions extends CallOptions {
  readonly onceOnly?: boolean
  readonly everyCalls?: number
  readonly concurrency?: number
  readonly detached?: boolean
  readonly getIfExists?: boolean
  readonly onCodeChange?: 'keep' | 'restore'
}

export interface PutOptions {
  readonly copies?: number
  /** In a named job it is found by this. */
  readonly name?: string | null
}

export interface Context {
  call(fn: string, args: readonly unknown[], options?: CallOptions): SimRef
  /** An actor: the ref is a handle on it. */
  spawn(name: string, args: readonly unknown[], options?: SpawnOptions): SimRef
  /** A call of it. */
  send(actor: SimRef, method: string, args: readonly unknown[], options?: CallOptions): SimRef
  /** Throws a SimFailure, OVERLOADED, where there is no room for it. */
  put(value: unknown, options?: PutOptions): SimRef
  release(ref: SimRef): void
  /** Reads no more of it. */
  leave(stream: SimRef): void
  cancel(ref: SimRef, reason: string): void
  /** Whether what was read instead of a value had to be, after all that was done to the mesh. */
  excuses(failure: Failure): boolean
  /** Which try this is; 0 in a program. */
  readonly attempt: number
  /** The name of the peer that runs this. */
  readonly at: string
}

export type Wait =
  | { readonly type: 'elapse'; readonly ms: number }
  | { readonly type: 'get'; readonly ref: SimRef }
  /** Yields an item, and goes on when its reader may want another. */
  | { readonly type: 'emit'; readonly value: unknown }
  /** The next item of a stream, or a ref to it. */
  | { readonly type: 'next'; readonly ref: SimRef; readonly asRef: boolean }
  /** Until it has its copies. Only where its owner is. */
  | { readonly type: 'durable'; readonly ref: SimRef }
  /** Cancels it, and waits until it has stopped. */
  | { readonly type: 'stop'; readonly ref: SimRef; readonly reason: string }

/** What a wait gives: the value, or why there is none. */
export type Got =
  { readonly type: 'value'; readonly value: unknown } | { readonly type: 'failure'; readonly failure: Failure }

export type Body = Generator<Wait, unknown, Got>

/** A registered function. `elapse` is its own running time in virtual milliseconds. */
export type SimFunction = (context: Context, ...args: never[]) => Body

export function* elapse(ms: number): Generator<Wait, void, Got> {
  yield { type: 'elapse', ms }
}

/** The value of a ref; throws a SimFailure when it failed. */
export function* get(ref: SimRef): Generator<Wait, unknown, Got> {
  return valueOf(yield { type: 'get', ref })
}

export function* emit(value: unknown): Generator<Wait, void, Got> {
  yield { type: 'emit', value }
}

/** What comes next: `end` when there is nothing more. */
export const end: unique symbol = Symbol('end')

/** The next item; throws a SimFailure when the stream failed there. */
export function* next(ref: SimRef, { asRef = false } = {}): Generator<Wait, unknown, Got> {
  return valueOf(yield { type: 'next', ref, asRef })
}

/** Every item, handed on as it comes. */
export function* each(ref: SimRef, taken: (item: unknown) => void): Generator<Wait, number, Got> {
  for (let count = 0; ; count++) {
    const item = yield* next(ref)
    if (item === end) return count
    taken(item)
  }
}

/** Throws a SimFailure when its copies cannot be had. */
export function* durable(ref: SimRef): Generator<Wait, void, Got> {
  valueOf(yield { type: 'durable', ref })
}

function valueOf(got: Got): unknown {
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
