// Rows of the story that are made of what tables know: written down with what comes of them, or told while it has not come
// yet. Whoever only looks needs these and little else.

import type { ActorRecord } from '../model/actor.ts'
import type { Instant } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import type { Resident } from './residents.ts'
import type { RunRow } from './runs.ts'
import type { StoryRow } from './story.ts'
import type { TaskRow } from './tasks.ts'

/** What is written of a task only when it comes to more than a value at the first attempt. */
export function beginning({ spec: { id, fn }, submittedAt, assignedAt, attempt, at: life }: TaskRow): StoryRow[] {
  const asked: StoryRow = { at: submittedAt, what: 'asked', id, fn }
  if (attempt !== 1 || life === null) return [asked]
  return [asked, { at: assignedAt, what: 'given', id, attempt, life, fn }]
}

/** Until now, or until it was done. */
export function ranFor(state: PeerState, run: RunRow, now: Instant): number {
  return state.residents.ranMs(run, now) ?? state.executor.ranMs(run, now)
}

/** Of the latest, when nothing was told of it yet. */
export function untoldCheckpoint({
  actor,
  run,
  tenure,
  checkpoints: { kept, keptAt, told },
}: Resident): StoryRow | null {
  if (kept === told || tenure === null) return null
  const { attempt, spec } = run
  const note = `checkpoint ${kept} of incarnation ${attempt} is kept: ${recordInWords(tenure.record)}`
  return { at: keptAt, what: 'checkpointed', id: actor, attempt, fn: spec.fn, note }
}

export function recordInWords({ snapshot, answers }: Pick<ActorRecord, 'snapshot' | 'answers'>): string {
  return `${snapshot?.bytes.length ?? 0} bytes${answers.length === 0 ? '' : ` and ${answers.length} replies`}`
}
