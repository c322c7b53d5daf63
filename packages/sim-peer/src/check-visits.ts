// Every peer is looked at once in a while by somebody who has nothing to do with it: not only by its
// neighbours on the ring, nor only by those that are in conversation with it.

import { hash32 } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { SimWorld } from './world.ts'

/** Pairs of strangers below which chance says too little. */
const fewest = 8

/** At such odds it is no accident: a run of ten thousand seeds is to see none. */
const unlikely = 1e-3

/** After a quiet time of that length, all of whose pings the witness has seen. */
export function checkVisits(world: SimWorld, quietMs: number): void {
  const peers = world.alive()
  const pairs = peers.flatMap((from) =>
    peers.filter((to) => isStranger(from, to, peers)).map((to) => `${from.life}>${to.life}`),
  )
  if (pairs.length < fewest) return
  const seen = pairs.filter((pair) => world.witness.pings.has(pair)).length
  // One visit a second, to anybody with equal chances; fewer of them are needed, as who was heard just now is not asked.
  const chance = 0.7 * (1 - (1 - 1 / (peers.length - 1)) ** (quietMs / 1_000))
  if (atMost(seen, pairs.length, chance) < unlikely)
    throw new Error(`of ${pairs.length} pairs of strangers ${seen} have looked at each other in ${quietMs} ms`)
}

/** The chance that of `trials` no more than `seen` come true (binomial). */
function atMost(seen: number, trials: number, chance: number): number {
  let sum = 0
  let term = (1 - chance) ** trials
  for (let count = 0; count <= seen; count++) {
    sum += term
    term *= ((trials - count) / (count + 1)) * (chance / (1 - chance))
  }
  return sum
}

/** Neither watches the other for another reason. Whoever is asked all the time by somebody hears it, and need not ask. */
function isStranger(from: SimPeer, to: SimPeer, peers: readonly SimPeer[]): boolean {
  if (from === to || from.state.sessions.has(to.life)) return false
  return !observersOf(to, peers).includes(from)
}

/** Those who observe a peer: its neighbours on the ring of hashed ids, on both sides. */
function observersOf(of: SimPeer, among: readonly SimPeer[]): SimPeer[] {
  const { observers } = of.state.config
  const place = (peer: SimPeer): number => hash32(peer.peer)
  const distance = (peer: SimPeer): number => (place(peer) - place(of) + 2 ** 32) % 2 ** 32
  const others = among.filter((peer) => peer !== of).sort((a, b) => distance(a) - distance(b))
  if (others.length <= observers) return others
  return [...others.slice(0, observers / 2), ...others.slice(others.length - observers / 2)]
}
