// The end of a turn: what was said goes into sessions, and every peer with news gets one frame, with
// claims and load on board. Where no link stands one is asked for; where the outbox is full the news
// waits in the session.

import type { Instant, LifeId } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Claim, Load } from '../model/world.ts'
import { openSession } from '../state/announce.ts'
import { isLetter } from '../state/answer.ts'
import { isOver } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { dial, hangUp, isBeyond } from '../state/peer-state.ts'

/** Frames per peer and turn; the rest follows when the link has drained. */
const framesPerTurn = 8

export function write(state: PeerState, now: Instant): void {
  queue(state)
  state.sessions.resend(now)
  const load = loadOf(state)
  const told = gossipTargets(state, now)
  for (const life of audience(state, told, now)) {
    if (!state.links.stands(life)) dial(state, peerOf(life), now)
    else if (state.links.canWrite(life)) send(state, life, load, now)
  }
  for (const peer of state.links.overdue(now)) dial(state, peer, now)
}

function queue(state: PeerState): void {
  for (const { to, message } of state.outbox) {
    if (state.members.ended(to)) {
      keepForLater(state, to, message)
      continue
    }
    // Only of strangers for whom the table has no room.
    if (!state.members.knows(to)) continue
    openSession(state, to)
    state.sessions.send(to, message)
  }
  state.outbox.length = 0
}

/** To somebody thought dead: what it would need if it is back before its grace is over. */
function keepForLater(state: PeerState, to: LifeId, message: Message): void {
  if (!isLetter(message) || isBeyond(state, to)) return
  const letters = state.letters.get(to)
  if (letters) letters.push(message)
  else state.letters.set(to, [message])
}

function audience(state: PeerState, told: readonly LifeId[], now: Instant): Set<LifeId> {
  const lives = new Set<LifeId>(told)
  for (const life of state.signals.keys()) lives.add(life)
  for (const life of state.sessions.lives()) if (state.sessions.hasNews(life, now)) lives.add(life)
  return lives
}

/** A few of those we have links to, while there is something to tell. */
function gossipTargets(state: PeerState, now: Instant): LifeId[] {
  const { timers, config } = state
  if (state.gossip.size === 0) {
    timers.gossipAt = never
    return []
  }
  if (timers.gossipAt === never) timers.gossipAt = now
  if (timers.gossipAt > now) return []
  timers.gossipAt = after(now, config.gossipMs)
  const living = state.links.standing().filter((life) => state.members.lives(life))
  return state.rng.sample(living, config.gossipFanout)
}

function send(state: PeerState, life: LifeId, load: Load, now: Instant): void {
  state.links.used(life, now)
  for (let frames = 0; frames < framesPerTurn; frames++) {
    const signals = frames === 0 ? (state.signals.get(life) ?? []) : []
    const claims = frames === 0 ? claimsFor(state, life) : []
    if (frames === 0) state.signals.delete(life)
    const header = state.sessions.header(life, now)
    state.effects.push({
      type: 'send',
      to: life,
      frame: { from: state.self, to: life, ...header, signals, claims, load },
    })
    if (!state.sessions.hasNews(life, now)) return
  }
}

/** Rumours, and what is thought of the receiver itself: it must be able to refute. */
function claimsFor(state: PeerState, life: LifeId): Claim[] {
  const { gossip, members, config } = state
  const claims = gossip.size === 0 ? [] : gossip.take(config.claimsPerFrame, members.others().length + 1)
  const row = state.members.get(peerOf(life))
  if (row?.life === life && (row.state === 'suspect' || isOver(row.state))) {
    if (!claims.some((claim) => claim.life === life)) claims.push(state.members.claimOf(row))
  }
  return claims
}

function loadOf(state: PeerState): Load {
  const { executor, detector } = state
  return {
    free: Math.max(0, executor.slots - executor.running),
    queued: executor.readyCount,
    awareness: detector.awareness,
  }
}

export function hangUpIdle(state: PeerState, now: Instant): void {
  const { links, config } = state
  const isSpare = (life: LifeId): boolean => !state.detector.observes(life) && state.sessions.queued(life) === 0
  for (const life of links.idle(config.idleLinkMs, now).filter(isSpare))
    hangUp(state, life, 'nothing was said for a while')
  const excess = links.standing().length - config.maxLinks
  if (excess <= 0) return
  // Whoever observes us asks more often than this, and stays.
  for (const life of links
    .idle(4 * config.probeMs, now)
    .filter(isSpare)
    .slice(0, excess))
    hangUp(state, life, 'there are more links than are kept')
}
