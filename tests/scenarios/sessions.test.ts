// Links that break, frames that are lost, outboxes that are full, lives that come and go: between two
// lives every message is recorded once and in order, or the conversation begins anew and says so.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { PeerId } from '@murmuration/core/internal'
import { Scenario, get, only, elapse } from './scenario.ts'

const id = (name: string): PeerId => name as PeerId

/** Work for E, in a row. */
function twenty(scenario: Scenario, ms: number): ReturnType<Scenario['ask']> {
  scenario.fn('work', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
  return scenario.ask('S', function* (context) {
    const refs = Array.from({ length: 20 }, (_, n) => context.call('work', [n], only('E')))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
}

it('1: a link resets again and again while assigns, outcomes and grants are in its buffer', () => {
  // Nothing is said again for its silence: what was in a buffer is said over the next link, or never.
  const mesh = new Scenario({ S: 0, E: 2 }, { config: { resendMs: 600_000 } })
  const program = twenty(mesh, 10)
  for (let n = 0; n < 30; n++) {
    mesh.run({ forMs: 7 })
    mesh.network.unlink(id('S'), id('E'))
  }
  mesh.until(() => program.end !== null, 'the work is done', 1_000)
  expect(program.end?.value).toBe(190)
  expect(mesh.timesRun('work')).toBe(20)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
  const { life } = mesh.peer('E')
  expect(mesh.peer('S').state.scheduler.out(life)).toBe(0)
  expect(mesh.peer('S').state.scheduler.room(life, 2)).toBeGreaterThanOrEqual(2)
})

it('2: E is killed and back within 300 ms, before anybody missed a probe', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  const program = twenty(mesh, 50)
  mesh.run({ forMs: 220 })
  mesh.kill('E')
  mesh.run({ forMs: 100 })
  mesh.restart('E')
  expect(mesh.result(program)).toBe(190)
  expect(mesh.peer('S').state.members.get(id('E'))?.life).toBe('E/2')
  mesh.endsWell()
})

it('4: a second process of the same peer is another life: what the first one had is not taken for its own', () => {
  const mesh = new Scenario({ S: 0, E: 1, F: 1 })
  const program = twenty(mesh, 100)
  mesh.run({ forMs: 150 })
  const first = mesh.peer('E')
  // The first process stands still, the second starts; then the first wakes up and goes on talking.
  first.freeze()
  const second = mesh.restart('E')
  mesh.until(() => second.joined, 'the second life has joined')
  first.thaw()
  expect(mesh.result(program)).toBe(190)
  for (const peer of mesh.others('E')) expect(peer.state.members.get(id('E'))?.life).toBe(second.life)
  first.kill()
  mesh.endsWell()
})

it('23: the outbox to a slow peer is full while an outcome and a death are due', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, Y: 0, Z: 0 })
  const program = twenty(mesh, 20)
  mesh.run({ forMs: 50 })
  mesh.peer('E').event({ type: 'writable', peer: id('S'), writable: false })
  mesh.kill('X')
  // Others hear E: its link to S is worth nothing, and is replaced by one with an empty outbox.
  expect(mesh.result(program)).toBe(190)
  expect(mesh.timesRun('work')).toBe(20)
  expect(mesh.peer('S').state.members.ended(mesh.peer('E').life)).toBe(false)
  mesh.endsWell()
})

