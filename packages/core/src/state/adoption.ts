// Answering for what another peer answered for. A row of its ledger becomes rows of our own tables:
// what is settled as it is, what runs at whoever has it, what is lost to be made again. Two peers may
// do so at once, on two sides of a cut: values never change, bytes may have several owners, and an
// attempt that two ask for runs once; so no vote is needed, only comparing when they meet again.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemIn, resultOf } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import { neededBy } from '../model/ledger.ts'
import type { Located } from '../model/object.ts'
import { linksIn } from '../model/object.ts'
import type { Epoch, TaskSpec } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import type { Entry } from './directory.ts'
import { guard } from './guarding.ts'
import { keepLineage, keepMaker } from './lineage.ts'
import { hold, letGo, moveTo } from './locate.ts'
import { awaitHolder } from './missing.ts'
import type { PeerState } from './peer-state.ts'
import { lostFailure, say } from './peer-state.ts'
import { isVouched } from './permits.ts'
import { tellAdopted } from './recording.ts'
import { addItem, expectItem, holdUnread, openStream } from './streaming.ts'
import { Tasks } from './tasks.ts'

/** False when no ledger here tells of it. What nobody holds in the end goes again in the same turn. */
export function adopt(state: PeerState, object: ObjectId): boolean {
  if (state.directory.get(object)) return true
  const row = state.guarded.find(object)
  if (row) install(state, row, [])
  else return adoptItem(state, object)
  return true
}

/** Of items that are yet to come only their stream is known. */
function adoptItem(state: PeerState, object: ObjectId): boolean {
  const at = itemIn(object)
  return at !== null && adopt(state, resultOf(at.task)) && expectItem(state, object)
}

/** Only when its owner is gone: one that is here may have let go of it since. */
export function adoptOrphan(state: PeerState, object: ObjectId): void {
  if (isOrphan(state, object)) adopt(state, object)
}

function isOrphan(state: PeerState, object: ObjectId): boolean {
  return state.guarded.ownersOf(object).some((owner) => state.members.ended(owner))
}

/** With everything that it needs; a list, not the call stack. `others`: who may answer for it besides those whose ledgers tell of it. */
export function install(state: PeerState, first: LedgerRow, others: Iterable<LifeId>): void {
  const left = [first]
  for (let told = left.pop(); told !== undefined; told = left.pop()) {
    const row = asFound(state, told)
    // Of a worker's children those are gone on with that run what a member has brought.
    if (row.spec && !isVouched(state, row.spec.code, state.guarded.ownersOf(row.object))) {
      if (row.task === null && row.located !== null) left.push({ ...row, spec: null })
      continue
    }
    if (state.directory.get(row.object)) continue
    state.shared.adopted(
      row.object,
      [...others, ...ownersOf(state, row)].filter((life) => life !== state.self),
    )
    tellAdopted(state, row.object, row.spec?.fn ?? null)
    enter(state, row)
    // Whoever made us adopt it would miss it.
    guard(state, row.object, row.context)
    for (const object of neededBy(row)) {
      const needed = isOrphan(state, object) ? state.guarded.find(object) : undefined
      if (needed) left.push(needed)
    }
  }
}

/** What was found here before everybody let go of it is what it is, whatever a ledger says: one peer has one answer. */
function asFound(state: PeerState, row: LedgerRow): LedgerRow {
  const found = state.shared.get(row.object)?.left
  return found?.type === 'inline' && found.refs.length === 0 ? { ...row, spec: null, located: found } : row
}

/** Whose object it was, and whoever else may have adopted it. */
function ownersOf(state: PeerState, { object, context }: LedgerRow): LifeId[] {
  const first = state.guarded.ownersOf(object)
  const guardians = first.flatMap((life) => state.members.guardiansOf(life, true))
  return [...first, ...guardians, ...(context === null ? [] : state.guarded.claimantsOf(context))]
}

