// Items of streams on their way: from the generator to whoever answers for the stream, and what its reader has taken
// back to the generator, in totals, so that it is never further ahead than it may be. An executor keeps no item that
// it has said; the owner holds each until it is taken.

import type { PeerEvent } from '../model/events.ts'
import type { ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Located } from '../model/object.ts'
import type { Item } from '../model/stream.ts'
import { adopt } from '../state/adoption.ts'
import { linksOf, sendItems } from '../state/answer.ts'
import type { Entry } from '../state/directory.ts'
import { guardNamed } from '../state/guarding.ts'
import { keepBytes } from '../state/keeping.ts'
import { keepMaker } from '../state/lineage.ts'
import { hold } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { isAwaited, regain } from '../state/remaking.ts'
import { addItem, holdUnread, mayRunAgain, readBy, runAnew } from '../state/streaming.ts'
import type { RunRow } from '../state/runs.ts'
import type { StreamRow } from '../state/streams.ts'
import type { TaskRow } from '../state/tasks.ts'
import { expectDelivery } from '../state/transits.ts'

type ItemMessage = Extract<Message, { type: 'item' }>
type Took = Extract<Message, { type: 'took' }>

// ---- at the executor

/** A generator here has yielded. What nobody asked for any more goes again. */
export function yielded(state: PeerState, { attempt, index, item }: Extract<PeerEvent, { type: 'item' }>): void {
  const row = state.executor.get(attempt)
  const isWanted =
    row &&
    row.state !== 'done' &&
    row.barred === null &&
    row.aborting === null &&
    !row.abandoned &&
    isAtWork(state, row)
  if (!isWanted) return dropBytes(state, attempt.slice(0, attempt.lastIndexOf('#')) as TaskId, index, item)
  if (item.type === 'stored') {
    const { size, hash } = item
    keepBytes(state, { object: itemOf(row.spec.id, index), size, hash }, [row.owner])
  }
  const links = linksOf(item)
  for (const link of links) state.holds.add(link.object, link.owner, 'transit')
  if (row.owner !== state.self && guardNamed(state, links)) state.ledger.waits.add(row.id)
  row.unsent.push({ index, item })
  sendItems(state, row)
}

/** Of a call: its actor has not been ended meanwhile. */
function isAtWork({ residents }: PeerState, { spec, id }: RunRow): boolean {
  return spec.call === undefined || residents.get(spec.call.actor)?.streaming.has(id) === true
}

// oxlint-disable-next-line max-params -- an item and what it is of
function dropBytes(state: PeerState, task: TaskId, index: number, item: Item): void {
  const object = itemOf(task, index)
  if (item.type === 'stored' && !state.holdings.has(object)) state.effects.push({ type: 'drop', object })
}

/** Its reader has taken more. */
export function proceed(state: PeerState, from: LifeId, message: Extract<Message, { type: 'proceed' }>): void {
  const { task, attempt, taken } = message
  const row = state.executor.find(task, attempt, from)
  if (!row?.stream) return void state.counters.strayed++
  row.stream = { ...row.stream, taken }
  if (row.state === 'running' || row.state === 'blocked')
    state.effects.push({ type: 'proceed', attempt: row.id, taken })
}

// ---- at the owner

/** An item of an attempt that is not asked for any more is not found, and that is all. */
export function item(state: PeerState, from: LifeId, message: ItemMessage): void {
  const { task, attempt, index, item: what } = message
  const row = state.tasks.get(task)
  const current = row ? state.tasks.attemptAt(row, from) : null
  // An earlier incarnation of an actor may have yielded something else.
  if (!row || current === null || (row.spec.call && current !== attempt)) {
    state.counters.strayed++
    return refuse(state, from, message)
  }
  const stream = state.streams.get(task)
  // Of an attempt that was begun anew over there: the next one yields the same, under the same name.
  const isLate = current !== attempt
  if (stream && !isLate && isGap(stream, index)) return begin(state, row, from, message)
  if (stream && !isLate) stream.received = Math.max(stream.received, index + 1)
  if (from !== state.self) holdsLater(state, from, message)
  const entry = entryFor(state, row, stream, index)
  if (entry?.state !== 'pending') return spareOrFree(state, from, entry, message)
  if (what.type === 'stored' && mayRunAgain(row.spec)) keepMaker(state, entry.object, row.spec, [from])
  enter(state, entry, from, what)
  if (stream) holdUnread(state, stream, index)
}

/** Some that its reader has yet to take never came: they were said to somebody who was thought dead. */
function isGap({ received, taken, count }: StreamRow, index: number): boolean {
  return count === null && index > Math.max(received, taken)
}

