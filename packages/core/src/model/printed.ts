// A line that a task printed, on its way to whoever asked for it.

import type { ContextId, PeerId, TaskId } from './ids.ts'

export type PrintLevel = 'log' | 'warn' | 'error'

export interface PrintedLine {
  readonly task: TaskId
  readonly fn: string
  readonly attempt: number
  /** What asked for the task, and how deep it is: a child's line goes on to whoever asked for its parent. */
  readonly context: ContextId
  readonly depth: number
  readonly level: PrintLevel
  readonly text: string
  /** Where it was printed. */
  readonly peer: PeerId
  /** Among the lines of that peer. */
  readonly nth: number
  /** 0: it was printed. More: the same, so many times again. */
  readonly again: number
}
