// Where an object's value is to be had, following aliases from owner to owner: a question over
// several tables, asked by most flows. `locate` only looks; `request` also sees to it that an answer
// will come.

import type { LifeId, ObjectId } from '../model/ids.ts'
import { after } from '../model/ids.ts'
import type { Input } from '../model/messages.ts'
import type { Failure, Located } from '../model/object.ts'
import type { RefLink } from '../model/task.ts'
import { heirsOf } from './heirs.ts'
import type { HoldRow, Reason } from './holds.ts'
import type { PeerState } from './peer-state.ts'
import { isBeyond, lostFailure, say } from './peer-state.ts'

export interface Found {
  /** The object whose bytes it is. */
  readonly source: ObjectId
  readonly owner: LifeId
  readonly located: Exclude<Located, { type: 'alias' }>
}

/** Null while it is not settled, or not known to be. */
export function locate(state: PeerState, object: ObjectId, owner: LifeId): Found | null {
  let at: Pick<RefLink, 'object' | 'owner'> = { object, owner }
  let comesRound: ((object: ObjectId) => boolean) | null = null
  for (;;) {
    const located = isOwn(state, at) ? own(state, at.object) : (state.elsewhere.get(at.object)?.located ?? null)
    if (located === null) return null
    if (located.type !== 'alias') return { source: at.object, owner: answerer(state, at), located }
    at = located.link
    // Made at the first alias: most objects are none.
    comesRound ??= lapCounter()
    if (comesRound(at.object)) return { source: object, owner, located: { type: 'failure', failure: endless(object) } }
  }
}

/**
 * True once a walk has come round to where it was: one place is remembered, a new one at every power
 * of two (Brent 1980). Owners that lie, or err, can make a circle of what each of them says.
 */
function lapCounter(): (object: ObjectId) => boolean {
  let mark: ObjectId | null = null
  let hops = 0
  let next = 1
  return (object) => {
    if (object === mark) return true
    if (++hops === next) {
      mark = object
      next *= 2
    }
    return false
  }
}

function endless(object: ObjectId): Failure {
  return lostFailure(object, 'cycle', 'what stands for it leads back to itself')
}

/**
 * We answer for it, whoever else is named in the ref. One that names us may come from somebody who asked us in a dead owner's
 * place and has not heard yet that we know of nothing: what we hold ourselves is that owner's.
 */
function isOwn(state: PeerState, { object, owner }: Pick<RefLink, 'object' | 'owner'>): boolean {
  if (state.directory.get(object)) return true
  return owner === state.self && (state.holds.get(object)?.owner ?? owner) === state.self
}

/** Who answers for it by now: a ref goes on naming whoever did when it was made. */
export function answerer(state: PeerState, at: Pick<RefLink, 'object' | 'owner'>): LifeId {
  return isOwn(state, at) ? state.self : (state.holds.get(at.object)?.owner ?? at.owner)
}

function own(state: PeerState, object: ObjectId): Located | null {
  const entry = state.directory.get(object)
  if (!entry) return { type: 'failure', failure: lostFailure(object, 'freed', 'its owner has let go of it') }
  return whereabouts(state, object)
}

/** What we say of an object that we answer for. Its refs name those who answer by now. */
export function whereabouts(state: PeerState, object: ObjectId): Located | null {
  const located = state.directory.locate(object)
  if (located === null || located.type === 'failure') return located
  if (located.type === 'alias') {
    const [link] = currentLinks(state, [located.link])
    return link === located.link || link === undefined ? located : { ...located, link }
  }
  const refs = currentLinks(state, located.refs)
  return refs === located.refs ? located : { ...located, refs }
}

/**
 * The same refs, with the owners that answer for them by now: whoever gets them may never have heard of others. Not with one
 * that is only asked to: it may know nothing, and the first owner, if it is back, is not looked for by whoever never heard of it.
 */
export function currentLinks(state: PeerState, links: readonly RefLink[]): readonly RefLink[] {
  if (links.every((link) => voucher(state, link) === link.owner)) return links
  return links.map((link) => ({ ...link, owner: voucher(state, link) }))
}

function voucher(state: PeerState, at: RefLink): LifeId {
  return isOwn(state, at) ? state.self : (state.holds.get(at.object)?.vouched ?? at.owner)
}

/** Sees to it that the end of the alias chain is asked for, or made again. */
export function request(state: PeerState, object: ObjectId, owner: LifeId): void {
  let at: Pick<RefLink, 'object' | 'owner'> = { object, owner }
  const comesRound = lapCounter()
  while (!comesRound(at.object)) {
    let next: Located | null
    if (isOwn(state, at)) {
      const entry = state.directory.get(at.object)
      if (entry?.state === 'faded') state.agenda.lost.push({ object: at.object, reason: 'wanted again' })
      next = entry ? state.directory.locate(at.object) : null
    } else {
      const owner = state.holds.get(at.object)?.owner ?? at.owner
      if (state.elsewhere.ask(at.object, owner)) askOwner(state, at.object, owner)
      next = state.elsewhere.get(at.object)?.located ?? null
    }
    if (next?.type !== 'alias') return
    state.aliases.add(next.link.object, at.object)
    at = next.link
  }
}

/** Of an owner that is thought dead the answer is waited for, until its grace is over: it may be back. */
export function askOwner(state: PeerState, object: ObjectId, owner: LifeId): void {
  if (!state.members.ended(owner)) return say(state, owner, { type: 'want', object })
  const row = state.holds.get(object)
  if (row && heirsOf(state, row).length > 0) return void state.agenda.orphans.push(object)
  if (isBeyond(state, owner)) unanswerable(state, object)
}

