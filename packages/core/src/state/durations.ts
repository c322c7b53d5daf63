// How long each function has been taking: a running mean, of all its runs and of those on one peer, and what most
// of its latest runs took. Looked up
// for every attempt, so by the code's and the function's own strings: a key made of both would have to be built
// and hashed each time. Functions that were not measured for longest go when there are too many.

import type { CodeId, LifeId } from '../model/ids.ts'
import type { TaskSpec } from '../model/task.ts'
import { Recent } from './recent.ts'

export interface Duration {
  /** Of what it was at itself, without waiting for others. Null until it ran once. */
  meanMs: number | null
  /** The same by peer, where that is known; a Map only once there is something in it. */
  at: Map<LifeId, number> | null
  /** The latest ones, from beginning to end; null where nobody asks for more than the mean. */
  recent: Recent | null
}

export interface Run {
  readonly ms: number
  readonly waitedMs?: number | undefined
  /** Null: nobody asks where. */
  readonly life: LifeId | null
}

type Called = Pick<TaskSpec, 'code' | 'fn'>

/** Bundles remembered. One has a handful of functions. */
const maxCodes = 1_024

export class Durations {
  readonly #codes = new Map<CodeId, Map<string, Duration>>()

  get({ code, fn }: Called): Duration | undefined {
    return this.#codes.get(code)?.get(fn)
  }

  /** Of all runs; null when it never ran. */
  meanMs(spec: Called): number | null {
    return this.get(spec)?.meanMs ?? null
  }

  measured(spec: Called, run: Run): void {
    const { ms, life } = run
    const row = this.get(spec) ?? this.#add(spec)
    const own = ownMs(run)
    row.meanMs = blended(row.meanMs, own)
    if (life === null) return
    row.recent ??= new Recent()
    row.recent.add(ms)
    row.at ??= new Map()
    row.at.set(life, blended(row.at.get(life) ?? null, own))
  }

  #add({ code, fn }: Called): Duration {
    let functions = this.#codes.get(code)
    if (!functions) {
      if (this.#codes.size >= maxCodes) this.#codes.delete(this.#codes.keys().next().value as CodeId)
      this.#codes.set(code, (functions = new Map()))
    }
    const row: Duration = { meanMs: null, at: null, recent: null }
    functions.set(fn, row)
    return row
  }

  /** That life is over. */
  forget(life: LifeId): void {
    for (const functions of this.#codes.values()) for (const row of functions.values()) row.at?.delete(life)
  }
}

/** What it was at itself: where it waits for others says nothing about how fast its peer is, and takes no slot. */
export function ownMs({ ms, waitedMs = 0 }: Pick<Run, 'ms' | 'waitedMs'>): number {
  return Math.max(0, ms - waitedMs)
}

/** Weight of the newest measurement. */
const weight = 0.25

export function blended(known: number | null, ms: number): number {
  return known === null ? ms : known + (ms - known) * weight
}
