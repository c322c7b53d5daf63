// What one row of the table is. A row does one kind of work once with everybody who can do it, side by
// side, in processes of their own; how often, and what is made of the numbers, is measure.ts's affair.

import type { StartProcess } from './processes.ts'

/** Who is measured. The ratios are mesh to the others. */
export type Contestant =
  'mesh' | 'bare pipeline' | 'piscina' | 'alone' | 'unnamed' | 'not remembered' | 'no checkpoints'

/** What one run gave: a number each, or several where one run is several trials. */
export type Samples = Partial<Record<Contestant, number | readonly number[]>>

export interface RowContext {
  /** Starts a program of this directory; it ends with the run, if not before. */
  readonly start: StartProcess
  /** Removed after the run. */
  readonly directory: string
}

export interface Row {
  /** As `--only` finds it. */
  readonly name: string
  readonly unit: 'tasks/s' | 'items/s' | 'MiB/s' | 'ms' | 'pictures/min'
  /** What keeps the number from being better, for the table's last column. */
  readonly limit: string
  run(context: RowContext): Promise<Samples>
}