// oxlint-disable-next-line max-params -- what came, and what of
function begin(state: PeerState, row: TaskRow, from: LifeId, message: ItemMessage): void {
  refuse(state, from, message)
  if (row.state === 'assigned' && !row.ending) runAnew(state, row, 'items of it never came')
}

/** An item that somebody waits for, or that is yet to be read, has one. */
// oxlint-disable-next-line max-params -- an item and what it is of
function entryFor(
  state: PeerState,
  { spec }: TaskRow,
  stream: StreamRow | undefined,
  index: number,
): Entry | undefined {
  const object = itemOf(spec.id, index)
  const known = state.directory.get(object)
  if (known || !stream || stream.isClosed || index < stream.taken) return known
  return addItem(state, object, spec.policy.copies)
}

// oxlint-disable-next-line max-params -- an item and where it is
function enter(state: PeerState, entry: Entry, from: LifeId, what: Item): void {
  const { object } = entry
  if (isAwaited(state, entry)) return regain(state, entry, locatedAs(what, from))
  for (const link of linksOf(what)) hold(state, link, 'container')
  if (what.type === 'inline') state.directory.inline(entry, what.bytes, what.refs)
  else if (what.type === 'ref') state.directory.become(entry, what.link)
  else {
    state.directory.stored(entry, what.size, what.hash, what.refs)
    state.directory.addHolder(entry, from)
  }
  state.shared.found(object)
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
}

function locatedAs(what: Item, from: LifeId): Located {
  if (what.type === 'ref') return { type: 'alias', link: what.link }
  return what.type === 'inline' ? what : { ...what, holders: [from] }
}

/** Bytes that nobody waited for: one more copy, or waste. */
// oxlint-disable-next-line max-params -- what is known of it, and what came
function spareOrFree(
  state: PeerState,
  from: LifeId,
  entry: Entry | undefined,
  { task, index, item }: ItemMessage,
): void {
  if (item.type !== 'stored') return
  if (entry?.state === 'stored' && entry.hash === item.hash) return state.directory.addHolder(entry, from)
  say(state, from, { type: 'free', object: itemOf(task, index) })
}

/** Its bytes and its refs must not be kept over there for nothing. */
function refuse(state: PeerState, from: LifeId, message: ItemMessage): void {
  const { task, index, item: what } = message
  spareOrFree(state, from, state.directory.get(itemOf(task, index)), message)
  if (linksOf(what).length > 0 && from !== state.self) expectDelivery(state.deliveries, from, message, [])
}

/** The executor lets go of the refs inside once we hold them ourselves, or do not need them. */
function holdsLater(state: PeerState, from: LifeId, message: ItemMessage): void {
  const links = linksOf(message.item).map((link) => link.object)
  if (links.length > 0) expectDelivery(state.deliveries, from, message, links)
}

/** Somebody reads that stream, and has come so far. */
export function took(state: PeerState, from: LifeId, { object, reader, run, taken }: Took): void {
  const row = adopt(state, object) ? state.streams.get(object as string as TaskId) : undefined
  // Whoever reads it has borrowed it first.
  if (from !== state.self && state.holds.get(object)?.borrowers.has(from) !== true) return void state.counters.strayed++
  if (!row || readBy(state, row, { context: reader, run }, taken)) return
  if (from === state.self) consumed(state, from, { object, reader })
  else say(state, from, { type: 'consumed', object, reader })
}

// ---- where it is read

export function reads(state: PeerState, event: Extract<PeerEvent, { type: 'took' }>): void {
  const { object, owner, reader, run, taken } = event
  state.readings.set(object, { reader, run, taken })
  const isOwn = owner === state.self || state.directory.get(object) !== undefined
  // At once: items that are asked for in the same turn depend on it.
  if (isOwn) took(state, state.self, { type: 'took', object, reader, run, taken })
  else tellTaken(state, object, state.holds.get(object)?.owner ?? owner)
}

/** Whoever answers for it now learns how far its reader is. */
export function tellTaken(state: PeerState, object: ObjectId, owner: LifeId): void {
  const reading = state.readings.get(object)
  if (!reading || state.members.ended(owner)) return
  say(state, owner, { type: 'took', object, ...reading })
}

/** It answers again, or in the place of another. */
export function ownerKnown(state: PeerState, owner: LifeId): void {
  for (const object of state.readings.keys())
    if (state.holds.get(object)?.owner === owner) tellTaken(state, object, owner)
}

/** Whoever answers for it says that another context reads it. */
export function consumed(
  state: PeerState,
  from: LifeId,
  { object, reader }: { object: ObjectId; reader: ContextId },
): void {
  if (from !== state.self && from !== state.holds.get(object)?.owner) return void state.counters.strayed++
  state.readings.delete(object)
  state.effects.push({ type: 'consumed', object, reader })
}
