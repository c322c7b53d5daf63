// What is made of the facts of one run: makespan and the ideal for the capacity that was left, time to
// detect, time until the work runs again, results lost, executions that nothing made necessary. Pure
// arithmetic; tests hold it.

import type { CapacityChange, Facts, Loss, Mark, Work } from './facts.ts'

/** Of one run; milliseconds and counts, null where the case has no such figure or it never came. */
export interface Figures {
  readonly makespanMs: number | null
  readonly idealMs: number | null
  readonly ratio: number | null
  /** From the fault to the submitter's news of it; of several faults the slowest. */
  readonly detectedMs: number | null
  /** From the fault until the last of the tasks that were begun there is begun again elsewhere; of several the slowest. */
  readonly resumedMs: number | null
  /** From the fault until all is read and right. */
  readonly readableMs: number | null
  readonly lost: number
  readonly beyond: number | null
  /** Tasks that began at a peer that came after the fault. */
  readonly newcomer: number | null
}

/**
 * The shortest time that this work can take with the capacity that there was: what was done before each fault was done by
 * all slots that were there, without a pause; the rest by those that were left; and the last task may begin when the others end, so the
 * tail of one task is added. Finding the fault out, moving the work and starting up cost nothing here.
 */
export function idealMs(work: Work, beganAt: number, changes: readonly CapacityChange[]): number {
  let left = work.tasks * work.taskMs
  let { slots } = work
  let now = beganAt
  for (const change of changes) {
    const done = slots * (change.at - now)
    if (done >= left) break
    left -= done
    now = change.at
    slots = change.slots
  }
  return now - beganAt + left / slots + work.taskMs
}

/** When the last of the tasks that had begun at the lost process was begun again elsewhere, after the fault. */
export function resumedMs(loss: Loss, marks: readonly Mark[]): number | null {
  const begun = new Set(
    marks
      .filter(({ kind, pid, at }) => kind === 'begin' && loss.pids.includes(pid) && at <= loss.at)
      .map(({ index }) => index),
  )
  const again = marks.filter(
    ({ kind, index, pid, at }) => kind === 'begin' && at > loss.at && begun.has(index) && !loss.pids.includes(pid),
  )
  return again.length === 0 ? null : Math.max(...again.map(({ at }) => at)) - loss.at
}

/**
 * Executions beyond the necessary. Necessary is one per task, and one more for each that a fault interrupted: begun at the lost
 * process, not ended by then. A task that had ended there and whose result was lost with it counts as one too many.
 */
export function beyond(work: Work, losses: readonly Loss[], marks: readonly Mark[]): number {
  const executions = marks.filter(({ kind }) => kind === 'begin').length
  const interrupted = losses.reduce((sum, loss) => sum + interruptedBy(loss, marks), 0)
  return Math.max(0, executions - work.tasks - interrupted)
}

function interruptedBy(loss: Loss, marks: readonly Mark[]): number {
  const there = marks.filter(({ pid, at }) => loss.pids.includes(pid) && at <= loss.at)
  const ended = there.filter(({ kind }) => kind === 'end').length
  return there.length - 2 * ended
}

/** For a job of equal tasks. */
export function jobFigures(work: Work, facts: Facts, marks: readonly Mark[]): Figures {
  const makespanMs = tookMs(facts)
  const ideal = idealMs(work, facts.beganAt, facts.changes)
  return {
    makespanMs,
    idealMs: ideal,
    ratio: makespanMs === null ? null : makespanMs / ideal,
    detectedMs: slowest(facts.losses.map(({ at, heardAt }) => (heardAt === null ? null : heardAt - at))),
    resumedMs: slowest(facts.losses.map((loss) => resumedMs(loss, marks))),
    readableMs: null,
    lost: facts.lost,
    beyond: beyond(work, facts.losses, marks),
    newcomer: newcomer(facts, marks),
  }
}

/** For values that are only read, from the moment of the fault. */
export function readingFigures(facts: Facts): Figures {
  const [loss] = facts.losses
  return {
    makespanMs: null,
    idealMs: null,
    ratio: null,
    detectedMs: loss && loss.heardAt !== null ? loss.heardAt - loss.at : null,
    resumedMs: null,
    readableMs: tookMs(facts),
    lost: facts.lost,
    beyond: null,
    newcomer: null,
  }
}

/** With a result lost it never came to its end, however soon it gave up. */
function tookMs({ beganAt, endedAt, lost }: Facts): number | null {
  return endedAt === null || lost > 0 ? null : endedAt - beganAt
}

function newcomer({ newcomerPids }: Facts, marks: readonly Mark[]): number | null {
  if (newcomerPids === undefined) return null
  return marks.filter(({ kind, pid }) => kind === 'begin' && newcomerPids.includes(pid)).length
}

function slowest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.max(...known)
}
