// The rows of this peer's story as others get them: names instead of lives, and how long ago instead of
// when, since no two peers have the same clock. Sentences are made of them by whoever asks.

import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { InspectRow, Query } from '../model/messages.ts'
import type { PeerState } from './peer-state.ts'
import type { RunRow } from './runs.ts'
import type { KeptRow, StoryEvent, StoryRow } from './story.ts'
import { beginning, ranFor, recordInWords, untoldCheckpoint } from './story-rows.ts'

/** Of one id, the latest; or of all those after the `after`th, the oldest first. */
export function retell(state: PeerState, { id, after = 0, limit }: Query, now: Instant): InspectRow[] {
  const rows = state.story.rows(id, after)
  const most = Math.min(limit, limits.rows)
  const told = (row: KeptRow): InspectRow => rowOf(state, row, now)
  if (id !== null) return [...rows.flatMap(unfolded), ...underWay(state, id, now)].slice(-most).map(told)
  // What runs has no number yet, so it comes with the first page.
  const running =
    after > 0 ? [] : [...state.executor.all()].flatMap((row) => started(state, row, now)).filter(({ at }) => at < now)
  return [...running, ...rows.slice(0, most)].slice(0, limits.rows).map(told)
}

/** What a row says of how it came to that, as rows: the usual course of a task is written down as its end only. */
function unfolded(row: KeptRow): KeptRow[] {
  const { at, what, ms, waitedMs, worker } = row
  const earlier = (event: StoryEvent, byMs: number): KeptRow => ({
    ...row,
    what: event,
    at: (at - byMs) as Instant,
    note: null,
  })
  if (what === 'value' && waitedMs >= 0)
    return [{ ...earlier('asked', ms), attempt: 0, life: null }, earlier('given', ms - waitedMs), row]
  return ends.has(what) && worker >= 0 ? [earlier('started', ms), row] : [row]
}

const ends: ReadonlySet<StoryEvent> = new Set(['ran', 'threw', 'stopped', 'crashed'])

/** What has not come to an end yet. */
function underWay(state: PeerState, id: string, now: Instant): KeptRow[] {
  const task = state.tasks.get(id as TaskId)
  const isNew = task !== undefined && task.state !== 'settled' && task.story.length === 0
  return [
    ...(isNew ? beginning(task).map((row) => ({ ...blank, ...row }) as KeptRow) : []),
    ...state.executor.ofTask(id as TaskId).flatMap((row) => started(state, row, now)),
    ...ofActor(state, id as ObjectId).map((row) => ({ ...blank, ...row }) as KeptRow),
  ]
}

/** Its latest checkpoint where it lives, and what whoever hosts it next would go on from. */
function ofActor(state: PeerState, actor: ObjectId): StoryRow[] {
  const resident = state.residents.get(actor)
  const untold = resident && untoldCheckpoint(resident)
  const { record = null, host = null, at = 0 as Instant } = state.leases.get(actor) ?? {}
  return [
    ...(untold ? [untold] : []),
    ...(record?.snapshot ? [{ at, what: 'keeps', id: actor, life: host, note: recordInWords(record) } as const] : []),
  ]
}

/** What waits behind another one in its worker is started now. */
function started(state: PeerState, run: RunRow, now: Instant): KeptRow[] {
  if (run.state !== 'running' && run.state !== 'blocked') return []
  const ranMs = ranFor(state, run, now)
  const { spec, attempt, owner: life, worker } = run
  return [{ ...blank, at: (now - ranMs) as Instant, what: 'started', id: spec.id, attempt, life, fn: spec.fn, worker }]
}

const blank = { nth: 0, attempt: 0, life: null, fn: null, ms: 0, waitedMs: -1, worker: -1, note: null } as const

/** What befalls peers: its `id` is that of the peer. */
const ofPeers: ReadonlySet<StoryEvent> = new Set(['joined', 'suspected', 'draining', 'left', 'died'])

function rowOf(state: PeerState, row: KeptRow, now: Instant): InspectRow {
  const { nth, at, what, id, attempt, fn, ms, worker, note } = row
  return {
    nth,
    agoMs: now - at,
    what,
    id,
    attempt,
    peer: ofPeers.has(what) ? state.members.nameOf(id as PeerState['peer']) : nameOf(state, row.life),
    fn,
    ms,
    worker,
    note: note === null ? null : clip(note, limits.lineLength),
  }
}

function nameOf(state: PeerState, life: LifeId | null): string | null {
  return life === null ? null : state.members.nameOf(peerOf(life))
}

/** The latest lines, or those after one. */
export function printedRows(state: PeerState, { id, after = 0, limit }: Query, now: Instant): InspectRow[] {
  const rows = state.printed.rows(id, after)
  const most = Math.min(limit, limits.rows)
  const taken = after > 0 ? rows.slice(0, most) : rows.slice(-most)
  return taken.map(({ nth, at, line }) => ({
    ...line,
    nth,
    agoMs: now - at,
    name: state.members.nameOf(line.peer),
    line: `${line.peer}#${line.nth}`,
  }))
}
