// Adopted puts of whose bytes nobody known is there. Somebody may say in time that it has them; then they
// are lost, with the reason; and found again should one of those who had them come back one day, however
// late: bytes that an owner has not freed are not waste.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { StoredAt } from '../model/object.ts'
import type { Entry } from './directory.ts'
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
  if (entry.state === 'failed') for (const link of refs) hold(state, link, 'container')
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
    const entry = state.directory.get(object)
    if (entry?.state !== 'pending') continue
    state.directory.failed(entry, lostFailure(object, 'put', 'it was put, and whoever had its bytes is gone'))
    for (const link of missing.located.refs) letGo(state, link.object, 'container')
    notify(state, { type: 'object:lost', object, reason: 'put' })
    state.agenda.settled.push(object)
    state.agenda.loose.push(object)
  }
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