/** How often an owner is asked for a better alias before what it says is taken for good. */
const vainMost = 8

/** The end of an alias chain has no owner any more: whoever gave us the last link is asked for a better one, a little later. */
export function askParents(state: PeerState, object: ObjectId): void {
  for (const parent of state.aliases.of(object)) {
    const row = state.elsewhere.get(parent)
    if (row?.located?.type !== 'alias' || row.located.link.object !== object) continue
    if (state.members.ended(row.owner) || row.vain >= vainMost) continue
    state.elsewhere.askLater(row, after(state.timers.turnAt, state.config.gossipMs * 2 ** Math.min(row.vain, 6)))
    letGo(state, object, 'container')
  }
}

/** Whoever waits for it learns that nobody answers for it any more. */
export function unanswerable(state: PeerState, object: ObjectId): void {
  askParents(state, object)
  const failure = lostFailure(object, 'owner-died', 'the peer that answered for it is gone')
  if (state.elsewhere.told(object, { type: 'failure', failure })) state.agenda.settled.push(object)
}

/** The answer led nowhere: forgotten, and its owner asked again. */
export function askAgain(state: PeerState, object: ObjectId): void {
  const row = state.elsewhere.get(object)
  if (!row) return
  const { located } = row
  state.elsewhere.stale(object)
  if (located?.type === 'alias') letGo(state, located.link.object, 'container')
  askOwner(state, object, row.owner)
}

/** Where an executor finds the top-level ones of these; null when one is not to be had, or not yet. */
export function inputsFor(state: PeerState, refs: readonly RefLink[]): Input[] | null {
  const inputs: Input[] = []
  for (const link of refs) {
    if (!link.top) continue
    const found = locate(state, link.object, link.owner)
    if (found === null || found.located.type === 'failure') return null
    inputs.push({ object: link.object, source: found.source, owner: found.owner, located: found.located })
  }
  return inputs
}

/** What was said of it is not so any more: those who hold it and asked are told anew. */
export function tellBorrowers(state: PeerState, object: ObjectId): void {
  const located = state.directory.locate(object)
  if (located === null) return
  for (const life of state.holds.get(object)?.borrowers ?? []) say(state, life, { type: 'located', object, located })
}

/** Its bytes are on this peer already. */
export function isHere(state: PeerState, found: Found): boolean {
  return found.located.type !== 'stored' || state.holdings.has(found.source)
}

/** Holds an object for a reason, and borrows it from its owner when that is somebody else. */
export function hold(state: PeerState, link: Pick<RefLink, 'object' | 'owner'>, reason: Reason): void {
  const row = state.holds.add(link.object, link.owner, reason)
  if (row.owner !== link.owner && !row.before.includes(link.owner)) rehome(state, row, link.owner)
  if (row.owner === state.self || row.borrow !== 'none' || isOwn(state, link)) return
  borrow(state, row)
}

/** The owner is to know of us. */
export function borrow(state: PeerState, row: HoldRow): void {
  if (state.members.ended(row.owner)) {
    state.agenda.orphans.push(row.object)
    return state.holds.known(row.object)
  }
  state.holds.asked(row)
  say(state, row.owner, { type: 'borrow', object: row.object, nth: row.nth })
}

/** Owners remembered of one object that went from hand to hand. */
const longest = 8

/** Another peer may answer in the place of an owner that is gone. Where it is, is asked when it says that it does. */
export function moveTo(state: PeerState, row: HoldRow, owner: LifeId): void {
  const { object, nth, before, borrow: said, owner: last } = row
  if (owner === last) return
  passTo(state, row, owner)
  const at = before.indexOf(owner)
  row.before = at < 0 ? [...before, last].slice(-longest) : before.slice(0, at)
  if (owner !== state.self && !state.members.ended(owner)) return borrow(state, row)
  if (owner === state.self) {
    row.vouched = owner
    state.agenda.settled.push(object)
  } else state.holds.known(object)
  // Nobody will answer what was asked of the last one.
  if (said === 'asked') say(state, state.self, { type: 'borrowed', object, nth, known: false })
}

/**
 * The same object under another owner: the task that made it ran twice, for two parents. The latest ref
 * counts, as whoever gave it keeps its object until we are known there; but what we answer for
 * ourselves is ours.
 */
function rehome(state: PeerState, row: HoldRow, owner: LifeId): void {
  const isOurs = state.directory.get(row.object) !== undefined
  if (isOurs ? owner !== state.self : owner === state.self || state.members.ended(owner)) return
  const wasAsked = row.borrow === 'asked'
  passTo(state, row, owner)
  row.vouched = owner
  if (isOurs && wasAsked) say(state, state.self, { type: 'borrowed', object: row.object, nth: row.nth, known: true })
  if (isOurs) state.agenda.settled.push(row.object)
  else if (state.elsewhere.get(row.object)) askOwner(state, row.object, owner)
}

/** From now on that one answers for it: what the last one said is forgotten. */
function passTo(state: PeerState, row: HoldRow, owner: LifeId): void {
  if (row.borrow !== 'none') say(state, row.owner, { type: 'release', object: row.object })
  state.holds.rehome(row, owner)
  const told = state.elsewhere.get(row.object)
  if (!told) return
  state.elsewhere.forget(row.object)
  if (told.located?.type === 'alias') letGo(state, told.located.link.object, 'container')
  if (owner !== state.self) state.elsewhere.ask(row.object, owner)
}

/** Lets go for a reason; the release flow sees what follows. */
export function letGo(state: PeerState, object: ObjectId, reason: Reason): void {
  if (state.holds.drop(object, reason)) state.agenda.loose.push(object)
}
