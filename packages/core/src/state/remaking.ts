// Something that was put and whose bytes are gone: what of it is still looked for, or is being put again by its
// task, and what happens when it is there. It may come from whoever runs the task, from a holder that is back, or
// from another peer that answers for it; whichever comes first counts.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import { settleAs } from './adoption.ts'
import type { Entry } from './directory.ts'
import { conflict } from './failures.ts'
import { letGo, tellBorrowers, whereabouts } from './locate.ts'
import type { Maker } from './makers.ts'
import type { PeerState } from './peer-state.ts'
import { isBeyond, say } from './peer-state.ts'
import { isToGoOn } from './streaming.ts'
import { sayingOf } from './transits.ts'

/** Its bytes are looked for, or are being made again. */
export function isAwaited(state: PeerState, { object, state: at }: Entry): boolean {
  return at === 'pending' && (state.missing.has(object) || state.makers.of(object)?.awaited.has(object) === true)
}

/** Somebody has it, or has put it again. Refs inside of what it was are let go of when those of what it is are held. */
export function regain(state: PeerState, entry: Entry, located: Located): void {
  const { object } = entry
  const before = reopened(state, entry, located)
  settleAs(state, entry, located)
  for (const of of before) letGo(state, of, 'container')
  state.shared.found(object)
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
  tellBorrowers(state, object)
}

/** To be settled anew: the refs that were held for what it was. */
export function reopened(state: PeerState, entry: Entry, located: Located): ObjectId[] {
  const { object, hash } = entry
  const sought = state.missing.get(object)?.located
  state.missing.delete(object)
  const known = hash === '' ? (sought?.hash ?? '') : hash
  if (located.type === 'stored' && known !== '' && known !== located.hash) dispute(state, object)
  const refs = entry.state === 'pending' ? (sought?.refs ?? []) : []
  state.directory.reopen(entry, 'pending')
  return refs.map((link) => link.object)
}

function dispute(state: PeerState, object: ObjectId): void {
  const spec = state.makers.of(object)?.spec
  if (spec) conflict(state, spec, 'run again, it put other bytes under the same id')
}

/** Whoever asked for the run waits for this: told where it is, and it stays here until it is theirs as well. */
export function tellRemade(state: PeerState, object: ObjectId, to: LifeId): void {
  const located = whereabouts(state, object)
  const saying = sayingOf({ task: object as string as TaskId, attempt: 0 })
  if (to === state.self || located === null || located.type === 'failure') return
  if (state.transits.has(saying, to) || isBeyond(state, to)) return
  state.holds.add(object, state.self, 'transit')
  state.transits.add(saying, to, [object])
  say(state, to, { type: 'remade', object, located })
}

/** Nobody waits for it any more. True when it may be made again, and is not for now. */
export function stopAwaiting(state: PeerState, entry: Entry): boolean {
  const { object } = entry
  const maker = state.makers.of(object)
  if (entry.state !== 'pending' || entry.wantedBy.size > 0 || !maker?.awaited.delete(object)) return false
  fadePut(state, entry)
  letRunGo(state, maker)
  return true
}

/** Its bytes are gone and nobody reads it: its task is run again when somebody does. */
export function fadePut(state: PeerState, entry: Entry): void {
  const { object } = entry
  const refs = state.missing.get(object)?.located.refs ?? []
  // Who comes back with bytes that have refs inside is too late: these are let go of.
  if (refs.length > 0) state.missing.delete(object)
  state.directory.reopen(entry, 'faded')
  for (const link of refs) letGo(state, link.object, 'container')
  state.agenda.loose.push(object)
}

/** Its task was run again for nothing but what is there by now. Its children are left alone: the task itself is done. */
export function letRunGo(state: PeerState, { spec, awaited, isRun }: Maker): void {
  const row = state.tasks.get(spec.id)
  if (!isRun || awaited.size > 0 || !row || row.state === 'settled' || isToGoOn(state, spec.id)) return
  const task = spec.id
  const entry = state.directory.get(task as string as ObjectId)
  if (entry?.state === 'pending' && (state.holds.isHeld(entry.object) || entry.wantedBy.size > 0)) return
  const reason = 'what it was run again for is there'
  if (row.at !== null) say(state, row.at, { type: 'abort', task, attempt: row.attempt, reason, moved: true })
  const failure = {
    code: 'TASK_CANCELLED',
    reason,
    message: reason,
    task,
    peer: null,
    attempt: 0,
    cause: null,
  } as const
  state.agenda.conclude.push({ task, result: { type: 'failure', failure: { ...failure, story: [] } }, holder: null })
}
