// An object has settled, here or at its owner's: whoever waited for it is told. Programs get their
// value (with its bytes when they asked for them), borrowers get its whereabouts, tasks are looked
// at by submit. Also the pump that fetches bytes, and what becomes of a fetch.

import type { PeerEvent } from '../model/events.ts'
import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, codeOf } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { RefLink } from '../model/task.ts'
import { adopt } from '../state/adoption.ts'
import { dropBytes } from '../state/bytes.ts'
import type { Entry } from '../state/directory.ts'
import type { Fetch } from '../state/holdings.ts'
import { keepBytes } from '../state/keeping.ts'
import { hasLineage } from '../state/lineage.ts'
import type { WatchRow } from '../state/watches.ts'
import { answerer, askAgain, hold, isHere, letGo, locate, request, unanswerable } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { isBeyond, lostFailure, say } from '../state/peer-state.ts'
import { asksHere } from '../state/permits.ts'
import { hasRoomForCopy } from '../state/room.ts'
import { Tasks } from '../state/tasks.ts'
import { answerWanted } from '../state/telling.ts'

export function watch(state: PeerState, object: ObjectId, owner: LifeId, bytes: boolean): void {
  state.watches.add(object, owner, bytes)
  look(state, object)
}

export function unwatch(state: PeerState, object: ObjectId): void {
  const row = state.watches.get(object)
  if (!row) return
  stopBringing(state, row)
  state.watches.remove(row)
}

function stopBringing(state: PeerState, row: WatchRow): void {
  const { source } = row
  if (source === null) return
  state.watches.waitsFor(row, null)
  const fetch = state.holdings.fetching(source)
  if (!fetch || state.watches.ofSource(source).length > 0) return
  fetch.watched = false
  state.holdings.forgetUnwanted(fetch)
}

/** A watched object that has settled is handed over, or its bytes are brought first. */
function look(state: PeerState, object: ObjectId): void {
  const row = state.watches.get(object)
  if (!row) return
  const found = locate(state, object, row.owner)
  if (!found) return request(state, object, row.owner)
  if (row.source !== found.source) stopBringing(state, row)
  if (found.located.type === 'stored' && row.bytes && !isHere(state, found)) {
    state.watches.waitsFor(row, found.source)
    state.holdings.want(found.source, found.owner, found.located).watched = true
    return
  }
  stopBringing(state, row)
  state.watches.remove(row)
  state.effects.push({ type: 'settled', object, source: found.source, located: found.located })
}

/** Everybody who waited for this object, aliases included. */
export function settled(state: PeerState, object: ObjectId): void {
  answerWanted(state, object)
  // What became another object: that one is asked for.
  if (state.durables.has(object)) request(state, object, state.self)
  const isOwn = state.directory.get(object) !== undefined
  if (
    state.cancelling.has(object) &&
    (isOwn ? locate(state, object, state.self) : state.elsewhere.get(object)?.located)
  ) {
    state.cancelling.delete(object)
    state.effects.push({ type: 'cancelled', object })
  }
  look(state, object)
  if (state.callees.size > 0) state.callees.isStirred = true
  for (const alias of state.aliases.take(object)) state.agenda.settled.push(alias)
}

export function wanted(state: PeerState, from: LifeId, object: ObjectId): void {
  const entry = adopt(state, object) ? state.directory.get(object) : undefined
  if (!entry) {
    const failure = lostFailure(object, 'freed', 'its owner has let go of it')
    return say(state, from, { type: 'located', object, located: { type: 'failure', failure } })
  }
  entry.wantedBy.add(from)
  const isDeadEnd = leadsNowhere(state, entry)
  sayWhere(state, from, entry)
  if (entry.state === 'faded' || isDeadEnd) state.agenda.lost.push({ object, reason: 'wanted again' })
  else answerWanted(state, object)
}

/** An alias of what is gone is no answer where the task that returned it can be run again. */
function leadsNowhere(state: PeerState, entry: Entry): boolean {
  if (entry.state !== 'alias' || !hasLineage(state, entry)) return false
  return isGone(state, answerer(state, entry.alias as RefLink))
}

