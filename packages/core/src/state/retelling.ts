// The rows of this peer's story as others get them: names instead of lives, and how long ago instead of
// when, since no two peers have the same clock. Sentences are made of them by whoever asks.

import type { Instant, LifeId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { InspectRow, Query } from '../model/messages.ts'
import type { PeerState } from './peer-state.ts'
import type { KeptRow, StoryEvent } from './story.ts'

/** Of one id, the latest; or of all those after the `after`th, the oldest first. */
export function retell(state: PeerState, { id, after = 0, limit }: Query, now: Instant): InspectRow[] {
  const rows = state.story.rows(id, after)
  const most = Math.min(limit, limits.rows)
  const taken = id === null ? rows.slice(0, most) : rows.slice(-most)
  return taken.map((row) => told(state, row, now))
}

/** What befalls peers: its `id` is that of the peer. */
const ofPeers: ReadonlySet<StoryEvent> = new Set(['joined', 'suspected', 'draining', 'left', 'died'])

function told(state: PeerState, row: KeptRow, now: Instant): InspectRow {
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
