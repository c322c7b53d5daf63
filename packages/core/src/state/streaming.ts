// What a stream means across tables, wherever it is asked: an item that somebody wants has an entry, unread items are
// held by their stream, and what an attempt is to produce follows from what came and what was lost.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemIn, itemOf, resultOf } from '../model/ids.ts'
import type { Failure } from '../model/object.ts'
import type { StreamOrder } from '../model/stream.ts'
import { countIn, pastTheEnd } from '../model/stream.ts'
import type { TaskSpec } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import type { Entry } from './directory.ts'
import { failure, giveFailure } from './failures.ts'
import { keepMaker } from './lineage.ts'
import { letGo, moveTo } from './locate.ts'
import type { Maker } from './makers.ts'
import { loseForGood } from './missing.ts'
import type { PeerState } from './peer-state.ts'
import { lostFailure, notify, say } from './peer-state.ts'
import { tellTrouble } from './recording.ts'
import type { Reader, StreamRow } from './streams.ts'
import type { TaskRow } from './tasks.ts'
import { Tasks } from './tasks.ts'

/** From the call on: what it takes stays for as long as items may have to be made again. */
export function openStream(state: PeerState, spec: TaskSpec): void {
  if (!isStream(spec) || state.streams.get(spec.id)) return
  const row = state.streams.add(spec)
  if (mayRunAgain(spec)) keepMaker(state, resultOf(spec.id), spec, [])
  for (const index of row.items) holdUnread(state, row, index)
}

/** A call of an actor only where its caller allows that, and until it has ended: what it did, it did. */
export function mayRunAgain({ call, policy }: TaskSpec): boolean {
  return call === undefined || policy.retries !== 0
}

/** Whoever asks for that item waits for it from now on. False when it was taken, or its stream is not answered for here. */
export function expectItem(state: PeerState, object: ObjectId): boolean {
  const at = itemIn(object)
  if (at === null) return false
  if (state.directory.get(object)) return true
  const row = state.streams.get(at.task)
  if (!row || row.isClosed || at.index < row.taken) return false
  const entry = addItem(state, object, row.spec.policy.copies)
  // Unless whoever asks holds it, it goes again.
  state.agenda.loose.push(object)
  if (row.count === null) return true
  if (at.index >= row.count) failItem(state, row, entry)
  else makeAgain(state, row, object)
  return true
}

export function addItem(state: PeerState, object: ObjectId, copies: number): Entry {
  state.streams.entered(object)
  const entry = state.directory.add(object, null, copies)
  const stream = itemIn(object)
  entry.isInner = stream !== null && state.directory.get(resultOf(stream.task))?.isInner === true
  // Borrowed so far of whoever answered for the stream before.
  const held = state.holds.get(object)
  if (held) moveTo(state, held, state.self)
  return entry
}

/** The generator has ended, and nobody but a new run of it can say what that item is. */
function makeAgain(state: PeerState, { spec }: StreamRow, object: ObjectId): void {
  const entry = state.directory.get(object)
  if (entry && !state.makers.get(spec.id))
    return loseForGood(state, entry, 'lineage-dropped', state.notes.get(resultOf(spec.id)) ?? 'its lineage was dropped')
  keepMaker(state, object, spec, [])
  state.agenda.lost.push({ object, reason: 'wanted again' })
}

/** There is no such item, or there is none because the stream failed before it. */
function failItem(state: PeerState, row: StreamRow, entry: Entry): void {
  state.directory.failed(entry, whyNoItem(state, row, entry.object))
  state.agenda.settled.push(entry.object)
  state.agenda.loose.push(entry.object)
}

function whyNoItem(state: PeerState, { spec, count }: StreamRow, object: ObjectId): Failure {
  const failed = state.directory.get(resultOf(spec.id))?.failure
  return failed ?? lostFailure(object, pastTheEnd, `${spec.fn} yielded ${count} items`)
}

/** An item that its reader has yet to take is kept for it. */
export function holdUnread(state: PeerState, row: StreamRow, index: number): void {
  const object = itemOf(row.spec.id, index)
  if (row.isClosed || index < row.taken || row.unread.has(index) || !isThere(state, object)) return
  row.unread.add(index)
  state.holds.add(object, state.self, 'container')
}

function isThere(state: PeerState, object: ObjectId): boolean {
  const entry = state.directory.get(object)
  return entry !== undefined && entry.state !== 'pending' && entry.state !== 'faded' && entry.state !== 'failed'
}

/** Its stream keeps it no longer. */
function letItemGo(state: PeerState, { spec, unread }: StreamRow, index: number): void {
  if (unread.delete(index)) letGo(state, itemOf(spec.id, index), 'container')
}

/** Nobody reads it any more: what was not taken goes, and whoever produces more is to stop. */
export function closeStream(state: PeerState, row: StreamRow): void {
  if (row.isClosed) return
  row.isClosed = true
  for (const index of row.unread) letItemGo(state, row, index)
  const task = state.tasks.get(row.spec.id)
  if (!task || task.state === 'settled') return
  say(state, state.self, { type: 'cancel', object: resultOf(row.spec.id), reason: 'nobody reads it any more' })
}

/** False when another context reads it. */
export function readBy(state: PeerState, row: StreamRow, reader: Reader, taken: number): boolean {
  const known = row.reader
  if (known && known.context !== reader.context) return false
  // A run that was thought lost, and another one reads in its place.
  if (known && known.run > reader.run) return true
  row.reader = reader
  if (taken > row.taken) forward(state, row, taken)
  else if (taken < row.taken) rewind(state, row, taken)
  return true
}

