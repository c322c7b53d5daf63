// What must hold, judged from outside the peers: the invariants of docs/architecture.md by number. A
// table's own run after every turn of its peer, as do these:
//
//   always:      1 a task settles once, and every reader sees one value   `Witness` (as it happens)
//                3 nothing is freed while something holds it              `checkHeld`, `checkFreed`
//                4 no silent wait                                         `checkWaits`, `checkAttempts`, `checkTalks`
//                  nor goes it round and round, alone or between two     `checkSpin`, `checkWaits`
//                6 with all its copies it survives fewer than k deaths    `Durability` (as it happens)
//                7 work out within the grants, queues within limits       `checkGiven`, `checkWorkers`, `checkLimits`
//                  what is granted counts what is here, to whoever asked  `checkShares`
//                8 a spec is kept exactly while it may be needed          `checkSpecs`
//               10 executions ≤ 1 + named causes, and those are true      `Witness` (as it happens)
//                  who has just woken buries nobody                       `checkWaking`
//   when quiet:  members agree, everything settled, copies complete,
//                bytes where said, nothing mentions the dead              `checkQuiet`
//                everybody is looked at by strangers now and then         `checkVisits`
//                after the last handle: nothing left at all               `checkEmpty`, `checkQueues`
//   no faults:   nobody is declared dead, nothing runs twice              `falseDeaths`, `checkOnce`
//
// Of the peer that took the turn everything is checked, but for what walks long lists or many
// conversations (`checkTalks`, `checkLimits`, `checkShares`): that in every eighth turn of the mesh. 2, 5
// and 9 speak of takeovers, ledgers and actors, and are checked with those.

import type { Effect, PeerEvent } from '@murmuration/core/internal'
import { checkPeerState } from '@murmuration/core/internal'
import { checkFreed, checkHeld, checkOwn, checkSpecs } from './check-held.ts'
import { checkGiven, checkLimits, checkShares, checkWorkers } from './check-limits.ts'
import { checkWaking } from './check-waking.ts'
import { checkAttempts, checkSpin, checkTalks, checkWaits } from './check-waits.ts'
import type { SimPeer } from './peer.ts'
import type { SimWorld } from './world.ts'

export interface Turn {
  readonly events: readonly PeerEvent[]
  readonly effects: readonly Effect[]
  /** Of all turns of the mesh. */
  readonly nth: number
}

/** Long walks are taken in every so many turns. */
const seldom = 8

/** After a turn of this peer, before its shell does what it was told. */
export function checkTurn(_world: SimWorld, peer: SimPeer, { events, effects, nth }: Turn): void {
  checkPeerState(peer.state)
  checkWaking(peer, events, effects)
  checkSpin(peer, events)
  if (isIdle(peer) || peer.state.leaving?.said) return
  checkGiven(peer)
  checkWorkers(peer, effects)
  checkWaits(peer)
  checkAttempts(peer)
  checkSpecs(peer)
  checkHeld(peer)
  checkOwn(peer)
  checkFreed(peer)
  if (nth % seldom !== 0) return
  checkLimits(peer)
  checkShares(peer)
  checkTalks(peer)
}

/** Nothing but heartbeats. */
function isIdle({ state, freed }: SimPeer): boolean {
  const { tasks, directory, holds, executor, elsewhere } = state
  return freed.length + tasks.size + directory.size + holds.size + executor.size + elsewhere.size === 0
}

/** All of it, of everybody. */
export function checkAlways(world: SimWorld): void {
  for (const peer of world.alive()) {
    if (peer.frozen || peer.state.leaving?.said) continue
    checkPeerState(peer.state)
    checkWaits(peer)
    checkAttempts(peer)
    checkLimits(peer)
    checkSpecs(peer)
    checkTalks(peer)
  }
}

export { checkEmpty, checkOnce, checkQueues, checkQuiet, falseDeaths } from './check-quiet.ts'
