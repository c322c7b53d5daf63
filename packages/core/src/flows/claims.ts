// Taking what is said of peers: refuting what is said of us, believing what is newer, and turning an
// ended life into work for recovery. A death that contradicts what we hear ourselves counts as a
// suspicion and is told to its subject, so that a healing partition does not bury the living.

import type { Instant, LifeId } from '../model/ids.ts'
import { after, lifeNumberOf, peerOf } from '../model/ids.ts'
import type { Claim } from '../model/world.ts'
import type { Change } from '../state/membership.ts'
import { isOver } from '../state/membership.ts'
import { unanswerable } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify } from '../state/peer-state.ts'

export type Source = 'rumour' | 'sync' | 'own'

export function hear(state: PeerState, claims: readonly Claim[], source: Source, now: Instant): void {
  for (const claim of claims) take(state, claim, source, now)
}

export function take(state: PeerState, claim: Claim, source: Source, now: Instant): void {
  if (peerOf(claim.life) === state.peer) return aboutMe(state, claim)
  if (source !== 'own' && isTooMany(state, claim.life)) return void state.counters.refused++
  const said = source === 'own' ? claim : believable(state, claim, source, now)
  const change = state.members.apply(said, now)
  if (!change) return confirm(state, said, now)
  if (isUseful(said)) state.gossip.spread(said)
  follow(state, change, now)
}

/** Who is here and where nobody can tell: whoever speaks to us for the first time says it in the next moment, and is spread then. */
function isUseful({ state, profile }: Claim): boolean {
  return profile !== undefined || (state !== 'alive' && state !== 'draining')
}

/** The table is full: only those that speak to us in person are still let in. */
function isTooMany(state: PeerState, life: LifeId): boolean {
  return state.members.size >= state.config.maxMembers && !state.members.get(peerOf(life))
}

/** Somebody thinks ill of us: a higher incarnation says otherwise, and we watch our own health. */
function aboutMe(state: PeerState, claim: Claim): void {
  // We have had no later life: either somebody lies, or our life number was given out twice.
  if (lifeNumberOf(claim.life) > lifeNumberOf(state.self)) return void state.counters.refused++
  if (claim.life !== state.self || state.leaving?.said) return
  if (claim.state !== 'suspect' && claim.state !== 'dead') return
  if (claim.incarnation < state.members.me.incarnation) return
  state.detector.worsen()
  state.gossip.spread(state.members.refute(claim.incarnation))
}

/** The claim, or as much of it as we believe at once: an end that we know better about is a suspicion. */
function believable(state: PeerState, claim: Claim, source: Source, now: Instant): Claim {
  const row = state.members.get(peerOf(claim.life))
  if (!row || isOver(row.state)) return claim
  const isHeard = (): boolean => state.detector.heardWithin(row.life, 2 * state.config.probeMs, now)
  const { by } = claim
  if (row.life === claim.life) {
    const doubted = claim.state === 'dead' && (source === 'sync' || isHeard())
    return doubted ? { life: claim.life, incarnation: claim.incarnation, state: 'suspect', by } : claim
  }
  // A later life would end the one that we hear. It may speak for itself, or this one fall silent.
  const isLater = lifeNumberOf(claim.life) > lifeNumberOf(row.life)
  return isLater && isHeard() ? { life: row.life, incarnation: row.incarnation, state: 'suspect', by } : claim
}

/** No news about the row, but perhaps one more who agrees. */
function confirm(state: PeerState, claim: Claim, now: Instant): void {
  if (claim.state !== 'suspect' && claim.state !== 'dead') return
  const row = state.members.get(peerOf(claim.life))
  if (row?.life !== claim.life || row.state !== 'suspect' || row.incarnation !== claim.incarnation) return
  if (!state.members.get(claim.by)) return
  const doubt: Claim = { life: claim.life, incarnation: claim.incarnation, state: 'suspect', by: claim.by }
  if (state.detector.suspected(claim.life, claim.by, wantedConfirmations(state, claim.life), now))
    state.gossip.spread(doubt)
}

