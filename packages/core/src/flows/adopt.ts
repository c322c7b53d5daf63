// When an owner is gone: whoever holds something of it asks its first guardian that is there, which
// answers from then on. An attempt at a task that was begun elsewhere asks all of them first for what
// the earlier one had asked for, so that nothing which is done or running is done again.

import type { ContextId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import { linksInRow, type LedgerRow } from '../model/ledger.ts'
import type { Message } from '../model/messages.ts'
import { inFrames, weighRow } from '../model/weight.ts'
import { adopt, install } from '../state/adoption.ts'
import { ledgerRow } from '../state/guarding.ts'
import { heirsOf } from '../state/heirs.ts'
import { hold, letGo, moveTo, unanswerable } from '../state/locate.ts'
import type { HoldRow } from '../state/holds.ts'
import type { ClaimRow } from '../state/inheritance.ts'
import { note } from '../state/inheritance.ts'
import type { PeerState } from '../state/peer-state.ts'
import { isBeyond, say } from '../state/peer-state.ts'
import type { RunRow } from '../state/runs.ts'

/** An object that is held here and whose owner is gone: its guardian is asked, which may be this peer. */
export function orphaned(state: PeerState, object: ObjectId): void {
  const row = state.holds.get(object)
  if (!row || row.owner === state.self || !state.members.ended(row.owner)) return
  const heirs = heirsOf(state, row)
  // Looked at again when somebody says that it guards that life.
  if (heirs.length === 0) return
  const heir = heirs.find((life) => life !== state.self || adopt(state, object))
  if (heir === undefined) giveUp(state, row)
  else moveTo(state, row, heir)
}

/** Nobody knows of it but an owner that is gone, which may be back as long as its grace lasts. */
function giveUp(state: PeerState, { object, owner }: HoldRow): void {
  if (isBeyond(state, owner)) unanswerable(state, object)
}

/** Whoever was asked in an owner's place says whether it answers. If not, the next is asked, or the first owner, if it is back. */
export function answered(state: PeerState, row: HoldRow, known: boolean): void {
  const { object, before, owner } = row
  if (known) row.vouched = owner
  // What we answer for ourselves by now is asked of nobody.
  if (before.length === 0 || owner === state.self) return
  if (known) {
    const told = state.elsewhere.get(object)
    if (told && told.located === null) say(state, owner, { type: 'want', object })
    return
  }
  const [first = owner] = before
  const isBack = !state.members.ended(first)
  const heir = isBack ? first : heirsOf(state, row).find((life) => life !== state.self || adopt(state, object))
  moveTo(state, row, heir ?? first)
  if (heir === undefined) giveUp(state, row)
}

/** It was only thought dead: what it owned is asked of it again. */
export function ownerBack(state: PeerState, life: LifeId): void {
  // What we answer for ourselves by now is ours, too.
  for (const row of state.holds.movedFrom(life)) if (!state.directory.get(row.object)) moveTo(state, row, life)
}

/** Somebody may have said since that it guards a life that is over. */
export function lookForHeirs(state: PeerState): void {
  const { graves, members, timers } = state
  if (graves.size === 0 || timers.adoptVersion === members.version) return
  timers.adoptVersion = members.version
  for (const life of graves.keys()) {
    if (!members.ended(life)) continue
    for (const row of state.holds.ofLife(life)) if (row.owner === life) state.agenda.orphans.push(row.object)
  }
}

/** An attempt whose task was begun by those lives: what was asked for there comes first. */
export function claim(state: PeerState, row: RunRow, formerly: readonly LifeId[], now: Instant): void {
  const context = row.spec.id as string as ContextId
  if (row.state !== 'fetching') return
  const guardians = new Set(formerly.flatMap((life) => state.members.guardiansOf(life)))
  if (guardians.size === 0 || state.claims.has(context)) {
    if (row.missing.size === 0) state.executor.markReady(row)
    return
  }
  row.missing.add(ledgerOf(context))
  const by = after(now, state.config.adoptMs)
  state.claims.set(context, { attempt: row.id, waits: guardians, by, told: new Map(), inherited: [], formerly })
  for (const life of guardians) say(state, life, { type: 'claim', context })
}

/** What an attempt waits for in place of an input. */
function ledgerOf(context: ContextId): ObjectId {
  return `ledger:${context}` as ObjectId
}

/** Somebody runs that context again: it gets what is known of it. */
export function claimed(state: PeerState, from: LifeId, context: ContextId): void {
  const frames = inFrames(rowsFor(state, from, context), weighRow, state.config.frameBytes)
  frames.forEach((rows, at) => say(state, from, { type: 'claimed', context, rows, more: at < frames.length - 1 }))
}

/** What we answer for ourselves by now, and what others told. */
function rowsFor(state: PeerState, to: LifeId, context: ContextId): LedgerRow[] {
  const rows = new Map(state.guarded.ofContext(context).map((row) => [row.object, row]))
  for (const object of state.ledger.rows()) {
    const row = state.ledger.contextOf(object) === context ? ledgerRow(state, object) : null
    if (!row) continue
    rows.set(object, row)
    if (to !== state.self) state.shared.note(object, to)
  }
  if (to !== state.self) state.guarded.claimed(context, to)
  return [...rows.values()]
}

/** What one of those asked has told. */
export function inherit(state: PeerState, from: LifeId, message: Extract<Message, { type: 'claimed' }>): void {
  const claim = state.claims.get(message.context)
  if (!claim?.waits.has(from)) return void state.counters.strayed++
  for (const row of message.rows) {
    if (row.context !== message.context) continue
    note(claim, row, from)
    keepReferred(state, claim, row)
  }
  if (message.more) return
  claim.waits.delete(from)
  if (claim.waits.size === 0) begin(state, message.context, claim)
}

/** Until the attempt has ended: whoever told of it may hear in the next moment that its owner has let go of it. */
function keepReferred(state: PeerState, claim: ClaimRow, row: LedgerRow): void {
  // What a job inherits is held as long as the job lasts: too long for what nothing may ask for.
  if (claim.attempt === null) return
  for (const link of linksInRow(row)) {
    // Who is gone lets go of nothing, and to ask its heirs would have them answer for what we are about to.
    if (state.members.ended(link.owner)) continue
    hold(state, link, 'container')
    claim.inherited.push(link.object)
  }
}

/** Ours from now on: held until the attempt has ended, so that it can ask for them. */
function takeOver(state: PeerState, claim: ClaimRow): void {
  for (const [object, { row, by }] of claim.told) {
    if (state.directory.get(object)) {
      for (const life of by) if (life !== state.self) state.shared.note(object, life)
      continue
    }
    state.holds.add(object, state.self, 'container')
    claim.inherited.push(object)
    install(state, row, [...by, ...claim.formerly])
  }
  claim.told.clear()
}

function begin(state: PeerState, context: ContextId, claim: ClaimRow): void {
  claim.by = never
  claim.waits.clear()
  takeOver(state, claim)
  if (claim.attempt === null) return void state.agenda.claimed.push(context)
  const row = state.executor.get(claim.attempt)
  if (!row?.missing.delete(ledgerOf(context)) || row.state !== 'fetching') return
  if (row.missing.size === 0) state.executor.markReady(row)
}

/** Whoever did not answer in time, or is gone, has told all it will. */
export function dueClaims(state: PeerState, now: Instant): void {
  for (const [context, claim] of state.claims) if (claim.by <= now) begin(state, context, claim)
}

export function guardianSilent(state: PeerState, life: LifeId): void {
  for (const [context, claim] of state.claims)
    if (claim.waits.delete(life) && claim.waits.size === 0) begin(state, context, claim)
}

/** The attempts that inherited something and have ended: what they did not ask for is let go. */
export function dropInheritance(state: PeerState): void {
  for (const [context, claim] of state.claims) {
    if (claim.attempt === null) continue
    const row = state.executor.get(claim.attempt)
    if (row && row.state !== 'done') continue
    state.claims.delete(context)
    for (const object of claim.inherited) letGo(state, object, 'container')
  }
}

export function claimDeadline(state: PeerState): Instant {
  let next: Instant = never
  for (const { by } of state.claims.values()) if (by < next) next = by
  return next
}