/** An actor has no value: whoever asks for it would call it. */
function sayWhere(state: PeerState, to: LifeId, { object: actor, task }: Entry): void {
  const row = task ? state.tasks.get(task) : undefined
  if (!row?.spec.actor) return
  if (row.at !== null && row.hosted !== null)
    say(state, to, { type: 'hosted', actor, at: row.at, epoch: row.hosted, begun: false })
  else if (Tasks.isToBeMade(row)) say(state, to, { type: 'unmade', actor })
}

/** That life is over and nobody answers for it. */
function isGone(state: PeerState, life: LifeId): boolean {
  return state.members.ended(life) && state.members.guardianOf(life) === null
}

export function located(state: PeerState, from: LifeId, object: ObjectId, where: Located): void {
  const row = state.elsewhere.get(object)
  // Told anew, and not asked for here: no news.
  if (!row && state.holds.get(object)?.owner === from) return
  if (row?.owner !== from) return void state.counters.strayed++
  if (where.type === 'alias' && where.link.object === object) {
    const failure = lostFailure(object, 'cycle', 'its owner says that it stands for itself')
    return located(state, from, object, { type: 'failure', failure })
  }
  // What an alias stands for is held for as long as we remember the alias.
  const before = row.located
  if (where.type === 'alias') hold(state, where.link, 'container')
  if (before?.type === 'alias') letGo(state, before.link.object, 'container')
  state.elsewhere.told(object, where)
  state.agenda.settled.push(object)
}

export function fetchWanted(state: PeerState, now: Instant): void {
  for (const row of state.holdings.startable(state.config.maxFetches, now)) {
    const { object, located } = row
    const isCode = codeOf(object) !== null
    const from = isCode ? living(state, located.holders) : rankHolders(state, located.holders)
    const ofMembers = isCode && ![...row.owners].some((owner) => asksHere(state, owner))
    state.effects.push({ type: 'fetch', object, size: located.size, hash: located.hash, from, ofMembers })
  }
}

/** Living holders first, in random order, so that a broadcast spreads over whoever has it by now. */
function rankHolders(state: PeerState, holders: readonly LifeId[]): LifeId[] {
  const others = holders.filter((life) => life !== state.self)
  const shuffled = state.rng.sample(others, others.length)
  return living(state, shuffled)
}

function living(state: PeerState, lives: readonly LifeId[]): LifeId[] {
  return lives.filter((life) => life !== state.self && !state.members.ended(life))
}

/** Whoever answers for it may know more holders by now: receivers become sources. */
export function askForSources(state: PeerState, object: ObjectId): void {
  const row = state.holdings.fetching(object)
  if (!row?.active) return
  for (const owner of row.owners) if (!state.members.ended(owner)) say(state, owner, { type: 'whoHas', object })
}

export function whoHas(state: PeerState, from: LifeId, object: ObjectId): void {
  const entry = state.directory.get(object)
  if (entry?.state === 'stored') say(state, from, { type: 'sources', object, from: state.directory.sources(entry) })
}

export function sources(state: PeerState, from: LifeId, object: ObjectId, holders: readonly LifeId[]): void {
  const row = state.holdings.fetching(object)
  if (!row?.owners.has(from)) return
  row.located = { ...row.located, holders }
  if (row.active) state.effects.push({ type: 'sources', object, from: rankHolders(state, holders) })
}

export interface FetchEnd {
  readonly row: Fetch
  readonly arrived: boolean
  readonly full: boolean
}

/** A transfer ended. What it means for attempts is execute's affair, so the row is handed back. */
export function fetched(
  state: PeerState,
  event: Extract<PeerEvent, { type: 'fetched' }>,
  now: Instant,
): FetchEnd | null {
  const { object, result } = event
  const row = state.holdings.ended(object)
  if (!row) {
    if (result.type === 'here') state.effects.push({ type: 'drop', object })
    return null
  }
  if (result.type === 'here') {
    arrived(state, row, result.size, result.hash)
    return { row, arrived: true, full: false }
  }
  for (const owner of codeOf(object) === null ? row.owners : []) {
    for (const holder of [...result.absent, ...result.corrupt]) say(state, owner, { type: 'gone', object, holder })
  }
  for (const owner of row.copyFor) say(state, owner, { type: 'declined', object })
  row.copyFor.clear()
  if (row.watched) return retryForWatch(state, row, now, result.full)
  state.holdings.forgetFetch(object)
  return { row, arrived: false, full: result.full }
}