/** Independent observers that could agree: min(r, living others) - 1. */
function wantedConfirmations(state: PeerState, life: LifeId): number {
  let living = 0
  for (const row of state.members.all()) if (row.life !== life && row.state === 'alive' && !row.hearsay) living++
  return Math.min(state.config.observers, living) - 1
}

function follow(state: PeerState, change: Change, now: Instant): void {
  const { member, claim, before, ended, endedSlots, began, revived } = change
  // Who has left is done with already.
  if (ended && !(before === 'left' && ended !== claim.life)) {
    const how = ended === claim.life ? endOf(state, change) : 'a later life of the same peer is here'
    member.how = how
    const left = ended === claim.life && claim.state === 'left'
    // Who says goodbye has handed over, unless somebody is to answer in its place.
    const isDone = left && state.members.guardianOf(ended) === null
    state.graves.set(ended, after(now, isDone ? 0 : state.config.orphanGraceMs))
    state.agenda.ended.push({ life: ended, left, how, slots: endedSlots, known: before === 'dead' })
  }
  if (isOver(claim.state)) return state.detector.cleared(claim.life)
  // Suspected at a higher incarnation is alive all the same.
  if (revived) state.agenda.revived.push(claim.life)
  if (claim.state === 'suspect') {
    state.detector.suspected(claim.life, claim.by, wantedConfirmations(state, claim.life), now)
    if (before !== 'suspect') {
      notify(state, {
        type: 'peer:suspected',
        peer: member.peer,
        name: state.members.nameOf(member.peer),
        by: state.members.nameOf(claim.by),
      })
    }
    return
  }
  state.detector.cleared(claim.life)
  if (before === 'suspect') state.sessions.heardAgain(claim.life)
  if (claim.state === 'draining' && before !== 'draining') {
    state.agenda.retiring.push(claim.life)
    if (before !== 'suspect')
      notify(state, { type: 'peer:draining', peer: member.peer, name: state.members.nameOf(member.peer) })
  }
  if (revived && !member.hearsay)
    notify(state, { type: 'peer:joined', peer: member.peer, name: state.members.nameOf(member.peer) })
  if (began || revived) state.links.retryNow(member.peer, now)
}

function endOf(state: PeerState, { claim, before, member }: Change): string {
  if (claim.state === 'left') return 'it said goodbye'
  const agreed = state.detector.suspectedBy(claim.life)
  const names = [...agreed].map((peer) => state.members.nameOf(peer))
  const by = names.length > 0 ? names.join(', ') : state.members.nameOf(claim.by)
  const after = before === 'suspect' ? `suspected by ${by}, did not refute` : `declared dead by ${by}`
  return member.how === '' ? after : `${member.how}; ${after}`
}

/** It is here in person: no longer hearsay. */
export function met(state: PeerState, life: LifeId): void {
  if (!state.members.met(life)) return
  const peer = peerOf(life)
  notify(state, { type: 'peer:joined', peer, name: state.members.nameOf(peer) })
}

/** A life that a ref or a question names and of which nothing was heard: hearsay, until it answers or is found silent. */
export function meetStranger(state: PeerState, life: LifeId, now: Instant): void {
  if (state.members.knows(life)) return
  if (isTooMany(state, life)) {
    // What is asked of it gets no answer; what was to be said to it is dropped on the way out.
    state.counters.refused++
    for (const row of state.elsewhere.of(life)) unanswerable(state, row.object)
    return
  }
  const change = state.members.apply({ life, incarnation: 0, state: 'alive', by: state.peer }, now)
  if (change) follow(state, change, now)
}

/** A life we hear from directly and did not know, or knew an earlier one of. False when it is an older one. */
export function introduce(state: PeerState, life: LifeId, now: Instant): boolean {
  const row = state.members.get(peerOf(life))
  if (row && row.life !== life && lifeNumberOf(row.life) > lifeNumberOf(life)) return false
  if (row?.life !== life) take(state, { life, incarnation: 0, state: 'alive', by: state.peer }, 'own', now)
  return true
}
