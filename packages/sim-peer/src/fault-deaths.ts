// Processes end without a word: one, many, all but one; somebody of whom much depends; somebody whose
// last words are still on the wire. Some come back, at once or when they are nearly forgotten.

import type { Effect, Message } from '@murmuration/core/internal'
import { linksIn, linksOf, peerOf } from '@murmuration/core/internal'
import type { Aim, Whom } from './aims.ts'
import type { FaultKind } from './fault-kind.ts'
import { drawVictim } from './fault-kind.ts'
import type { SimPeer } from './peer.ts'
import type { Striker } from './striker.ts'

export const kill: FaultKind<{ readonly whom: Whom }> = {
  draw: ({ rng }) => ({ whom: drawVictim(rng) }),
  strike: (by, { whom }) => by.kill(whom),
}

/** A neighbourhood at once. */
export const massacre: FaultKind<{ readonly whom: readonly string[] }> = {
  draw: ({ rng, names }) => ({ whom: rng.sample(names.slice(1), rng.below(names.length)) }),
  strike: (by, { whom }) => whom.forEach((name) => by.kill(name)),
}

/** All but one; they come back, or they do not. */
export const lastStand: FaultKind<{ readonly survivor: string; readonly backMs: number | null }> = {
  draw: ({ rng, names }) => ({
    survivor: names[0] as string,
    backMs: rng.next() < 0.5 ? null : rng.between(50, 6_000),
  }),
  strike: (by, { survivor, backMs }) => {
    for (const name of by.names) {
      if (name === survivor || !by.living(name)) continue
      by.kill(name)
      if (backMs !== null) by.surely(backMs, () => by.revive(name))
    }
  },
}

/** A later life of the same peer: before anybody has noticed, or long after. */
export const restart: FaultKind<{ readonly whom: Whom; readonly ms: number }> = {
  draw: ({ rng }) => {
    const whom: Aim = rng.next() < 0.5 ? { of: ['dead', 'victim'], pick: rng.next() } : drawVictim(rng)
    const chance = rng.next()
    if (chance < 0.4) return { whom, ms: rng.between(1, 400) }
    return { whom, ms: chance < 0.8 ? rng.between(400, 3_000) : rng.between(3_000, 20_000) }
  },
  strike: (by, { whom, ms }) => {
    if (!by.names.some((name) => name === whom)) return
    by.kill(whom)
    by.surely(ms, () => by.revive(whom))
  },
}

/** Whoever has just said what came of its work dies while that is on its way, or a little after. */
export const intercept: FaultKind<{ readonly ms: number }> = {
  lurks: true,
  draw: ({ rng }) => ({ ms: rng.next() < 0.5 ? rng.between(0.001, 0.5) : rng.between(0.5, 30) }),
  strike: (by, { ms }) => {
    by.onTurn((peer, effects) => {
      if (peer.peer === by.names[0] || !effects.some(saysOutcome)) return false
      by.follow(ms, { kind: 'kill', whom: peer.peer })
      return true
    })
  },
}

function saysOutcome(effect: Effect): boolean {
  return effect.type === 'send' && effect.frame.messages.some(({ type }) => type === 'outcome')
}

/** Refs are to leave their owner; what it has for its guardians does not reach them, and it dies. What was read elsewhere by then must not be lost. */
export const bereave: FaultKind<Bereavement> = {
  lurks: true,
  draw: ({ rng }) => ({ ms: rng.between(1, 300), times: 1 + rng.below(12), restMs: rng.between(100, 600) }),
  strike: lieInWait,
}

export interface Bereavement {
  /** From the cut to the death. */
  readonly ms: number
  readonly times: number
  readonly restMs: number
}

function lieInWait(by: Striker, { ms, times, restMs }: Bereavement): void {
  by.onTurn((peer, effects) => {
    if (peer.peer === by.names[0] || !effects.some(tellsGuardian) || !handsOn(peer, effects)) return false
    for (const { life } of peer.state.ledger.guardians())
      by.follow(0, { kind: 'gap', from: peer.peer, to: peerOf(life), oneWay: false, ms: ms + 500 })
    by.follow(ms, { kind: 'kill', whom: peer.peer })
    if (times > 1) by.meanwhile(restMs, () => lieInWait(by, { ms, times: times - 1, restMs }))
    return true
  })
}

/** An outcome, or an answer, with refs has left, or waits for guardians. */
function handsOn({ state }: SimPeer, effects: readonly Effect[]): boolean {
  return (
    state.ledger.waits.size + state.ledger.answers.size > 0 ||
    effects.some((effect) => effect.type === 'send' && effect.frame.messages.some(namesRefs))
  )
}

function namesRefs(message: Message): boolean {
  if (message.type === 'located') return linksIn(message.located).length > 0
  return message.type === 'outcome' && linksOf(message.outcome).length > 0
}

function tellsGuardian(effect: Effect): boolean {
  return effect.type === 'send' && effect.frame.messages.some(({ type }) => type === 'guard')
}
