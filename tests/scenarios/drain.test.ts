// A peer that is drained: it gets no new work, gives back what it has not begun, ends what runs, keeps what it
// keeps until that is elsewhere, and says goodbye. Nobody pays for it, and nothing is lost.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { SimPeer } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only, sumOf } from './scenario.ts'

const once = { options: { retries: 0 } }

/** S has it drained. */
function drain(mesh: Scenario, peer: string, withinMs = 30_000): SimPeer {
  const drained = mesh.peer(peer)
  mesh.peer('S').event({ type: 'drain', peer: drained.life, withinMs })
  return drained
}

function untilLeft(mesh: Scenario, { peer, life }: SimPeer): void {
  mesh.until(() => mesh.peer('S').state.members.get(peer)?.state === 'left', `${life} has left`)
}

it.each([
  { count: 30, ms: 1_000 },
  { count: 600, ms: 3 },
  { count: 2_000, ms: 0.4 },
])('what runs ends there, the rest runs elsewhere, once each and uncharged: %o', ({ count, ms }) => {
  const mesh = new Scenario({ S: 0, D: 2, E: 2 })
  const program = sumOf(mesh, [...Array(count).keys()], ms, once)
  mesh.until(() => mesh.timesRun('work') > count / 4, 'a good part is done')
  const D = drain(mesh, 'D')
  mesh.until(() => D.state.leaving !== null, 'it has heard of it')
  const begun = mesh.runs('work').filter((at) => at === 'D').length
  untilLeft(mesh, D)
  mesh.run({ forMs: 100 })
  expect(D.alive).toBe(false)
  expect(mesh.result(program)).toBe((count * (count - 1)) / 2)
  expect(mesh.timesRun('work')).toBe(count)
  expect(mesh.runs('work').filter((at) => at === 'D').length).toBe(begun)
  expect(mesh.peer('S').state.counters.retried).toBe(0)
  expect([mesh.said('peer:draining'), mesh.said('peer:left'), mesh.said('peer:died')]).toEqual([3, 2, 0])
  mesh.endsWell()
})

it('what takes longer than the time for it goes back when that is up, and costs no retry', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 1 })
  const program = sumOf(mesh, [0, 1], 10_000, once)
  mesh.until(() => mesh.timesRun('work') === 2, 'both run')
  const from = mesh.clock.now
  untilLeft(mesh, drain(mesh, 'D', 2_000))
  expect(mesh.clock.now - from).toBeGreaterThan(1_990)
  expect(mesh.clock.now - from).toBeLessThan(2_200)
  expect(mesh.result(program)).toBe(1)
  expect(mesh.timesRun('work')).toBe(3)
  expect(mesh.peer('S').state.counters.retried).toBe(0)
  mesh.endsWell()
})

it.each([1, 2, 3])('the objects it keeps have all of their %d copies elsewhere before it goes', (copies) => {
  const mesh = new Scenario({ S: 0, D: 1, E: 0, F: 0, G: 0 })
  mesh.fn('block', function* (_context, n: number) {
    yield* elapse(10)
    return new Big({ n }, 5e6)
  })
  const S = mesh.peer('S').state
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 12 }, (_, n) => context.call('block', [n], { copies, rebuilds: 0 }))
    yield* elapse(5_000)
    const D = drain(mesh, 'D', 60_000)
    while (S.members.get(D.peer)?.state !== 'left') yield* elapse(10)
    const holders = [...S.directory.all()].filter(({ task }) => task).map((entry) => entry.holders.size)
    expect(holders).toEqual(refs.map(() => copies))
    let sum = 0
    for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  })
  expect(mesh.result(program)).toBe(66)
  expect([mesh.said('object:lost'), mesh.said('object:rebuilt')]).toEqual([0, 0])
  mesh.endsWell()
})

it('what nobody else has room for is kept until its time is up, and made again when it is wanted', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 1 })
  mesh.fn('block', function* (_context, n: number) {
    yield* elapse(10)
    return new Big({ n }, 5e6)
  })
  for (const name of ['S', 'E']) mesh.peer(name).full = true
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('block', [7])
    yield* elapse(1_000)
    const D = drain(mesh, 'D', 3_000)
    yield* elapse(2_900)
    expect(D.left).toBe(false)
    yield* elapse(200)
    expect(D.left).toBe(true)
    for (const name of ['S', 'E']) mesh.peer(name).full = false
    return ((yield* get(ref)) as { n: number }).n
  })
  expect(mesh.result(program)).toBe(7)
  expect(mesh.said('object:rebuilt')).toBe(1)
  mesh.endsWell()
})

it('a task that waits for its children there has its result', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 2 })
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(2_000)
    return n
  })
  mesh.fn('parent', function* (context) {
    const refs = [1, 2, 3].map((n) => context.call('child', [n], only('E')))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { ...only('D'), retries: 0 }))
  })
  mesh.until(() => mesh.timesRun('child') >= 2, 'children run')
  untilLeft(mesh, drain(mesh, 'D', 20_000))
  expect(mesh.result(program)).toBe(6)
  expect(mesh.timesRun('parent')).toBe(1)
  mesh.endsWell()
})

it('a program there has the results of what it asked for, and may ask for nothing more', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 1 })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(500)
    return n
  })
  const program = mesh.ask('D', function* (context) {
    const refs = Array.from({ length: 6 }, (_, n) => context.call('work', [n], { retries: 0 }))
    yield* elapse(700)
    drain(mesh, 'D', 20_000)
    yield* elapse(100)
    const late = yield { type: 'get', ref: context.call('work', [7]) }
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return [sum, late.type === 'failure' ? late.failure.code : late.value]
  })
  expect(mesh.result(program)).toEqual([15, 'MESH_LEFT'])
  untilLeft(mesh, mesh.peer('D'))
  mesh.endsWell()
})

it('thought silent while it hands over, it says that it lives: nothing that runs there is charged', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 1, F: 0 })
  const program = sumOf(mesh, [0, 1], 6_000, once)
  mesh.until(() => mesh.timesRun('work') === 2, 'both run')
  const D = drain(mesh, 'D', 20_000)
  mesh.run({ forMs: 500 })
  D.freeze()
  mesh.until(() => mesh.peer('S').state.members.get(D.peer)?.state === 'suspect', 'it is suspected')
  D.thaw()
  mesh.until(() => mesh.peer('S').state.members.get(D.peer)?.state === 'draining', 'it refutes')
  untilLeft(mesh, D)
  expect(mesh.result(program)).toBe(1)
  expect(mesh.timesRun('work')).toBe(2)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('told to leave while it is drained, it hurries', () => {
  const mesh = new Scenario({ S: 0, D: 1, E: 1 })
  const program = sumOf(mesh, [0, 1], 30_000, once)
  mesh.until(() => mesh.timesRun('work') === 2, 'both run')
  const D = drain(mesh, 'D', 25_000)
  mesh.run({ forMs: 1_000 })
  const from = mesh.clock.now
  D.event({ type: 'leave' })
  untilLeft(mesh, D)
  expect(mesh.clock.now - from).toBeLessThan(6_000)
  expect(mesh.result(program)).toBe(1)
  expect(mesh.peer('S').state.counters.retried).toBe(0)
  mesh.endsWell()
})
