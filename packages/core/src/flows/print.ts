// What tasks print goes to whoever asked for them: from the executor to the task's owner, of a child on to the owner
// of its parent, until a program has it. What is the same is counted instead of sent, on the way out and again where
// lines of many peers meet.

import type { PeerEvent } from '../model/events.ts'
import type { Instant, TaskId } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { PrintedLine } from '../model/printed.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'

/** An attempt here printed a line. */
export function logged(
  state: PeerState,
  { attempt, level, text }: Extract<PeerEvent, { type: 'logged' }>,
  now: Instant,
): void {
  const row = state.executor.get(attempt)
  if (!row) return
  const { id: task, fn, context, depth } = row.spec
  const { printed, peer } = state
  const line: PrintedLine = {
    task,
    fn,
    attempt: row.attempt,
    context,
    depth,
    level,
    text: clip(text, limits.printedLength),
    peer,
    nth: printed.next,
    again: 0,
  }
  printed.keep(line, now)
  if (state.printing.out.isNews({ line, to: row.owner }, now)) say(state, row.owner, { type: 'printed', line })
}

/** A line of a task of ours; of a child of a task that runs here, it goes on to whoever asked for that. */
export function taken(state: PeerState, line: PrintedLine, now: Instant): void {
  if (line.depth === 0) {
    if (line.peer !== state.peer) state.printed.keep(line, now)
    if (state.printing.arrived.isNews({ line }, now)) tell(state, line)
    return
  }
  // One that has ended may be kept beside it, for an owner who is gone.
  const parent = state.executor.ofTask(line.context as string as TaskId).at(-1)
  // Deeper than what asked for it, or it would go round.
  if (!parent || parent.spec.depth >= line.depth) return
  const { context, depth } = parent.spec
  say(state, parent.owner, { type: 'printed', line: { ...line, context, depth } })
}

/** What was held back as it came again, or as there was too much of it. */
export function duePrinted(state: PeerState, now: Instant): void {
  for (const { line, to } of state.printing.out.due(now)) say(state, to, { type: 'printed', line })
  for (const { line } of state.printing.arrived.due(now)) tell(state, line)
}

export function printedDeadline({ printing: { out, arrived } }: PeerState): Instant {
  return Math.min(out.deadline(), arrived.deadline()) as Instant
}

function tell(state: PeerState, line: PrintedLine): void {
  const { task, fn, attempt, level, text, again, peer } = line
  notify(state, { type: 'task:printed', task, fn, attempt, peer, name: state.members.nameOf(peer), level, text, again })
}
