// Which attempts may bring their inputs here. They are let in one after the other, in the order they came, each when
// all that it lacks fits beside what is here and on its way: two that each have half of what they need, and no room
// for the other half, would both stand still. Meanwhile room is made; who has waited long enough goes back.

import { isApart } from '../model/actor.ts'
import type { Instant, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import { makeDiskRoom } from '../state/bytes.ts'
import { finish } from '../state/finish.ts'
import type { PeerState } from '../state/peer-state.ts'
import { hasDisk } from '../state/room.ts'
import type { RunRow } from '../state/runs.ts'

export function feed(state: PeerState, now: Instant): void {
  const { unfed } = state.executor
  if (unfed.size === 0) return
  for (const row of unfed) {
    if (row.state === 'fetching' && !isFed(state, row, now)) return
    unfed.delete(row)
  }
  state.holdings.lack(0)
}

export function feedDeadline({ executor }: PeerState): Instant {
  const [head] = executor.unfed
  return head?.feedBy ?? never
}

/** Its inputs are on their way, or it has gone back. */
function isFed(state: PeerState, row: RunRow, now: Instant): boolean {
  const wanted = wantedBytes(state, row)
  const couldFit = storedBytes(row) <= memoryBytes(state)
  const lacking = lackingBytes(state, wanted)
  if (lacking <= 0) bring(state, row, 'memory')
  else if (!couldFit && hasDisk(state, wanted, now)) {
    makeDiskRoom(state, wanted)
    bring(state, row, 'disk')
  } else if (row.feedBy <= now || !couldFit) finish(state, row, { type: 'returned', reason: 'memory' }, 0)
  else {
    if (row.feedBy === never) row.feedBy = after(now, waitMs(state))
    state.holdings.lack(lacking)
    return false
  }
  return true
}

function storedBytes(row: RunRow): number {
  let bytes = 0
  for (const size of storedInputs(row).values()) bytes += size
  return bytes
}

function memoryBytes({ members }: PeerState): number {
  return members.me.profile?.memoryBytes ?? 0
}

/** Neither here nor on its way. */
function wantedBytes({ holdings }: PeerState, row: RunRow): number {
  let wanted = 0
  for (const [source, size] of storedInputs(row))
    if (!holdings.has(source) && !holdings.fetching(source)) wanted += size
  return wanted
}

/** More than memory has room for, if they were let in now. */
function lackingBytes(state: PeerState, wanted: number): number {
  const limit = memoryBytes(state)
  if (limit === 0 || wanted === 0) return 0
  return state.holdings.memoryBytes + state.holdings.comingBytes + wanted - limit
}

/** Each once, however many refs lead to it. */
function storedInputs({ inputs }: RunRow): Map<ObjectId, number> {
  const sizes = new Map<ObjectId, number>()
  for (const { source, located } of inputs) if (located.type === 'stored') sizes.set(source, located.size)
  return sizes
}

/** For those that run and will be through with theirs, longer than for what has to be moved out of the way. */
function waitMs({ executor, config }: PeerState): number {
  for (const row of executor.all())
    if (row.inputs.length > 0 && row.state === 'running' && !isApart(row.spec)) return config.placeTimeoutMs
  return config.syncMs
}

/** What was here when it came may have gone, and what was not may be here. */
function bring(state: PeerState, row: RunRow, to: 'memory' | 'disk'): void {
  for (const { source, owner, located } of row.inputs) {
    if (located.type !== 'stored') continue
    if (state.holdings.has(source)) {
      row.missing.delete(source)
      continue
    }
    row.missing.add(source)
    const isNew = !state.holdings.fetching(source)
    const fetch = state.holdings.want(source, owner, located)
    fetch.attempts.add(row.id)
    // What no memory here could ever hold goes to disk as it comes, and is read from there.
    if (to === 'disk' && isNew) state.holdings.divert(fetch)
  }
  if (row.missing.size === 0) state.executor.markReady(row)
}
