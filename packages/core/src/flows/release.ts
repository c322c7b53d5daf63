// What follows when somebody lets go of an object. Ours and unread: its bytes are freed wherever
// they are; as long as lineage may need it again, its origin stays (its bytes too, if it was put).
// Borrowed and unread: the owner is told. Letting go of one object may let go of those inside it.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemIn, resultOf } from '../model/ids.ts'
import { adopt } from '../state/adoption.ts'
import { dropBytes, dropFoundling } from '../state/bytes.ts'
import type { Entry } from '../state/directory.ts'
import { replyReleased } from '../state/forgetting.ts'
import { guard } from '../state/guarding.ts'
import type { Elsewhere } from '../state/elsewhere.ts'
import type { HoldRow } from '../state/holds.ts'
import { dropMaker, dropSpec, lineageBytes } from '../state/lineage.ts'
import { letGo } from '../state/locate.ts'
import type { Maker } from '../state/makers.ts'
import type { PeerState } from '../state/peer-state.ts'
import { isBeyond, say } from '../state/peer-state.ts'
import { letRunGo, stopAwaiting } from '../state/remaking.ts'
import { closeStream } from '../state/streaming.ts'
import type { StreamRow } from '../state/streams.ts'
import type { TaskRow } from '../state/tasks.ts'
import { answerBorrow } from '../state/telling.ts'

export function loosened(state: PeerState, object: ObjectId): void {
  const entry = state.directory.get(object)
  if (entry) return own(state, entry)
  const row = state.holds.get(object)
  if (!row || !state.holds.isEmpty(row)) return
  const told = state.elsewhere.get(object)
  if (told && waitsForRefs(state, told)) return
  forgetBorrowed(state, row, told)
}

/** A value's refs that we took over are held inside it until their owners know of us: so long it stays. */
function waitsForRefs(state: PeerState, { object, located }: Elsewhere): boolean {
  if (located?.type !== 'inline' && located?.type !== 'stored') return false
  const asked = located.refs.filter((link) => state.holds.get(link.object)?.borrow === 'asked')
  for (const link of asked) {
    if (state.partings.of(link.object).includes(object)) continue
    state.partings.add(link.object, object)
    const row = state.holds.get(object) as HoldRow
    state.holds.add(object, row.owner, 'transit')
  }
  return asked.length > 0
}

/** A borrow was answered: what was kept for its sake may go. */
export function parted(state: PeerState, ref: ObjectId): void {
  for (const container of state.partings.take(ref)) letGo(state, container, 'transit')
}

function forgetBorrowed(state: PeerState, row: HoldRow, told: Elsewhere | undefined): void {
  const { object } = row
  state.holds.remove(object)
  state.readings.delete(object)
  state.elsewhere.forget(object)
  state.aliases.take(object)
  parted(state, object)
  if (state.cancelling.delete(object)) state.effects.push({ type: 'cancelled', object })
  if (told?.located?.type === 'alias') letGo(state, told.located.link.object, 'container')
  endBorrow(state, row)
  // Bytes that outlived their owners' grace because they were read here.
  for (const owner of state.holdings.get(object)?.owners ?? [])
    if (isBeyond(state, owner) || !state.members.knows(owner)) dropBytes(state, object, owner)
}

function endBorrow(state: PeerState, { object, owner, borrow, nth }: HoldRow): void {
  if (owner === state.self || borrow === 'none') return
  say(state, owner, { type: 'release', object })
  // Nobody here needs the answer any more, which may never come.
  if (borrow === 'asked') say(state, state.self, { type: 'borrowed', object, nth, known: false })
}

