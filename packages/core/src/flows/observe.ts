// The heartbeat: whom we observe, what the detector's steps mean on the wire, and when a suspicion
// ends in a death. Observers are a peer's neighbours on the ring, everybody who is in
// conversation with it, and now and then somebody at random.

import type { Instant, LifeId } from '../model/ids.ts'
import { after, peerOf } from '../model/ids.ts'
import type { Signal } from '../model/messages.ts'
import type { Claim } from '../model/world.ts'
import type { FailureDetector, Step } from '../state/failure-detector.ts'
import type { PeerState } from '../state/peer-state.ts'
import { hangUp, signal } from '../state/peer-state.ts'
import { neighbours } from '../state/placement.ts'

const visitMs = 1_000

/** What is to be claimed: our own suspicions, for the claims flow to take. */
export function observe(state: PeerState, now: Instant): Claim[] {
  if (state.timers.ringAt <= now || state.timers.ringVersion !== state.members.version) chooseObserved(state, now)
  const claims: Claim[] = []
  for (const step of state.detector.due(now)) {
    const claim = act(state, step, now)
    if (claim) claims.push(claim)
  }
  return claims
}

/** Our verdicts, asked for once those have been heard: with our own doubt a term may be over, and have been for long. */
export function condemn(state: PeerState, now: Instant): Claim[] {
  const claims: Claim[] = []
  for (const life of state.detector.condemned(now)) {
    const row = state.members.get(peerOf(life))
    state.detector.cleared(life)
    if (row?.life === life && row.state === 'suspect')
      claims.push({ life, incarnation: row.incarnation, state: 'dead', by: state.peer })
  }
  return claims
}

function chooseObserved(state: PeerState, now: Instant): void {
  const { timers, members, config } = state
  const visit = timers.ringAt <= now
  timers.ringAt = after(now, visitMs)
  timers.ringVersion = members.version
  const others = members.others()
  const observed = new Set<LifeId>()
  for (const row of neighbours(members.me, others, config.observers)) observed.add(row.life)
  for (const row of others) if (state.sessions.has(row.life)) observed.add(row.life)
  if (visit) state.visiting = state.rng.pick(others)?.life ?? null
  if (state.visiting && members.lives(state.visiting)) observed.add(state.visiting)
  for (const row of others) if (state.detector.doubts(row.life)) observed.add(row.life)
  state.detector.observe(observed, now)
}

function act(state: PeerState, step: Step, now: Instant): Claim | null {
  const { life, nonce } = step
  switch (step.action) {
    case 'ping':
      signal(state, life, { type: 'ping', nonce })
      return null
    case 'indirect': {
      const helpers = state.members
        .others()
        .filter((row) => row.life !== life && row.state === 'alive' && state.links.stands(row.life))
      const chosen = state.rng.sample(helpers, state.config.indirectProbes)
      for (const helper of chosen) signal(state, helper.life, { type: 'probe', target: life, nonce })
      state.detector.asked(life, chosen.length, now)
      return null
    }
    case 'suspect': {
      const row = state.members.get(peerOf(life))
      if (row?.life !== life || row.state === 'dead' || row.state === 'left') return null
      return { life, incarnation: row.incarnation, state: 'suspect', by: state.peer }
    }
  }
}

/** Answers to probes. A helper answers for itself: what it has heard, or what its own ping brings. */
export function probeSignal(
  state: PeerState,
  from: LifeId,
  said: Exclude<Signal, { type: 'sync' }>,
  now: Instant,
): void {
  switch (said.type) {
    case 'ping':
      return signal(state, from, { type: 'pong', nonce: said.nonce })
    case 'pong':
      return
    case 'probed':
      return detour(state, said.target, state.detector.probed(said.target, said.heard, now))
    case 'probe':
      return help(state, from, said, now)
  }
}

/** Others hear it and we do not. Out of reach it is one of whom we only hear, until it speaks to us: what it has of ours is given to others. */
function detour(state: PeerState, life: LifeId, found: ReturnType<FailureDetector['probed']>): void {
  if (found === null) return
  hangUp(state, life, 'it lives, but this link is dead')
  if (found === 'apart' && state.members.parted(life)) state.agenda.apart.push(life)
}

function help(
  state: PeerState,
  from: LifeId,
  { target, nonce }: { target: LifeId; nonce: number },
  now: Instant,
): void {
  if (!state.members.lives(target)) return signal(state, from, { type: 'probed', target, nonce, heard: false })
  const stands = state.links.stands(target)
  if (stands && state.detector.heardWithin(target, state.config.probeMs, now)) {
    return signal(state, from, { type: 'probed', target, nonce, heard: true })
  }
  if (!stands && !state.links.isDialable(peerOf(target), now))
    return signal(state, from, { type: 'probed', target, nonce, heard: false })
  signal(state, target, { type: 'ping', nonce })
  state.favours.add(target, `${nonce}|${from}`)
}

/** Somebody was heard, or refused us: those who asked us about it are told. */
export function repay(state: PeerState, target: LifeId, heard: boolean): void {
  if (!state.favours.has(target)) return
  for (const favour of state.favours.take(target)) {
    const at = favour.indexOf('|')
    const from = favour.slice(at + 1) as LifeId
    // What is said to a life that another one of that peer has followed would wait for ever.
    if (state.members.ended(from)) continue
    signal(state, from, { type: 'probed', target, nonce: Number(favour.slice(0, at)), heard })
  }
}

/** Late by less than a sleep: our own health is in doubt. By more: nothing that was overdue proves anything. */
export function noticeLateness(state: PeerState, now: Instant): boolean {
  const late = now - state.timers.wakeAt
  if (late >= state.config.sleptMs) return true
  if (late > state.config.probeMs / 2) state.detector.worsen()
  return false
}

export function slept(state: PeerState, now: Instant): void {
  state.detector.restart(now)
  state.members.slept(now)
  state.timers.ringAt = now
  state.timers.syncAt = now
}
