// Actors by their names. Whoever is to have one asks everybody who is here: with nobody who has it, it is theirs;
// of two who ask at once it goes to the lower life. Whoever only looks for one asks the same way. The names of
// actors that stay are taken over with them, when the peer that answered for them is gone.

import type { FoundActor } from '../model/events.ts'
import type { Instant, LifeId, TaskId } from '../model/ids.ts'
import { after, resultOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { install } from '../state/adoption.ts'
import { failure, giveFailure } from '../state/failures.ts'
import { nameOf } from '../state/names.ts'
import type { Search } from '../state/names.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { Tasks } from '../state/tasks.ts'
import type { TaskRow } from '../state/tasks.ts'

/** That actor is to have its name, and does not begin before. */
export function claim(state: PeerState, task: TaskId, now: Instant): void {
  const row = state.tasks.get(task)
  const name = row?.spec.policy.name
  if (!row || name == null || row.isNamed || row.state === 'settled') return
  const search = searchFor(state, name, now)
  search.claims.push(task)
  if (search.waits.size === 0) decide(state, search)
}

/** A program looks for it. */
export function find(
  state: PeerState,
  request: number,
  { name, now }: { readonly name: string; readonly now: Instant },
): void {
  const search = searchFor(state, name, now)
  search.requests.push(request)
  if (search.waits.size === 0) decide(state, search)
}

function searchFor(state: PeerState, name: string, now: Instant): Search {
  const known = state.names.get(name)
  if (known) return known
  const others = ownActor(state, name) ? [] : state.members.others().map(({ life }) => life)
  // Who is only slow may have it: silence counts as no when it is a death, or nobody would wait any longer.
  const search = state.names.add(name, others, after(now, state.config.placeTimeoutMs))
  for (const life of search.waits) say(state, life, { type: 'seek-actor', name })
  return search
}

/** One that we answer for. */
function ownActor(state: PeerState, name: string): FoundActor | null {
  for (const row of state.tasks.actors)
    if (row.isNamed && row.state !== 'settled' && row.spec.policy.name === name) return foundAs(state, row)
  return null
}

function foundAs({ self }: PeerState, { spec }: Pick<TaskRow, 'spec'>): FoundActor {
  const { id, code, fn, actor } = spec
  const { callRetries = 0, maxPendingCalls = 0, onceOnly = false, generators = [] } = actor ?? {}
  return { object: resultOf(id), owner: self, code, fn, calls: { callRetries, maxPendingCalls, onceOnly, generators } }
}

export function sought(state: PeerState, from: LifeId, { name }: Extract<Message, { type: 'seek-actor' }>): void {
  say(state, from, {
    type: 'sought-actor',
    name,
    found: ownActor(state, name) ?? claimed(state, from, name) ?? kept(state, name),
  })
}

/** We ask for it ourselves, and come first. */
function claimed(state: PeerState, from: LifeId, name: string): FoundActor | null {
  const [first] = state.names.get(name)?.claims ?? []
  const row = first === undefined ? undefined : state.tasks.get(first)
  return row && state.self < from ? foundAs(state, row) : null
}

/** Of an owner that is gone, and that we could answer in the place of. */
function kept(state: PeerState, name: string): FoundActor | null {
  for (const owner of state.guarded.owners()) {
    if (!state.members.ended(owner)) continue
    for (const { spec, located } of state.guarded.actorsOf(owner))
      if (located === null && spec?.policy.name === name) return foundAs(state, { spec })
  }
  return null
}

export function answered(
  state: PeerState,
  from: LifeId,
  { name, found }: Extract<Message, { type: 'sought-actor' }>,
): void {
  const search = state.names.get(name)
  if (!search?.waits.delete(from)) return void state.counters.strayed++
  // Several guardians may know it: everybody chooses the same.
  if (found && (search.found === null || found.owner < search.found.owner)) search.found = found
  if (search.waits.size === 0) decide(state, search)
}

function decide(state: PeerState, search: Search): void {
  state.names.remove(search)
  let found = ownActor(state, search.name) ?? search.found
  for (const task of search.claims) {
    const row = state.tasks.get(task)
    if (!row || row.state === 'settled') continue
    if (found === null) {
      row.isNamed = true
      state.tasks.inputSettled(nameOf(row.spec))
      found = foundAs(state, row)
      state.tasks.retrying(row, state.timers.turnAt)
      state.deadlines.set(task, Tasks.dueAt(row))
    } else takenBy(state, row, found)
  }
  for (const request of search.requests) state.effects.push({ type: 'actor-found', request, found })
}

function takenBy(state: PeerState, row: TaskRow, { object, owner, code, fn }: FoundActor): void {
  const { spec } = row
  const name = `'${String(spec.policy.name)}'`
  const isOther = fn !== spec.fn || (code !== spec.code && spec.actor?.keepsCode !== true)
  if (spec.actor?.getIfExists === true && !isOther) {
    const link = { object, owner, top: false }
    state.agenda.conclude.push({ task: spec.id, result: { type: 'alias', link }, holder: null })
    return
  }
  const where = state.members.nameOf(owner.slice(0, owner.lastIndexOf('/')) as PeerState['peer'])
  const what = isOther ? `an actor of another class or code, ${fn},` : 'an actor'
  const way = isOther
    ? fn === spec.fn
      ? "take another name, end that one first, or go on with its code: { getIfExists: true, onCodeChange: 'keep' }"
      : 'take another name, or end that one first'
    : 'take another name, or spawn with { getIfExists: true }'
  const message = `${spec.fn} was not spawned: ${what} has the name ${name} already (${where} answers for it): ${way}`
  giveFailure(state, row, failure(row, 'NAME_TAKEN', 'actor', message))
}

/**
 * A peer is gone: of the actors that stay whatever happens the first guardian that is left answers from now on. Whoever
 * went may have been to answer for those of another that went before it, so all of the gone are looked at.
 */
export function ownerGone(state: PeerState): void {
  for (const owner of state.guarded.owners())
    if (state.members.ended(owner) && state.members.guardianOf(owner) === state.self) takeOver(state, owner)
}

function takeOver(state: PeerState, owner: LifeId): void {
  for (const told of state.guarded.actorsOf(owner)) {
    if (told.spec?.actor?.detached !== true || told.located !== null || state.directory.get(told.object)) continue
    state.holds.add(told.object, state.self, 'container')
    install(state, told, [])
  }
}

/** Whoever is gone answers no more. */
export function silent(state: PeerState, life: LifeId): void {
  for (const search of state.names.all())
    if (search.waits.delete(life) && search.waits.size === 0) decide(state, search)
}

export function dueNames(state: PeerState, now: Instant): void {
  for (const search of state.names.all()) if (search.by <= now) decide(state, search)
}