function own(state: PeerState, entry: Entry): void {
  const { object } = entry
  if (state.holds.isHeld(object)) return
  const stream = state.streams.get(object as string as TaskId)
  if (stream) close(state, stream)
  const row = state.holds.get(object)
  const isLineage = row !== undefined && row.lineage > 0
  if (row && !isLineage) {
    state.holds.remove(object)
    endBorrow(state, row)
  }
  if (entry.state === 'pending') endUnheld(state, entry)
  if (entry.state === 'pending' && !stopAwaiting(state, entry) && itemIn(object) === null) return
  if (isLineage) {
    if (entry.task && entry.state === 'stored') fade(state, entry)
    const isHere = entry.state === 'stored' || entry.state === 'inline'
    return state.holds.keepForLineage(row, isHere ? entry.size : 0)
  }
  if (entry.wantedBy.size > 0) return
  const { refs, task } = entry
  const isGuarded = state.ledger.has(object) && state.ledger.guardianCount > 0
  freeBytes(state, entry)
  state.directory.remove(object)
  state.readings.delete(object)
  state.aliases.take(object)
  state.notes.delete(object)
  if (isGuarded && refs.length > 0) state.ledger.farewell(refs.map((link) => link.object))
  else for (const link of refs) letGo(state, link.object, 'container')
  if (task) replyReleased(state, task)
  if (task) dropSpec(state, task)
  if (!task || stream) dropMaker(state, object)
}

/** Nobody reads it any more, nor is it run again for whoever did. */
function close(state: PeerState, stream: StreamRow): void {
  closeStream(state, stream)
  const maker = state.makers.get(stream.spec.id)
  if (maker) letRunGo(state, maker)
}

/** An actor lives for as long as anybody has a handle on it. */
function endUnheld(state: PeerState, { object, task }: Entry): void {
  const row = task ? state.tasks.get(task) : undefined
  if (!row?.spec.actor || row.state === 'settled') return
  say(state, state.self, { type: 'cancel', object, reason: 'nobody has a handle on it any more' })
}

/** The bytes go, the way to make them again stays. */
function fade(state: PeerState, entry: Entry): void {
  const { refs } = entry
  freeBytes(state, entry)
  state.directory.reopen(entry, 'faded')
  for (const link of refs) letGo(state, link.object, 'container')
}

function freeBytes(state: PeerState, entry: Entry): void {
  // Most results are small and are kept by nobody else.
  if (entry.holders.size === 0 && entry.copying.size === 0) return
  for (const life of new Set([...entry.holders, ...entry.copying]))
    say(state, life, { type: 'free', object: entry.object })
}

/** The owner has let go: the bytes leave this peer, as soon as no attempt here needs them. */
export function freed(state: PeerState, from: LifeId, object: ObjectId): void {
  const fetch = state.holdings.fetching(object)
  if (fetch?.copyFor.delete(from)) state.holdings.forgetUnwanted(fetch)
  if (state.holdings.get(object)?.owners.has(from)) dropBytes(state, object, from)
  else if (state.foundlings.get(object)?.owners.includes(from)) dropFoundling(state, object)
  else if (!fetch?.owners.has(from)) state.counters.strayed++
}

export function borrowed(state: PeerState, from: LifeId, { object, nth }: { object: ObjectId; nth: number }): void {
  if (!adopt(state, object)) return say(state, from, { type: 'borrowed', object, nth, known: false })
  state.holds.borrowed(object, state.self, from)
  // It left: whoever has it would miss it.
  guard(state, object, null)
  answerBorrow(state, from, object, nth)
}

export function released(state: PeerState, from: LifeId, object: ObjectId): void {
  if (state.holds.released(object, from)) state.agenda.loose.push(object)
}

/** Lineage past its limit: the oldest rows lose the right to be made again, and say so. */
export function boundLineage(state: PeerState): void {
  const limit = state.config.lineageBytes
  if (lineageBytes(state) <= limit) return
  const note = `its lineage was dropped: more than ${limit} bytes of arguments (lineageBytes)`
  for (const row of oldestFirst(state)) {
    if (lineageBytes(state) <= limit) return
    if ('puts' in row) forgetMaker(state, row, note)
    else {
      state.notes.set(resultOf(row.spec.id), note)
      dropSpec(state, row.spec.id)
    }
  }
}

/** What is being made again is kept. */
function* oldestFirst(state: PeerState): Iterable<TaskRow | Maker> {
  const makers = [...state.makers.all()].filter(({ awaited }) => awaited.size === 0)
  let next = makers.shift()
  for (const row of state.tasks.all()) {
    if (row.state !== 'settled') continue
    for (; next && next.since < row.submittedAt; next = makers.shift()) yield next
    yield row
  }
  for (; next; next = makers.shift()) yield next
}

function forgetMaker(state: PeerState, { puts }: Maker, note: string): void {
  for (const object of puts) {
    state.notes.set(object, note)
    dropMaker(state, object)
    state.ledger.touch(object)
  }
}
