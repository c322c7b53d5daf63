// What a task is: a spec that was asked for, the policy that rides with it, and the outcome of one
// attempt. Values never appear: arguments and inline results are opaque bytes, refs are ids.

import type { ActorSpec, CallSpec, Edition } from './actor.ts'
import type { CodeId, ContextId, LifeId, ObjectId, TaskId } from './ids.ts'

/** A ref inside encoded bytes. `top`: resolved to its value before the task starts. */
export interface RefLink {
  readonly object: ObjectId
  readonly owner: LifeId
  readonly top: boolean
}

/** Labels that begin so tell which packages a peer has: `package:sharp` is `0.34`. */
export const packageLabel = 'package:'

/** One condition on a label: equal, one of, or not. */
export type LabelMatch = string | { readonly in: readonly string[] } | { readonly not: string }

export interface Needs {
  readonly labels?: Readonly<Record<string, LabelMatch>>
  readonly resources?: Readonly<Record<string, number>>
  readonly slots?: number
  readonly memoryBytes?: number
  /** A peer's id or name. */
  readonly peer?: string
  /** What the label `kind` is needed for, when the code says so rather than its caller: `imports node:fs in src/read.ts`. */
  readonly because?: string
}

/** How application errors are matched when `retryErrors` is a list: name, code or message. */
export type ErrorPattern = { readonly text: string } | { readonly pattern: string; readonly flags: string }

/** The options of a call after defaults: what the owner needs to decide, all of it data. */
export interface Policy {
  readonly name: string | null
  readonly retries: number
  readonly retryErrors: boolean | readonly ErrorPattern[]
  readonly rebuilds: number
  readonly retryDelayMs: readonly [number, number]
  /** Whole task; Infinity when there is none. */
  readonly timeoutMs: number
  readonly attemptTimeoutMs: number
  readonly copies: number
  readonly needs: Needs
  readonly prefer: Needs
  readonly spread: boolean
  readonly priority: number
  /** A run that takes unusually long may get a second attempt elsewhere, when there is nothing better to do. */
  readonly hedge: boolean
  /** So many peers compute it, each on its own; what most of them say counts. 1: one does. */
  readonly votes: number
  /** The function of the module that tells whether two results are the same; null: their bytes do. */
  readonly equals: string | null
  /** Of a generator function: items that it may be ahead of whoever reads them. 0: what is called is no generator. */
  readonly ahead: number
  /** When its caller said nothing of that: what those items are together, as far as they are more than a few. 0: no limit. */
  readonly aheadBytes: number
}

/** The only values that the machine itself asks about: how the shell writes them. */
export interface Writing {
  /** An argument list of two refs. */
  readonly pair: (a: ObjectId, b: ObjectId) => Uint8Array
  /** What a function gives that says yes. */
  readonly yes: Uint8Array
}

/** What is called yields items instead of returning a value. */
export function isStream({ policy }: Pick<TaskSpec, 'policy'>): boolean {
  return policy.ahead > 0
}

export interface TaskSpec {
  readonly id: TaskId
  readonly context: ContextId
  /** 0 for a job's task, parent + 1 for a child. */
  readonly depth: number
  readonly code: CodeId
  /** The export's name. */
  readonly fn: string
  /** The encoded argument list, opaque here. */
  readonly args: Uint8Array
  /** Every ref inside `args`, top-level ones in argument order. */
  readonly refs: readonly RefLink[]
  readonly policy: Policy
  /** It is an actor, and `fn` its class. */
  readonly actor?: ActorSpec | undefined
  /** It is a call of an actor, and `fn` the method. */
  readonly call?: CallSpec | undefined
}

/** The numbers that order those who answer for a context. */
export interface Epoch {
  readonly number: number
  readonly by: LifeId
}

/** Why a worker stopped: what the runtime could tell. */
export type CrashReason = 'out-of-memory' | 'exit' | 'uncaught' | 'terminated' | 'killed'

/** What one attempt produced. Always data, never thrown. */
export type Outcome =
  | { readonly type: 'inline'; readonly bytes: Uint8Array; readonly refs: readonly RefLink[] }
  | { readonly type: 'stored'; readonly size: number; readonly hash: string; readonly refs: readonly RefLink[] }
  /** The task returned a ref and becomes it. */
  | { readonly type: 'ref'; readonly link: RefLink }
  /** The application threw. `bytes` is the encoded error, the rest is for matching and for people. */
  | {
      readonly type: 'error'
      readonly name: string
      readonly code: string
      readonly message: string
      readonly bytes: Uint8Array
    }
  | { readonly type: 'crash'; readonly reason: CrashReason; readonly detail: string }
  | { readonly type: 'cancelled'; readonly reason: string }
  /** Inputs that no holder could give: the attempt comes back uncharged. */
  | { readonly type: 'missing'; readonly objects: readonly ObjectId[] }
  /** Given back unstarted (drain, full memory): uncharged. */
  | {
      readonly type: 'returned'
      readonly reason: string
      /** It only waited behind something long, or the peer pauses: that costs not even a move. */
      readonly free?: boolean | undefined
      /** Of an actor: where it lives. */
      readonly to?: LifeId | undefined
      /** Of an actor: what it runs, which is not what was to be run. */
      readonly edition?: Edition | undefined
    }
  /** The bundle or the export cannot be loaded, or whoever assigned it may not submit: not retried, it would fail anywhere. `bytes`: the encoded error, where one was thrown. */
  | {
      readonly type: 'rejected'
      readonly code:
        'CODE_REJECTED' | 'UNKNOWN_EXPORT' | 'ARGUMENT_MUTATED' | 'FORBIDDEN' | 'ACTOR_DIED' | 'ACTOR_UNAVAILABLE'
      readonly message: string
      readonly bytes?: Uint8Array | undefined
    }

/** Of `retries` and `rebuilds`: below 0 without end. */
export function budget(times: number): number {
  return times < 0 ? Number.POSITIVE_INFINITY : times
}