function forward(state: PeerState, row: StreamRow, taken: number): void {
  const before = row.taken
  row.taken = taken
  if (taken - before < row.unread.size) for (let index = before; index < taken; index++) letItemGo(state, row, index)
  else for (const index of row.unread) if (index < taken) letItemGo(state, row, index)
  const task = state.tasks.get(row.spec.id)
  if (task?.state !== 'assigned' || !task.at) return
  say(state, task.at, { type: 'proceed', task: row.spec.id, attempt: task.attempt, taken })
}

/** Its reader began anew: what it had taken and nobody kept is made again. */
function rewind(state: PeerState, row: StreamRow, taken: number): void {
  const before = row.taken
  row.taken = taken
  row.received = Math.min(row.received, taken)
  for (const index of row.items) if (index >= taken && index < before) holdUnread(state, row, index)
  const task = state.tasks.get(row.spec.id)
  if (task?.state === 'assigned') runAnew(state, task, 'whoever reads it began anew')
}

/** What an attempt at it is to produce; undefined for what is no generator. */
export function streamOrder(state: PeerState, { spec }: TaskRow): StreamOrder | undefined {
  if (!isStream(spec)) return undefined
  const row = state.streams.get(spec.id)
  const maker = state.makers.get(spec.id)
  const lost: number[] = []
  for (const object of maker?.awaited ?? []) {
    const index = itemIn(object)?.index
    if (index !== undefined) lost.push(index)
  }
  const isOver = !row || row.isClosed || (row.count !== null && row.received >= row.count)
  const from = isOver ? Number.POSITIVE_INFINITY : Math.max(row.received, row.taken)
  const also = lost.filter((index) => index < from).sort((a, b) => a - b)
  return { from, also, taken: row?.taken ?? 0 }
}

/** The attempt that runs has passed it, or never heard that it is wanted. */
export function hasPassed(state: PeerState, { spec, told }: Maker, object: ObjectId): TaskRow | null {
  const row = state.tasks.get(spec.id)
  if (!isStream(spec) || row?.state !== 'assigned' || row.ending || told.has(object)) return null
  const received = state.streams.get(spec.id)?.received ?? Number.POSITIVE_INFINITY
  const index = itemIn(object)?.index
  // What is no item was put inside it, and its reader may wait for that.
  return index === undefined || index < received ? row : null
}

/** From its beginning, instead of the attempt that runs: its reader may wait for an earlier item than that one will ever come to. */
export function runAnew(state: PeerState, row: TaskRow, reason: string): void {
  if (row.spec.call) return callAnew(state, row, reason)
  const { id } = row.spec
  const at = row.at as LifeId
  state.makers.get(id)?.told.clear()
  state.counters.rebuilt++
  tellTrouble(state, row, 'remade', `attempt ${row.attempt} is begun anew: ${reason}`)
  say(state, at, { type: 'abort', task: id, attempt: row.attempt, reason, moved: true })
  state.scheduler.returned(at)
  row.formerly = [...row.formerly.filter((life) => life !== at).slice(-1), at]
  notify(state, { type: 'object:rebuilt', object: resultOf(id), task: id })
  state.tasks.retrying(row, state.timers.turnAt)
  state.deadlines.set(id, Tasks.dueAt(row))
}

/** Of an actor: it may have had its effects already, so it is its caller's to risk. */
function callAnew(state: PeerState, row: TaskRow, reason: string): void {
  const { spec, attempt, at, retriesLeft } = row
  state.makers.get(spec.id)?.told.clear()
  say(state, at as LifeId, { type: 'abort', task: spec.id, attempt, reason, moved: true })
  if (retriesLeft <= 0) {
    const way = 'a call of an actor is made again only with callRetries'
    return giveFailure(
      state,
      row,
      failure(row, 'OBJECT_LOST', 'no-rebuilds', `items of ${spec.fn} are lost: ${reason}, and ${way}`),
    )
  }
  const base = { task: spec.id, attempt, charge: 'retry', code: 'PEER_DIED', cause: null, peer: null } as const
  state.agenda.requeue.push({ ...base, killed: false, reason })
}

/** Its generator has ended: whoever waits for a further item learns that there is none. */
export function streamSettled(state: PeerState, object: ObjectId): void {
  const row = state.streams.get(object as string as TaskId)
  const entry = row && state.directory.get(object)
  if (!entry || entry.state === 'pending') return
  row.count ??= countOf(row, entry)
  if (isOut(state, row)) return
  for (const index of row.items) {
    const item = state.directory.get(itemOf(row.spec.id, index))
    if (item?.state !== 'pending') continue
    if (index >= row.count) failItem(state, row, item)
    else if (state.makers.of(item.object)?.awaited.has(item.object) !== true) makeAgain(state, row, item.object)
  }
}

/** What a failed one yielded before is all there is. */
function countOf({ received, taken }: StreamRow, { bytes }: Entry): number {
  return (bytes === null ? null : countIn(bytes)) ?? Math.max(received, taken)
}

function isOut(state: PeerState, { spec }: StreamRow): boolean {
  const task = state.tasks.get(spec.id)
  return task !== undefined && task.state !== 'settled'
}

/** A run of it for the sake of what was lost goes on for what its reader has yet to take. */
export function isToGoOn(state: PeerState, task: TaskId): boolean {
  const row = state.streams.get(task)
  return row !== undefined && !row.isClosed && row.count !== null && row.received < row.count
}