it('24: two peers send each other large arguments at once', () => {
  const mesh = new Scenario({ A: 2, B: 2 })
  mesh.fn('weigh', function* (_context, block: { n: number }) {
    yield* elapse(5)
    return block.n
  })
  const both = (['A', 'B'] as const).map((from) =>
    mesh.ask(from, function* (context) {
      const there = only(from === 'A' ? 'B' : 'A')
      const refs = Array.from({ length: 5 }, (_, n) =>
        context.call('weigh', [context.put(new Big({ n }, 20e6))], there),
      )
      let sum = 0
      for (const ref of refs) sum += (yield* get(ref)) as number
      return sum
    }),
  )
  for (const program of both) expect(mesh.result(program)).toBe(10)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('a link that is dead without having closed is given up once others are seen to hear the peer', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  const program = twenty(mesh, 400)
  mesh.run({ forMs: 300 })
  // Closed while nothing gets through: neither side hears of it.
  mesh.cut(['S'], ['E'])
  mesh.network.unlink(id('S'), id('E'))
  mesh.network.heal()
  expect(mesh.result(program)).toBe(190)
  expect(mesh.timesRun('work')).toBe(20)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('who was silent and is heard again is told at once what waited for it, however far off the next try was', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 0 }, { config: { resendMs: 1_000 } })
  mesh.cut(['E'], ['S', 'X'])
  const program = twenty(mesh, 1)
  const held = (): string | undefined => mesh.peer('S').state.members.get(id('E'))?.state
  mesh.run({ forMs: 1_100 })
  mesh.until(() => held() === 'suspect', 'S doubts E')
  mesh.network.heal()
  mesh.until(() => held() === 'alive', 'E has refuted', 500)
  // The first try was in vain, the next one would be two seconds after it.
  mesh.until(() => program.end !== null, 'the work is done', 500)
  expect(program.end?.value).toBe(190)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('frames are lost, doubled and overtaken: everything is recorded once', () => {
  const mesh = new Scenario({ S: 0, E: 2 })
  mesh.network.weather = { delayMs: [1, 15], loss: 0.1, duplication: 0.2, reordering: true }
  const program = twenty(mesh, 5)
  expect(mesh.result(program)).toBe(190)
  mesh.endsWell()
})

it.each([
  ['E', 'the executor'],
  ['S', 'the submitter'],
])('%s stands still for longer than a tombstone stands: the next conversation is heard by both', (sleeper) => {
  const mesh = new Scenario({ S: 0, E: 1 })
  expect(mesh.result(twenty(mesh, 10))).toBe(190)
  mesh.peer(sleeper).freeze()
  // Dead, then forgotten: of the numbers of the old conversation only the sleeper knows.
  mesh.run({ forMs: mesh.config.tombstoneMs + 5_000 })
  const [awake] = mesh.others(sleeper)
  expect(awake?.state.members.get(id(sleeper))).toBeUndefined()
  mesh.peer(sleeper).thaw()
  const again = twenty(mesh, 20)
  mesh.until(() => again.end !== null, 'the work is done', 10_000)
  expect(again.end?.value).toBe(190)
  mesh.endsWell()
})

it('who forgot a peer with which it had spoken again and again is heard by it, though it numbers anew', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  // Each of these begins a conversation with higher numbers on both sides.
  for (let n = 0; n < 3; n++) {
    mesh.cut(['S'], ['E'])
    mesh.run({ forMs: 10_000 })
    mesh.network.heal()
    mesh.run({ forMs: 10_000 })
    expect(mesh.result(twenty(mesh, 10))).toBe(190)
  }
  mesh.peer('E').freeze()
  mesh.until(() => !mesh.peer('S').state.members.get(id('E')), 'S has forgotten E')
  mesh.peer('E').thaw()
  const again = twenty(mesh, 20)
  mesh.until(() => again.end !== null, 'the work is done', 10_000)
  expect(again.end?.value).toBe(190)
  mesh.endsWell()
})

it('who was given nothing and then thought dead is given something when it is back', () => {
  const mesh = new Scenario({ S: 0, L: 0, E: 1 })
  mesh.fn('work', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
  const long = mesh.ask('L', function* (context) {
    const ref = context.call('work', [20_000])
    return yield* get(ref)
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'E is busy')
  const quick = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [1]))
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  mesh.run({ forMs: 1_000 })
  expect([S.state.scheduler.out(E.life), S.state.scheduler.room(E.life, 1)]).toEqual([0, 0])
  S.sleep()
  mesh.until(() => E.state.members.ended(S.life), 'E thinks that S is dead')
  S.thaw()
  expect(mesh.result(long)).toBe(20_000)
  mesh.until(() => quick.end !== null, 'the quick one runs', 5_000)
  expect(mesh.result(quick)).toBe(1)
  mesh.endsWell()
})
