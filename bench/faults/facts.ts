// What a run under faults leaves behind: when things happened, by the wall clock of this machine, and one
// line per task run in a file. Everybody who is measured gives the same facts, the Python programs as one
// line of JSON, so that the same arithmetic (figures.ts) is done to all. It knows nothing of who ran what.

/** The work of a case that is a job of equal tasks. */
export interface Work {
  readonly tasks: number
  readonly taskMs: number
  /** Tasks at once, before the first fault. */
  readonly slots: number
}

/** From then on there are so many slots. */
export interface CapacityChange {
  readonly at: number
  readonly slots: number
}

/** A process that was killed or frozen, and its children that were so with it. */
export interface Loss {
  readonly at: number
  readonly pids: readonly number[]
  /** When the submitter was told; null: not at all. */
  readonly heardAt: number | null
}

export interface Facts {
  /** When the first task was submitted; for what is only read, the moment of the fault. */
  readonly beganAt: number
  /** When all results were there, or known to be lost; null: not within the limit. */
  readonly endedAt: number | null
  readonly changes: readonly CapacityChange[]
  readonly losses: readonly Loss[]
  /** Results that are missing or wrong. */
  readonly lost: number
  /** The processes of a peer that came after the fault, where one did. */
  readonly newcomerPids?: readonly number[] | undefined
  /** What else is worth knowing, in a few words. */
  readonly note?: string | undefined
}

/** One line of the runs file. */
export interface Mark {
  readonly kind: 'begin' | 'end'
  readonly index: number
  readonly pid: number
  readonly at: number
}

/** Lines are `begin INDEX PID MS` and `end INDEX PID MS`; a line that a kill cut short counts as none. */
export function readMarks(text: string): Mark[] {
  return text.split('\n').flatMap((line) => {
    const [kind, index, pid, at] = line.split(' ')
    if ((kind !== 'begin' && kind !== 'end') || at === undefined) return []
    return [{ kind, index: Number(index), pid: Number(pid), at: Number(at) }]
  })
}
