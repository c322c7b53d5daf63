// Keeping a ledger where it outlives us: guardians are appointed when there is something to miss,
// told everything there is, then every change in batches. Only rows that somebody else could miss are
// in it. Also the other side: keeping what others tell, and saying so to everybody, since whoever
// finds an owner gone asks whoever says that it guards it.

import type { CodeId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { codeObject, never, peerOf } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import { limits } from '../model/limits.ts'
import type { Message } from '../model/messages.ts'
import { inFrames, weighRow } from '../model/weight.ts'
import { answerAskers, linksToLeave } from '../state/answer.ts'
import { codeSources } from '../state/code-sources.ts'
import { guard, guardClosure, isAnyUnsafe, ledgerRow } from '../state/guarding.ts'
import type { Guardian } from '../state/ledger.ts'
import { isComplete } from '../state/ledger.ts'
import { letGo } from '../state/locate.ts'
import type { Member } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { asksHere, mayGuard, roleOf } from '../state/permits.ts'
import { tellGuarded } from '../state/recording.ts'
import { copyOrder } from '../state/placement.ts'
import { answerSafe } from '../state/telling.ts'

type GuardMessage = Extract<Message, { type: 'guard' }>

/** Once per turn: what changed goes to the guardians, at once if somebody waits for it. */
export function stream(state: PeerState, now: Instant): void {
  const { ledger } = state
  for (const { object, context } of ledger.grown(state.leaving ? never : now)) guard(state, object, context)
  appoint(state, now)
  ledger.flushBy(now, state.config.ledgerMs)
  const isDue = state.leaving !== null || ledger.isDue(now)
  if (state.jobs.hasNews || (ledger.hasNews && isDue)) flush(state)
  if (ledger.former.size > 0) tellFormer(state)
  letLeave(state)
  for (const object of ledger.takeFarewells()) letGo(state, object, 'container')
  acknowledge(state)
  if (state.guarded.hasNews) tellGuards(state)
}

/** Outcomes, and answers to borrowers, whose refs are safe by now. */
function letLeave(state: PeerState): void {
  for (const id of state.ledger.waits) {
    const row = state.executor.get(id)
    if (row && isAnyUnsafe(state, linksToLeave(row))) continue
    state.ledger.waits.delete(id)
    if (row) answerAskers(state, row)
  }
  answerSafe(state)
}

function flush(state: PeerState): void {
  const { changed, gone } = state.ledger.take()
  guardClosure(state, changed)
  // What the closure added goes with the rest.
  const more = state.ledger.take()
  const objects = [...changed, ...more.changed]
  const jobs = state.jobs.heads(state.self)
  state.jobs.hasNews = false
  // The first of them says what is gone.
  let left: readonly ObjectId[] = [...gone, ...more.gone]
  let nth = 0
  for (const rows of known(state, objects)) {
    nth = state.ledger.number(rows.map(({ object }) => object))
    for (const { life, begunAt } of state.ledger.guardians())
      if (begunAt > 0) say(state, life, { type: 'guard', nth, begin: false, more: false, rows, gone: left, jobs })
    left = []
  }
  state.ledger.saidNews(nth)
}

/** What is known of them, about a frame each. */
function known(state: PeerState, objects: Iterable<ObjectId>): LedgerRow[][] {
  const rows = [...objects].map((object) => ledgerRow(state, object)).filter((row) => row !== null)
  return inFrames(rows, weighRow, state.config.frameBytes)
}

/** As many as wanted, as far as there are any; one that is about to go stays until the others have everything. */
function appoint(state: PeerState, now: Instant): void {
  const { ledger, members, timers, config } = state
  if (ledger.size + state.jobs.size === 0 || timers.guardVersion === members.version) return
  timers.guardVersion = members.version
  const staying = [...ledger.guardians()].filter(({ life }) => isFit(state, members.get(peerOf(life))))
  const missing = config.guardians - staying.length
  const guards = new Set([...ledger.guardians()].map(({ life }) => life))
  const others = [...members.all()].filter((member) => isFit(state, member) && !guards.has(member.life))
  const taken = new Set([members.me.profile?.domain ?? state.peer])
  const chosen = missing > 0 ? copyOrder(state.self, others, taken, now).slice(0, missing) : []
  for (const { life } of chosen) tellAll(state, ledger.appoint(life))
  if (chosen.length > 0 || !staying.every(isComplete)) return
  for (const { life } of ledger.guardians()) {
    if (staying.some((guardian) => guardian.life === life)) continue
    ledger.dismiss(life)
    say(state, life, { type: 'unguard' })
  }
}

function isFit(state: PeerState, member: Member | undefined): boolean {
  if (!member || member.peer === state.peer || member.hearsay) return false
  // Whoever goes on with what others asked for has to be one who may ask.
  if (roleOf(state, member.peer) !== 'member') return false
  return member.state === 'alive' && (member.profile?.memoryBytes ?? 0) > 0 && !state.ledger.full.has(member.life)
}

/** Everything there is, from the beginning. */
function tellAll(state: PeerState, guardian: Guardian): void {
  const objects = [...state.ledger.rows()]
  guardClosure(state, objects)
  const jobs = state.jobs.heads(state.self)
  const frames = known(state, state.ledger.rows())
  frames.forEach((rows, at) => {
    const nth = state.ledger.number([])
    say(state, guardian.life, {
      type: 'guard',
      nth,
      begin: at === 0,
      more: at < frames.length - 1,
      rows,
      gone: [],
      jobs,
    })
    guardian.begunAt = nth
  })
}

/** That guardian is gone, or has forgotten what it was told: another one is looked for, or the same from the beginning. */
export function guardianLost(state: PeerState, life: LifeId): void {
  state.ledger.full.delete(life)
  if (state.ledger.dismiss(life)) state.timers.guardVersion = -1
  if (state.ledger.hasAppointed) state.ledger.former.add(life)
}

/** Whoever was a guardian and is thought dead no more keeps nothing for us. */
function tellFormer(state: PeerState): void {
  for (const life of state.ledger.former) {
    if (state.members.lives(life)) say(state, life, { type: 'unguard' })
    else if (state.members.knows(life)) continue
    state.ledger.former.delete(life)
  }
}

/** A guardian has taken what it was told. */
export function acknowledged(state: PeerState, from: LifeId, { nth, full }: { nth: number; full: boolean }): void {
  if (!state.ledger.isGuardian(from)) {
    state.counters.strayed++
    return say(state, from, { type: 'unguard' })
  }
  if (!state.ledger.acked(from, nth)) return void state.counters.strayed++
  // One that is about to go may have waited for this.
  if (state.ledger.guardianCount > state.config.guardians) state.timers.guardVersion = -1
  if (!full) return
  state.ledger.full.add(from)
  guardianLost(state, from)
  state.ledger.full.add(from)
}

/** Another peer's ledger, or a change of it, to be kept here. */
export function keep(state: PeerState, from: LifeId, { nth, begin, more, rows, gone, jobs }: GuardMessage): void {
  const { guarded } = state
  if (begin) guarded.begin(from)
  if (!guarded.has(from)) {
    // Its beginning never came, or there was no room: whoever goes on telling is told so.
    state.counters.strayed++
    return say(state, from, { type: 'guarded', nth, full: true })
  }
  for (const object of gone) guarded.drop(from, object)
  let full = guarded.owners().length > limits.guards
  const codes = new Set<CodeId>()
  const asks = asksHere(state, from)
  for (const row of rows) {
    if (!asks && !mayGuard(row)) continue
    const isNews = !guarded.knows(row.object)
    if (!guarded.keep(from, row, state.config.ledgerBytes)) full = true
    else if (row.spec !== null && !state.code.has(row.spec.code)) codes.add(row.spec.code)
    if (isNews && !full) tellGuarded(state, from, row)
  }
  guarded.setJobs(from, asks ? jobs : [])
  if (!more) guarded.complete(from)
  if (full) guarded.forget(from)
  else for (const code of codes) fetchCode(state, from, code)
  if (full || !guarded.waits(from, nth, [...codes])) say(state, from, { type: 'guarded', nth, full })
}

/** What was told and can be gone on with: its bundles are here, or not to be had. */
function acknowledge(state: PeerState): void {
  const isReady = (code: CodeId): boolean => state.code.has(code) || !state.holdings.fetching(codeObject(code))
  for (const { owner, nth } of state.guarded.takeReady(isReady))
    say(state, owner, { type: 'guarded', nth, full: false })
}

/** Whoever may have to answer for a task needs what it runs. */
function fetchCode(state: PeerState, owner: LifeId, code: CodeId): void {
  const object = codeObject(code)
  state.holdings
    .want(object, owner, { size: 0, hash: code, holders: codeSources(state, code, owner) })
    .copyFor.add(owner)
}

/** One of us may have been away for so long that the other remembers nothing: it says whether we still guard it. */
export function askOwner(state: PeerState, owner: LifeId): void {
  if (state.guarded.has(owner)) say(state, owner, { type: 'guarded', nth: 0, full: false })
}

/** It has another guardian now. */
export function dismissed(state: PeerState, from: LifeId): void {
  state.guarded.forget(from)
}

/** Everybody learns whom to ask when those owners are gone. */
function tellGuards(state: PeerState): void {
  state.guarded.hasNews = false
  const guards = state.guarded.answersFor().slice(0, limits.guards)
  const told = state.members.me.profile?.guards ?? []
  if (guards.length === told.length && guards.every((life) => told.includes(life))) return
  state.gossip.spread(state.members.describe({ guards }, state.timers.turnAt))
}