function enter(state: PeerState, row: LedgerRow): void {
  const { object, task, spec, copies, located } = row
  const entry = task === null ? addItem(state, object, copies) : state.directory.add(object, task, copies)
  entry.isInner = true
  state.agenda.loose.push(object)
  if (task === null && spec !== null) keepMaker(state, object, spec, row.at === null ? [] : [row.at])
  if (located !== null) settleAs(state, entry, located)
  const item = itemIn(object)
  const stream = item && state.streams.get(item.task)
  if (item && stream) holdUnread(state, stream, item.index)
  if (task !== null && spec !== null && isStream(spec)) enterStream(state, entry, row, spec)
  else if (task !== null && spec !== null) enterTask(state, entry, row, spec)
  else if (spec !== null && located === null) state.directory.reopen(entry, 'faded')
  else if (task !== null && (entry.state === 'stored' || entry.state === 'alias'))
    state.notes.set(object, 'its lineage was dropped by the peer that answered for it before')
  else if (located === null)
    state.directory.failed(entry, lostFailure(object, 'lineage-dropped', 'how it was made is not known any more'))
  if (entry.state !== 'pending') state.agenda.settled.push(object)
  const held = state.holds.get(object)
  if (held) moveTo(state, held, state.self)
}

/** One that has ended is run again only for what its reader has yet to take. */
// oxlint-disable-next-line max-params -- one row in two tables
function enterStream(state: PeerState, entry: Entry, row: LedgerRow, spec: TaskSpec): void {
  openStream(state, spec)
  if (row.located === null) enterTask(state, entry, row, spec)
  else state.agenda.settled.push(entry.object)
  const reading = state.readings.get(entry.object)
  if (reading) say(state, state.self, { type: 'took', object: entry.object, ...reading })
}

/** What another owner says that it is. */
export function settleAs(state: PeerState, entry: Entry, located: Located): void {
  for (const link of linksIn(located)) hold(state, link, 'container')
  switch (located.type) {
    case 'inline':
      return state.directory.inline(entry, located.bytes, located.refs)
    case 'failure':
      return state.directory.failed(entry, located.failure)
    case 'alias':
      return state.directory.become(entry, located.link)
    case 'stored':
      if (entry.task === null && located.holders.every((holder) => state.members.ended(holder)))
        return awaitHolder(state, entry, located)
      state.directory.stored(entry, located.size, located.hash, located.refs)
      for (const holder of located.holders) askHolder(state, entry, holder)
      if (entry.holders.size === 0)
        state.agenda.lost.push({ object: entry.object, reason: 'whoever had its bytes is gone as well' })
  }
}

/** It counts as one until it has looked; from then on its bytes are ours as well. */
function askHolder(state: PeerState, entry: Entry, holder: LifeId): void {
  if (state.members.ended(holder)) return
  state.directory.addHolder(entry, holder)
  say(state, holder, { type: 'verify', object: entry.object, hash: entry.hash })
}

/** A job's epoch never changes while it lives; a task's is the attempt that runs it. */
export function epochOf(state: PeerState, spec: TaskSpec): Epoch {
  if (spec.depth === 0) return state.firstEpoch
  const parent = state.executor.ofTask(spec.context as string as TaskId)
  const number = parent.reduce((highest, row) => Math.max(highest, row.attempt), 1)
  return { number, by: state.self }
}

// oxlint-disable-next-line max-params -- one row in two tables
function enterTask(state: PeerState, entry: Entry, { attempt, at, faded, located }: LedgerRow, spec: TaskSpec): void {
  const now = state.timers.turnAt
  if (state.tasks.get(spec.id)) {
    // It runs here already, for something that it put.
    if (faded) state.directory.reopen(entry, 'faded')
    return
  }
  const row = state.tasks.add(spec, epochOf(state, spec), now)
  row.attempt = row.numbered = attempt
  row.isNamed = true
  if (spec.call && located === null) state.callees.add(spec.call.actor, spec.context, spec.id)
  state.code.need(spec.code)
  for (const link of spec.refs) hold(state, link, 'spec')
  if (located !== null || faded) {
    if (faded) state.directory.reopen(entry, 'faded')
    state.tasks.settled(row)
    keepLineage(state, row)
    for (const link of spec.refs) letGo(state, link.object, 'spec')
    return
  }
  if (spec.actor?.detached) state.holds.add(entry.object, state.self, 'container')
  // Whoever has it is asked for it: it does not run twice for two owners.
  if (at !== null && !state.members.ended(at)) row.rejoin = at
  state.tasks.retrying(row, now)
  state.deadlines.set(spec.id, Tasks.dueAt(row))
}
