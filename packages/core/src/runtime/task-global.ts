// Where a running task finds its worker. Every bundle carries its own copy of the door (task.ts), so the
// door keeps no state: it reads this one well-known place, whose version changes with its shape.

import type { Scope } from '../types.ts'

/** What a task can do and know about itself. */
export interface CurrentTask {
  /** Id of the task: equal for all its attempts. */
  readonly id: string
  /** 1 for the first. */
  readonly attempt: number
  /** Aborts when the task is cancelled or out of time. */
  readonly signal: AbortSignal
  /** The verbs, for tasks that make tasks. */
  readonly mesh: Scope
  /** Says how far it is, from 0 to 1. */
  progress(fraction: number, note?: string): void
  /** Prints a line on the peer that runs the task, unless that peer prints nothing. */
  log(...parts: unknown[]): void
}

export interface TaskGlobal {
  current: CurrentTask | null
}

const key = Symbol.for('murmuration.task.1')

/** Made by whoever comes first. */
export function taskGlobal(): TaskGlobal {
  const place = globalThis as { [key]?: TaskGlobal }
  return (place[key] ??= { current: null })
}
