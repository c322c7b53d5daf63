// Where the flows write the story: one line each for what they were told and what they decided. What is
// said of a task in trouble goes into the lines that its error will carry, too. A table that has no word of
// its own in `story.ts` says `noteStory(state, id, sentence)`.

import type { LifeId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import type { Failure, Located } from '../model/object.ts'
import type { Outcome } from '../model/task.ts'
import type { PeerState } from './peer-state.ts'
import { stamp } from './peer-state.ts'
import type { Ends } from './meters.ts'
import type { Resident } from './residents.ts'
import type { RunRow } from './runs.ts'
import type { StoryEvent, StoryRow } from './story.ts'
import { beginning, untoldCheckpoint } from './story-rows.ts'
import type { TaskRow } from './tasks.ts'

/** A sentence about anything with an id, kept with what goes its usual way, or as long as a trouble. */
export function noteStory(state: PeerState, id: string, note: string, { trouble = false } = {}): void {
  const row = { at: state.timers.turnAt, what: 'noted', id, note } as const
  if (trouble) state.story.addTrouble(row)
  else state.story.add(row)
}

/** Something out of the ordinary befell a task: a line of its own story, which its error carries, and of this peer's. */
export function tellTrouble(state: PeerState, row: TaskRow, trouble: StoryEvent | Attempted, line: string): void {
  const { turnAt: at } = state.timers
  const { id, fn } = row.spec
  const { what, attempt, life } =
    typeof trouble === 'string' ? { what: trouble, attempt: row.attempt, life: row.at } : trouble
  const add = (told: StoryRow): void =>
    // Work is handed back by the thousand where quick and slow peers share it, or an actor moves: that is no trouble.
    what === 'moved' || (what === 'given' && row.spec.call) ? state.story.add(told) : state.story.addTrouble(told)
  if (row.story.length === 0) for (const begun of beginning(row)) add(begun)
  state.tasks.tell(row, `${stamp(state, at)} ${line}`)
  add({ at, what, id, attempt, life, fn, note: line })
}

/** A later attempt: the first is in what comes of it. A generator is gone on with where its reader has come to. */
export function tellGiven(state: PeerState, row: TaskRow, to: LifeId): void {
  const { attempt, spec } = row
  if (attempt <= 1) return
  tellTrouble(state, row, 'given', `attempt ${attempt} given to ${state.members.nameOf(peerOf(to))}`)
  const { received = 0, taken = 0, isClosed = true } = state.streams.get(spec.id) ?? {}
  const count = Math.max(received, taken)
  if (isClosed || count === 0) return
  tellTrouble(state, row, 'resumed', `attempt ${attempt} goes on after ${count} items, ${taken} of them read`)
}

/** Of which attempt, where, when it is not the task's current one. */
interface Attempted {
  readonly what: StoryEvent
  readonly attempt: number
  readonly life: LifeId
}

/** What came of an attempt here, and how long it ran: so when it was started need not be written as well. */
// oxlint-disable-next-line max-params -- called for every attempt: no object in between
export function tellRun(
  state: PeerState,
  { attempt, spec, owner, worker }: RunRow,
  outcome: Outcome,
  ms: number,
): void {
  const { what, note, end } = inWords(outcome)
  state.meters.ends[end]++
  if (end === 'value' || end === 'threw') state.meters.runs.observe(ms)
  const at = state.timers.turnAt
  state.story.add({ at, what, id: spec.id, attempt, life: owner, fn: spec.fn, ms, worker, note })
}

interface End {
  readonly what: StoryEvent
  readonly note: string | null
  readonly end: keyof Ends
}

function inWords(outcome: Outcome): End {
  switch (outcome.type) {
    case 'inline':
    case 'stored':
    case 'ref':
      return ran
    case 'error':
      return { what: 'threw', end: 'threw', note: `${outcome.name}: ${outcome.message}` }
    case 'crash':
      return {
        what: 'crashed',
        end: 'crashed',
        note: outcome.detail === '' ? outcome.reason : `${outcome.reason}: ${outcome.detail}`,
      }
    case 'cancelled':
      return { what: 'stopped', end: 'stopped', note: outcome.reason }
    case 'missing':
      return { what: 'gave-back', end: 'returned', note: 'an input could not be fetched' }
    case 'returned':
      return { what: 'gave-back', end: 'returned', note: outcome.reason }
    case 'rejected':
      return { what: 'threw', end: 'threw', note: outcome.message }
  }
}

const ran: End = { what: 'ran', note: null, end: 'value' }

/** Its task is over: with a value, quietly, unless that took more than one attempt. */
export function tellSettled(state: PeerState, row: TaskRow, result: Located): void {
  const { spec, attempt, at: life, submittedAt } = row
  const at = state.timers.turnAt
  const { id, fn } = spec
  const ms = at - submittedAt
  state.meters.settles.observe(ms)
  if (result.type === 'failure') {
    state.meters.failed++
    if (row.story.length === 0) for (const begun of beginning(row)) state.story.addTrouble(begun)
    state.story.add({ at, what: 'failed', id, attempt, life, fn, ms, note: result.failure.message })
  } else if (row.story.length > 0) state.story.addTrouble({ at, what: 'value', id, attempt, life, fn, ms })
  else state.story.add({ at, what: 'value', id, attempt, life, fn, ms, waitedMs: row.assignedAt - submittedAt })
}

/** The failure as its error tells it: from when it was asked for to when it was over. */
export function withWholeStory(state: PeerState, row: TaskRow, failure: Failure): Failure {
  const me = state.members.nameOf(state.peer)
  const story = [`${stamp(state, row.submittedAt)} ${row.spec.fn} asked for on ${me}`]
  if (row.attempt === 1 && row.at !== null)
    story.push(`${stamp(state, row.assignedAt)} attempt 1 given to ${state.members.nameOf(peerOf(row.at))}`)
  return {
    ...failure,
    story: [...story, ...failure.story, `${stamp(state, state.timers.turnAt)} failed: ${failure.code}`],
  }
}

/** It lives here from now on: from what is kept of it, or from its beginning. */
export function tellHosted(state: PeerState, { actor, tenure, run: { attempt } }: Resident): void {
  const snapshot = tenure?.record.snapshot
  const from = snapshot ? `from its checkpoint of ${snapshot.bytes.length} bytes` : 'from its beginning'
  noteStory(state, actor, `lives here, as incarnation ${attempt}, ${from}`, { trouble: attempt > 1 })
}

/** Most of its group has the latest one: told of once a second at most, since an actor may have thousands. */
export function checkpointKept(state: PeerState, row: Resident): void {
  const { checkpoints, tenure } = row
  if (checkpoints.version === checkpoints.keptVersion || tenure === null) return
  checkpoints.keptVersion = checkpoints.version
  checkpoints.keptAt = state.timers.turnAt
  if (++checkpoints.kept === 1 || checkpoints.keptAt - checkpoints.toldAt >= 1_000) tellCheckpoint(state, row)
}

/** The latest of which nothing was told yet. */
export function tellCheckpoint(state: PeerState, row: Resident): void {
  const untold = untoldCheckpoint(row)
  if (untold === null) return
  state.story.add(untold)
  row.checkpoints.told = row.checkpoints.kept
  row.checkpoints.toldAt = untold.at
}

/** This peer keeps the row of another's ledger: it is asked when that one is gone. */
export function tellGuarded(state: PeerState, owner: LifeId, { object, spec }: LedgerRow): void {
  state.story.add({ at: state.timers.turnAt, what: 'guards', id: object, life: owner, fn: spec?.fn })
}

/** This peer answers for it now, in the place of one that is gone. */
export function tellAdopted(state: PeerState, object: string, fn: string | null): void {
  state.story.add({ at: state.timers.turnAt, what: 'adopted', id: object, fn })
}
