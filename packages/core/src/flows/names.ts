// Actors by their names. Whoever is to have one asks everybody who is here: with nobody who has it, it is theirs;
// of two who ask at once it goes to the lower life. Whoever only looks for one asks the same way. The names of
// actors that stay are taken over with them, when the peer that answered for them is gone.

import type { FoundActor } from '../model/events.ts'
import type { Instant, LifeId, TaskId } from '../model/ids.ts'
import { after, never, resultOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { install } from '../state/adoption.ts'
import { failure, giveFailure } from '../state/failures.ts'
import { nameOf } from '../state/names.ts'
import type { Search, Wish } from '../state/names.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { forbiddenSentence, roleOf } from '../state/permits.ts'
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
  for (const life of search.waits.keys()) say(state, life, { type: 'seek-actor', name })
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
  const owed = search?.waits.get(from)
  if (!search || owed === undefined) return void state.counters.strayed++
  if (owed === 1) search.waits.delete(from)
  else search.waits.set(from, owed - 1)
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

function standFor(state: PeerState, task: TaskId, { object, owner }: FoundActor): void {
  const result = { type: 'alias', link: { object, owner, top: false } } as const
  state.agenda.conclude.push({ task, result, holder: null })
}

/** It stands for that one when that goes on with its code: nobody who asked for this one is to reach the old. */
function askChange(state: PeerState, row: TaskRow, found: FoundActor): void {
  const role = roleOf(state, state.peer)
  if (role !== 'member' && found.owner !== state.self) {
    const message = `${row.spec.fn} was not spawned: ${forbiddenSentence(role, 'change the code of actors')}`
    return giveFailure(state, row, failure(row, 'FORBIDDEN', 'restore', message))
  }
  if (row.wishes++ >= wishesMost) return refuse(state, row, `it ended each of the ${wishesMost} times that it was to`)
  const wish = { found, askAt: never }
  state.names.changing.set(row.spec.id, wish)
  sayWish(state, row, wish)
}

/** One that ends again and again is not waited for without end. */
const wishesMost = 16

/** Said again, it is the same. */
function sayWish(state: PeerState, { spec }: TaskRow, wish: Wish): void {
  const { found } = wish
  const { code, policy, actor } = spec
  wish.askAt = after(state.timers.turnAt, state.config.placeTimeoutMs)
  const change = { code, needs: policy.needs, generators: actor?.generators ?? [] }
  say(state, found.owner, { type: 'change-actor', actor: found.object, task: spec.id, ...change })
}

/** What came of that. */
export function changed(
  state: PeerState,
  from: LifeId,
  { task, end, why }: Extract<Message, { type: 'changed-actor' }>,
): void {
  const { found } = state.names.changing.get(task) ?? {}
  const row = state.tasks.get(task)
  if (found?.owner !== from) return void state.counters.strayed++
  state.names.changing.delete(task)
  if (!row || row.state === 'settled') return
  if (end === 'changed') return standFor(state, task, found)
  if (end === 'gone') return void state.agenda.naming.push(task)
  refuse(state, row, why)
}

function refuse(state: PeerState, row: TaskRow, why: string): void {
  const name = `'${String(row.spec.policy.name)}'`
  const message = `${row.spec.fn} was not spawned: the actor that has the name ${name} could not go on with this code, and goes on with its own: ${why}`
  giveFailure(state, row, failure(row, 'NAME_TAKEN', 'restore', message))
}

function takenBy(state: PeerState, row: TaskRow, found: FoundActor): void {
  const { owner, code, fn } = found
  const { spec } = row
  const name = `'${String(spec.policy.name)}'`
  const isOther = fn !== spec.fn || (code !== spec.code && spec.actor?.onCodeChange !== 'keep')
  if (spec.actor?.getIfExists === true) {
    if (!isOther) return standFor(state, spec.id, found)
    if (fn === spec.fn && spec.actor.onCodeChange === 'restore') return askChange(state, row, found)
  }
  const where = state.members.nameOf(owner.slice(0, owner.lastIndexOf('/')) as PeerState['peer'])
  const what = isOther ? `an actor of another class or code, ${fn},` : 'an actor'
  const way = isOther
    ? fn === spec.fn
      ? "take another name, end that one first, go on with its code, or have it go on with yours: { getIfExists: true, onCodeChange: 'keep' or 'restore' }"
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
    install(state, told, [])
  }
}

/** Whoever is gone answers no more: another may, for the actor that was to be changed. */
export function silent(state: PeerState, life: LifeId): void {
  for (const [task, { found }] of state.names.changing) {
    if (found.owner !== life) continue
    state.names.changing.delete(task)
    state.agenda.naming.push(task)
  }
  for (const search of state.names.all()) {
    if (!search.waits.delete(life)) continue
    // Its guardians answer for its actors from now on; they may have said before that they know of none.
    for (const { life: other } of search.found === null ? state.members.others() : []) {
      search.waits.set(other, (search.waits.get(other) ?? 0) + 1)
      say(state, other, { type: 'seek-actor', name: search.name })
    }
    if (search.waits.size === 0) decide(state, search)
  }
}

export function dueNames(state: PeerState, now: Instant): void {
  for (const search of state.names.all()) if (search.by <= now) decide(state, search)
  for (const [task, wish] of state.names.changing) {
    const row = state.tasks.get(task)
    if (!row || row.state === 'settled') state.names.changing.delete(task)
    else if (wish.askAt <= now) sayWish(state, row, wish)
  }
}
