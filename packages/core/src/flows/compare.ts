// Several peers may have answered for one object, on two sides of a cut. When they meet they compare what
// they settled. Of two ends one stands, by a law that needs no vote: a value over a failure over a
// cancel; of two values that of the first owner, else of the lower life. The other side changes its
// entry for later readers. Two different outcomes of one task are said to be a conflict, on both sides.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Located } from '../model/object.ts'
import { equalBytes } from '../model/equal-bytes.ts'
import { settleAs } from '../state/adoption.ts'
import type { Entry } from '../state/directory.ts'
import { conflict } from '../state/failures.ts'
import { dropSpec } from '../state/lineage.ts'
import { tellBorrowers } from '../state/locate.ts'
import { isAwaited, regain } from '../state/remaking.ts'
import { say } from '../state/peer-state.ts'
import type { PeerState } from '../state/peer-state.ts'
import type { SharedRow } from '../state/shared.ts'

type Compare = Extract<Message, { type: 'compare' }>

/** Once per turn: what was found here goes to those who may answer as well, as far as they are there. */
export function compareFound(state: PeerState): void {
  const { shared, members, timers } = state
  if (shared.size === 0 || (!shared.hasNews && timers.sharedVersion === members.version)) return
  timers.sharedVersion = members.version
  shared.hasNews = false
  for (const row of shared.all()) {
    const located = row.isFound ? found(state, row) : null
    if (located === null) continue
    for (const life of row.others) if (members.lives(life) && !row.told.has(life)) tell(state, row, life, located)
  }
}

function found(state: PeerState, { object, left }: SharedRow): Located | null {
  return left ?? state.directory.locate(object)
}

// oxlint-disable-next-line max-params -- what is said to whom
function tell(state: PeerState, row: SharedRow, life: LifeId, located: Located): void {
  row.told.add(life)
  say(state, life, { type: 'compare', object: row.object, located, isFirst: !row.isAdopted, reply: true })
}

/** What another owner of it found. */
export function compared(state: PeerState, from: LifeId, message: Compare): void {
  const { object } = message
  const entry = state.directory.get(object)
  if (!mayAnswer(state, object, from)) return void state.counters.strayed++
  const row = entry ? state.shared.note(object, from) : state.shared.get(object)
  // Nobody here has asked for it, or everybody has let go of it.
  if (!row) return
  const ours = found(state, row)
  // What is looked for here is found there.
  if (ours === null && entry && isAwaited(state, entry) && isValue(message.located))
    regain(state, entry, message.located)
  // Told when it has settled here as well.
  if (ours === null || isSame(ours, message.located)) return
  if (message.reply) say(state, from, { type: 'compare', object, located: ours, isFirst: !row.isAdopted, reply: false })
  if (isOutcome(ours) && isOutcome(message.located)) dispute(state, row, from)
  if (entry && stands(state, row, ours, message, from)) change(state, entry, message.located)
}

/** Whoever keeps or kept our ledger, or got from us what it asked for in the name of a context. */
function mayAnswer(state: PeerState, object: ObjectId, life: LifeId): boolean {
  return state.shared.get(object)?.others.has(life) === true || state.ledger.wasAppointed(life)
}

/** Is it theirs that counts from now on? */
// oxlint-disable-next-line max-params -- two sides, each with its standing
function stands(state: PeerState, row: SharedRow, ours: Located, theirs: Compare, from: LifeId): boolean {
  const more = rank(theirs.located) - rank(ours)
  if (more !== 0) return more > 0
  if (theirs.isFirst === row.isAdopted) return theirs.isFirst
  return from < state.self
}

function rank(located: Located): number {
  if (located.type !== 'failure') return 3
  if (isOutcome(located)) return 2
  return located.failure.code === 'OBJECT_LOST' ? 0 : 1
}

/** The task itself brought it about: a value, or what it threw. */
function isOutcome(located: Located): boolean {
  return located.type !== 'failure' || located.failure.code === 'TASK_FAILED'
}

function isValue({ type }: Located): boolean {
  return type === 'inline' || type === 'stored'
}

function isSame(a: Located, b: Located): boolean {
  if (a.type === 'inline' && b.type === 'inline') return equalBytes(a.bytes, b.bytes)
  if (a.type === 'stored' && b.type === 'stored') return a.hash === b.hash
  if (a.type === 'alias' && b.type === 'alias') return a.link.object === b.link.object
  return a.type === 'failure' && b.type === 'failure' && rank(a) === rank(b)
}

/** Said once per object. */
function dispute(state: PeerState, row: SharedRow, from: LifeId): void {
  if (row.isDisputed) return
  row.isDisputed = true
  const { object } = row
  const task = object as string as TaskId
  const fn = state.tasks.get(task)?.spec.fn ?? state.remembered.get(task)?.fn ?? object
  conflict(
    state,
    { id: task, fn },
    `it ran here and at ${state.members.nameOf(peerOf(from))}, and the results are not the same`,
  )
}

/** Ours is theirs from now on, for later readers; whoever read the other keeps what it has. */
function change(state: PeerState, entry: Entry, located: Located): void {
  const { object, task, refs } = entry
  for (const life of new Set([...entry.holders, ...entry.copying])) say(state, life, { type: 'free', object })
  state.directory.reopen(entry, 'pending')
  settleAs(state, entry, located)
  // Whoever was told of what it was may have yet to say that it holds what is inside.
  state.ledger.farewell(refs.map((link) => link.object))
  state.shared.found(object)
  const keepsLineage = located.type === 'stored' || located.type === 'alias'
  if (task !== null && !keepsLineage) dropSpec(state, task)
  else if (task !== null && !state.tasks.get(task))
    state.notes.set(object, 'how it was made is known where it was made')
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
  tellBorrowers(state, object)
}
