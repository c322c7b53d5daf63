// What one case of the table is: work, a fault, a promise, and how the mesh goes through it once. How
// often, beside whom, and what is made of the facts is measure.ts's affair.

import type { StartProcess } from '../processes.ts'
import type { Facts, Mark, Work } from './facts.ts'
import type { Figures } from './figures.ts'

export const caseNames = [
  'calm',
  'killed',
  'frozen',
  'objects',
  'put',
  'put-task',
  'entry',
  'submitter',
  'detached',
  'half',
] as const
export type CaseName = (typeof caseNames)[number]

export type Contestant = 'mesh' | 'ray' | 'dask'

export interface CaseContext {
  /** Starts a program of this directory's parent; it ends with the run, if not before. */
  readonly start: StartProcess
  /** Removed after the run. */
  readonly directory: string
  /** Where tasks leave a line when they begin and one when they end. */
  readonly runs: string
  marks(): Promise<Mark[]>
}

export interface FaultCase {
  /** As `--case` takes it. */
  readonly name: CaseName
  /** For `--help` and for the reader. */
  readonly what: string
  readonly promised: string
  /** Whether figures (medians, and the worst of the counts) are what is promised. */
  kept(figures: Figures): boolean
  readonly others: readonly Exclude<Contestant, 'mesh'>[]
  /** What a job consists of; null where values are only read. */
  readonly work: Work | null
  run(context: CaseContext): Promise<Facts>
}

/** What the mesh cannot do yet: the table says so, and goes on. */
export class NotThere extends Error {
  override readonly name = 'NotThere'
}
