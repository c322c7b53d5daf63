// The rows of this peer's story as others get them: names instead of lives, and how long ago instead of
// when, since no two peers have the same clock.

import type { Instant, LifeId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { InspectRow } from '../model/messages.ts'
import type { PeerState } from './peer-state.ts'
import type { KeptRow } from './story.ts'

/** Of one id, in sentences, or of all; those after the `after`th: the oldest of them first, so many at most. */
// oxlint-disable-next-line max-params -- of what, since when, and how many
export function retell(state: PeerState, id: string | null, after: number, limit: number): InspectRow[] {
  const now = state.timers.turnAt
  const rows = state.story.rows(id, after)
  // Of one thing the latest count, of all the next.
  const taken = id === null ? rows.slice(0, limit) : rows.slice(-limit)
  return taken.map((row) =>
    id === null
      ? told(state, row, now)
      : { ...told(state, row, now), text: clip(sentence(state, row), limits.lineLength) },
  )
}

function told(state: PeerState, row: KeptRow, now: Instant): InspectRow {
  const { nth, at, what, id, attempt, fn, ms, worker, note } = row
  return {
    nth,
    agoMs: now - at,
    what,
    id,
    attempt,
    peer: isAboutPeer(what) ? peerNamed(state, id) : nameOf(state, row.life),
    fn,
    ms,
    worker,
    note: note === null ? null : clip(note, limits.lineLength),
  }
}

function isAboutPeer(what: KeptRow['what']): boolean {
  return what in verbs || what === 'suspected' || what === 'died'
}

function nameOf(state: PeerState, life: LifeId | null): string | null {
  return life === null ? null : state.members.nameOf(peerOf(life))
}

/** As somebody at that peer would say it; who says it stands before it. */
function sentence(state: PeerState, row: KeptRow): string {
  const { what, id, attempt, fn, note } = row
  const peer = nameOf(state, row.life) ?? 'nobody'
  const took = `${row.ms.toFixed(row.ms < 10 ? 1 : 0)} ms`
  const inWorker = row.worker < 0 ? '' : ` in worker ${row.worker}`
  switch (what) {
    case 'asked':
      return `${fn} was asked for`
    case 'given':
      return `gave attempt ${attempt} to ${peer}`
    case 'hedged':
      return `gave attempt ${attempt} to ${peer}, beside the one that takes long`
    case 'value':
      return `has its value, ${took} after it was asked for`
    case 'failed':
      return `it failed: ${note}`
    case 'started':
      return `started attempt ${attempt}${inWorker}, for ${peer}`
    case 'ran':
      return `attempt ${attempt} was done after ${took}${inWorker}`
    case 'threw':
      return `attempt ${attempt} threw after ${took}${inWorker}: ${note}`
    case 'stopped':
      return `attempt ${attempt} was stopped: ${note}`
    case 'crashed':
      return `the worker of attempt ${attempt} died: ${note}`
    case 'gave-back':
      return `gave attempt ${attempt} back to ${peer}: ${note}`
    case 'put':
      return 'was put here'
    case 'copied':
      return `${peer} has a copy`
    case 'lost':
      return `was lost: ${note}`
    case 'guards':
      return `keeps what ${peer} knows of it`
    case 'adopted':
      return 'answers for it now: its owner is gone'
    case 'joined':
    case 'draining':
    case 'left':
      return `${peerNamed(state, id)} ${verbs[what]}`
    case 'suspected':
      return `${peerNamed(state, id)} is suspected by ${note}`
    case 'died':
      return `${peerNamed(state, id)} died: ${note}`
    case 'retried':
    case 'ended':
    case 'remade':
    case 'noted':
      return note ?? what
  }
}

const verbs = { joined: 'joined', draining: 'hands over', left: 'left' } as const

function peerNamed(state: PeerState, id: string): string {
  return state.members.nameOf(id as PeerState['peer'])
}
