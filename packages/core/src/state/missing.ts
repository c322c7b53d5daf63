// Puts of whose bytes nobody known is there. Of adopted ones somebody may say in time that it has them; then they
// are put again by their task, or lost, with the reason; and found again should one of those who had them come back
// one day, however late: bytes that an owner has not freed are not waste.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { StoredAt } from '../model/object.ts'
import type { Entry } from './directory.ts'
import { dropMaker, dropSpec } from './lineage.ts'
import { hold, letGo, tellBorrowers } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import { lostFailure, notify, say } from './peer-state.ts'

export function awaitHolder(state: PeerState, { object }: Entry, located: StoredAt): void {
  const by = after(state.timers.turnAt, state.config.adoptMs)
  state.missing.set(object, { located, by, asked: new Set() })
}

/** Somebody has the bytes after all. False when they were not looked for. */
export function foundHolder(state: PeerState, from: LifeId, object: ObjectId, hash: string): boolean {
  const missing = state.missing.get(object)
  const entry = state.directory.get(object)
  if (!entry || missing?.located.hash !== hash) return false
  const { size, refs } = missing.located
  state.missing.delete(object)
  if (entry.state !== 'pending') for (const link of refs) hold(state, link, 'container')
  state.directory.reopen(entry, 'pending')
  state.directory.stored(entry, size, hash, refs)
  state.directory.addHolder(entry, from)
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
  tellBorrowers(state, object)
  return true
}

/** Nobody said so in time. */
export function dueMissing(state: PeerState, now: Instant): void {
  for (const [object, missing] of state.missing) {
    if (missing.by > now) continue
    missing.by = never
    state.agenda.lost.push({ object, reason: 'whoever had its bytes is gone' })
  }
}

/** It has no value any more, and nobody makes it. What was inside is let go of. */
// oxlint-disable-next-line max-params -- what, why, and in words
export function loseForGood(state: PeerState, entry: Entry, reason: string, because: string): void {
  const { object, task } = entry
  const sought = entry.state === 'pending' ? state.missing.get(object)?.located.refs : undefined
  const refs = sought ?? entry.refs
  const fn = task ? state.tasks.get(task)?.spec.fn : undefined
  state.directory.failed(entry, { ...lostFailure(object, reason, because, fn), task })
  for (const link of refs) letGo(state, link.object, 'container')
  if (task) dropSpec(state, task)
  else if (state.makers.of(object)) {
    // For when somebody is back with it.
    state.notes.set(object, 'it was lost once, and its lineage with it')
    dropMaker(state, object)
  }
  notify(state, { type: 'object:lost', object, reason })
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
}

/** Whoever had them and is here again is asked to look. */
export function askReturned(state: PeerState): void {
  const { missing, members, timers } = state
  if (missing.size === 0 || timers.missingVersion === members.version) return
  timers.missingVersion = members.version
  for (const [object, { located, asked }] of missing) {
    for (const holder of located.holders) {
      if (!members.lives(holder) || asked.has(holder)) continue
      asked.add(holder)
      say(state, holder, { type: 'verify', object, hash: located.hash })
    }
  }
}

export function missingDeadline(state: PeerState): Instant {
  let next: Instant = never
  for (const { by } of state.missing.values()) if (by < next) next = by
  return next
}
