// What the simulator holds against a host that runs a call of an actor after a later incarnation of it did.

import type { LifeId, ObjectId, Order } from '@murmuration/core/internal'
import { expect, test } from 'vitest'
import type { SimPeer } from '../src/peer.ts'
import { ActorWitness } from '../src/witness-actors.ts'

const actor = 'job-1.0' as ObjectId
const tombstoneMs = 1_000

/** Two hosts of it, each with a lease of its own number, and a clock. */
function hosts() {
  const clock = { now: 0 }
  const peers = new Map<string, SimPeer>()
  const world = { clock, living: (life: LifeId) => peers.get(life), alive: () => [...peers.values()] }
  const host = (life: string, number: number): SimPeer => {
    const residents = new Map([[actor, { tenure: { epoch: { number, by: life }, until: Number.POSITIVE_INFINITY } }]])
    const leases = new Map<ObjectId, { promised: object | null; over: string | null }>()
    const state = { residents, leases, config: { tombstoneMs }, timers: { turnAt: 1 } }
    const peer = { life, state, world, wokeAt: 0, now: () => clock.now } as unknown as SimPeer
    peers.set(life, peer)
    return peer
  }
  return { clock, later: host('p4/1', 4), earlier: host('p9/1', 3), dies: (life: string) => peers.delete(life) }
}

function call(nth: number): Order {
  return { spec: { id: `job-1.${nth}`, context: 'job-1', call: { actor } } } as unknown as Order
}

test('an earlier incarnation runs nothing after a later one, however long that one has run nothing', () => {
  const { clock, later, earlier } = hosts()
  const witness = new ActorWitness()
  witness.begins(earlier, call(1))
  witness.begins(later, call(2))
  const again = (): void => witness.begins(earlier, call(3))
  expect(again).toThrow('p9/1 runs a call of job-1.0 as 3, after 4 of p4/1 did')
  clock.now = 2 * tombstoneMs
  expect(again).toThrow('p9/1 runs a call of job-1.0 as 3, after 4 of p4/1 did')
})

test('an actor that ended before anybody need remember begins again as what it likes', () => {
  const { clock, later, earlier, dies } = hosts()
  const witness = new ActorWitness()
  witness.begins(later, call(1))
  dies(later.life)
  clock.now = tombstoneMs
  expect(() => witness.begins(earlier, call(2))).toThrow('after 4 of p4/1 did')
  clock.now = 2 * tombstoneMs
  // It had long run nothing, and ended a moment ago: its group knows of it.
  const { leases } = earlier.state as unknown as { leases: Map<ObjectId, unknown> }
  for (const row of [
    { promised: null, over: 'ended' },
    { promised: { number: 4, by: 'p4/1' }, over: null },
  ]) {
    leases.set(actor, row)
    expect(() => witness.begins(earlier, call(2))).toThrow('after 4 of p4/1 did')
  }
  expect(witness.begunAgain.size).toBe(0)
  leases.set(actor, { promised: { number: 3, by: 'p9/1' }, over: null })
  witness.begins(earlier, call(2))
  expect(witness.begunAgain).toContain(actor)
})
