// Processes end without a word: one, many, all but one; somebody of whom much depends; somebody whose
// last words are still on the wire. Some come back, at once or when they are nearly forgotten.

import type { Effect } from '@murmuration/core/internal'
import type { Aim, Whom } from './aims.ts'
import type { FaultKind } from './fault-kind.ts'
import { drawVictim } from './fault-kind.ts'

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
