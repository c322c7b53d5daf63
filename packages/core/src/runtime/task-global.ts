// Where a running task finds its worker. Every bundle carries its own copy of the door (task.ts), so the
// door keeps no state: it reads this one well-known place, whose version changes with its shape.

import type { Scope } from '../types.ts'

/** A file that came with a module. */
export interface AssetFile extends Blob {
  /** In Node: where it lies on this peer, under its own name, for libraries that open files themselves. Not to be written to. */
  readonly path?: string | undefined
}

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
  /**
   * A file of `mesh.use(url, { assets })`, by its name without folders. It came with the code, so it is there at once, and it is the same Blob
   * each time. Rejects with NOT_FOUND when none of that name came with the module.
   *
   * @example
   * const labels = JSON.parse(await (await task.asset('labels.json')).text()) as string[]
   */
  asset(name: string): Promise<AssetFile>
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
