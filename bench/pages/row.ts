// What one row of the pages' table is: one kind of work, done once in a browser of its own, and the figures
// it gives, each with what is promised of it. How often it is done and how it is shown is not known here.

import type { RunningProcess, StartProcess } from '../processes.ts'
import type { Founded } from './founder.ts'
import type { Site } from './site.ts'

export interface Figure {
  readonly name: string
  readonly unit: 'ms' | '/s' | '%' | 'kB'
  /** Null: a figure to read the others by. */
  readonly promised: { readonly atMost: number } | { readonly atLeast: number } | null
  /** What was counted or timed, in one sentence. */
  readonly what: string
}

export interface PageRowContext {
  /** Starts a program of this folder; it ends with the run, if not before. */
  readonly start: StartProcess
  /** A browser, and a server that has been warmed up. */
  readonly site: Site
  /** The Node peer that everybody else comes in by, in a process of its own. It runs nothing. */
  readonly founder: RunningProcess
  readonly founded: Founded
}

export interface PageRow {
  /** As `--only` finds it. */
  readonly name: string
  readonly figures: readonly Figure[]
  /** A number for each figure, in their order. */
  run(context: PageRowContext): Promise<readonly number[]>
}

export function isKept({ promised }: Figure, value: number): boolean | null {
  if (promised === null) return null
  return 'atMost' in promised ? value <= promised.atMost : value >= promised.atLeast
}
