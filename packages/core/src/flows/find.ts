// Bytes that outlived the process that kept them. A peer that starts again tells of them whoever answered
// for them, and everybody it comes to talk to: an owner that knows the object takes the peer back as a
// holder, one that let go of it says `free`, and from all others no answer comes. Unknown is not freed:
// what nobody claims is kept for `foundlingMs`, or until the disk is needed.

import type { PeerEvent } from '../model/events.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, peerOf } from '../model/ids.ts'
import type { FoundNote, Located } from '../model/object.ts'
import { dropFoundling, makeDiskRoom } from '../state/bytes.ts'
import type { Entry } from '../state/directory.ts'
import { foundHolder } from '../state/missing.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'

/** How often everybody is told while they are kept: a job may have been begun again since. */
const tellings = 24
/** Objects told of in one message. */
const notesMost = 1_000

export function found(state: PeerState, { objects }: Extract<PeerEvent, { type: 'found' }>, now: Instant): void {
  const fresh = objects.filter(({ object }) => !state.holdings.has(object))
  state.foundlings.add(fresh, after(now, state.config.foundlingMs))
}

/** The pump: those that are somebody's now, those that must go, those that are to be told. */
export function tendFoundlings(state: PeerState, now: Instant): void {
  const { foundlings } = state
  if (foundlings.size === 0) return
  if (state.holdings.isRestless) unite(state)
  for (const { object } of foundlings.due(now)) dropFoundling(state, object)
  // Some of the disk stays free for what memory has no room for in the very next moment.
  makeDiskRoom(state, 0, state.disk.limitBytes * state.config.pressureShare)
  foundlings.tellAgain(now, after(now, state.config.foundlingMs / tellings))
  for (const life of whomToTell(state)) if (foundlings.tell(life)) tell(state, life)
}

/** The same bytes came by another way. */
function unite(state: PeerState): void {
  for (const note of state.foundlings.all()) {
    const row = state.holdings.get(note.object)
    if (!row) continue
    state.foundlings.take(note.object)
    if (row.hash === note.hash && row.place === 'memory') state.holdings.moved(row, 'disk')
  }
}

/** Whoever counted on them, under whatever life; and those we are in touch with, who may answer for them by now. */
function* whomToTell(state: PeerState): Iterable<LifeId> {
  const { members } = state
  for (const life of state.links.standing()) if (!members.ended(life)) yield life
  for (const { owners } of state.foundlings.all()) {
    for (const owner of owners) {
      const member = members.get(peerOf(owner))
      if (member && member.life !== state.self && !members.ended(member.life)) yield member.life
    }
  }
}

function tell(state: PeerState, life: LifeId): void {
  const notes = [...state.foundlings.all()]
  for (let at = 0; at < notes.length; at += notesMost)
    say(state, life, { type: 'found', objects: notes.slice(at, at + notesMost) })
}

/** It counts as a copy: of bytes that were found, or of some that might have been let go of. */
export function kept(state: PeerState, from: LifeId, { object, nth }: { object: ObjectId; nth: number }): void {
  if (state.holdings.answered(object, from, nth)) return
  const note = state.foundlings.take(object)
  if (note) state.holdings.keep(note, [from], 'disk')
  else if (!state.holdings.has(object)) say(state, from, { type: 'gone', object, holder: state.self })
}

/** At whoever may answer for them. */
export function claimed(state: PeerState, from: LifeId, objects: readonly FoundNote[]): void {
  for (const note of objects) {
    const answer = judge(state, from, note)
    if (answer === 'keep') say(state, from, { type: 'keep', object: note.object, nth: 0 })
    else if (answer === 'free') say(state, from, { type: 'free', object: note.object })
  }
}

/** Null: not ours to say. */
function judge(state: PeerState, from: LifeId, note: FoundNote): 'keep' | 'free' | null {
  const { object, hash, owners } = note
  const entry = state.directory.get(object)
  const isOurs = owners.includes(state.self)
  // This very life counted on them once, and has let go of them since.
  if (!entry) return isOurs ? 'free' : null
  if (entry.state === 'pending' && foundHolder(state, from, object, hash)) return 'keep'
  if (entry.hash === hash && takeBack(state, from, entry)) return 'keep'
  return isOurs && entry.state !== 'pending' ? 'free' : null
}

/** False when these bytes are not wanted, or will be made again by now. */
function takeBack(state: PeerState, from: LifeId, entry: Entry): boolean {
  if (entry.state === 'stored') {
    state.directory.addHolder(entry, from)
    return true
  }
  if (!entry.isPlain) return false
  const { object, size, hash } = entry
  if (entry.state === 'pending') {
    const row = entry.task ? state.tasks.get(entry.task) : undefined
    if (!row || row.state === 'settled' || row.state === 'assigned' || row.ending) return false
    const result: Located = { type: 'stored', size, hash, holders: [from], refs: [] }
    state.agenda.conclude.push({ task: row.spec.id, result, holder: from })
    return true
  }
  // It was a value once, and failed when its bytes were gone: a value is more than a failure. Ended on purpose it stays so.
  if (entry.state !== 'failed' || entry.failure?.code === 'TASK_CANCELLED') return false
  if (entry.task) state.notes.set(object, 'it was lost once, and its lineage with it')
  state.directory.stored(entry, size, hash, [])
  state.directory.addHolder(entry, from)
  state.agenda.settled.push(object)
  return true
}