function arrived(state: PeerState, row: Fetch, size: number, hash: string): void {
  const { object, owners } = row
  state.holdings.forgetFetch(object)
  const code = codeOf(object)
  if (code !== null) return state.code.add(code)
  const there = [...owners].filter((owner) => !isBeyond(state, owner))
  keepBytes(state, { object, size, hash }, there.length > 0 ? there : owners)
  for (const owner of owners) {
    if (!isBeyond(state, owner)) say(state, owner, { type: 'holding', object, size, hash })
    else if (!row.watched && !state.holds.isHeld(object)) dropBytes(state, object, owner)
  }
  for (const watched of state.watches.ofSource(object)) state.agenda.settled.push(watched)
}

/** A program waits: ask the owner anew where it is, and try again a little later each time. */
function retryForWatch(state: PeerState, row: Fetch, now: Instant, full: boolean): FetchEnd {
  const { object, owners } = row
  const end = { row: { ...row, attempts: new Set(row.attempts) }, arrived: false, full }
  row.attempts.clear()
  row.failures++
  if (full) {
    state.holdings.forgetFetch(object)
    const message = `object ${object} cannot be read here: there is no room for it on this peer; let go of other refs, or give it more memoryBytes or spillBytes`
    const failure = { ...lostFailure(object, 'memory', ''), code: 'OVERLOADED', message } as const
    for (const watched of state.watches.ofSource(object)) {
      state.watches.remove(state.watches.get(watched) as WatchRow)
      const located = { type: 'failure', failure } as const
      state.effects.push({ type: 'settled', object: watched, source: object, located })
    }
    return end
  }
  if ([...owners].every((owner) => isBeyond(state, owner))) {
    state.holdings.forgetFetch(object)
    // Somebody asked in their place may have yet to say where it is.
    if (state.elsewhere.get(object)?.located !== null) unanswerable(state, object)
    for (const watched of state.watches.ofSource(object)) state.agenda.settled.push(watched)
    return end
  }
  if (!owners.has(state.self)) askAgain(state, object)
  else for (const watched of state.watches.ofSource(object)) state.agenda.settled.push(watched)
  const [first, longest] = state.config.redialMs
  row.retryAt = after(now, Math.min(longest, first * 2 ** row.failures))
  return end
}

/** The owner asks us to keep a copy. */
export function replicate(
  state: PeerState,
  from: LifeId,
  message: { object: ObjectId; size: number; hash: string; from: readonly LifeId[] },
): void {
  const { object, size, hash } = message
  const here = state.holdings.get(object)
  if (here?.hash === hash) {
    state.holdings.keep(here, [from])
    return say(state, from, { type: 'holding', object, size, hash })
  }
  // Made twice, it came out as other bytes for another owner: whoever was first counts on them here until it lets go of them.
  const isOthers = [...(here?.owners ?? [])].some((owner) => owner !== from)
  const coming = state.holdings.fetching(object)?.located.hash ?? hash
  if (state.leaving || isOthers || coming !== hash || !hasRoomForCopy(state, size, state.timers.turnAt))
    return say(state, from, { type: 'declined', object })
  state.holdings.want(object, from, { size, hash, holders: message.from }).copyFor.add(from)
}

/** Somebody had no good bytes from here. */
export function verify(state: PeerState, from: LifeId, { object, hash }: { object: ObjectId; hash: string }): void {
  const holding = state.holdings.get(object)
  if (holding?.hash !== hash) return say(state, from, { type: 'gone', object, holder: state.self })
  state.holdings.keep(holding, [from])
  state.effects.push({ type: 'verify', object, hash })
}

/** False when they were bad: they are gone now. */
export function verified(state: PeerState, { object, hash, sound }: Extract<PeerEvent, { type: 'verified' }>): boolean {
  const holding = state.holdings.get(object)
  if (holding?.hash !== hash) return true
  for (const owner of holding.owners) {
    // Whoever is told that they are here counts on them again: what it said before to a question whether they may go is void.
    if (sound) state.holdings.unask(object, owner)
    if (sound) say(state, owner, { type: 'holding', object, size: holding.size, hash })
    else say(state, owner, { type: 'gone', object, holder: state.self })
  }
  if (sound) return true
  state.holdings.drop(object)
  state.effects.push({ type: 'drop', object })
  return false
}
