// What several have asked one peer for runs once there and counts to each of them, until it is through or they are gone.

import { expect, it } from 'vitest'
import { Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

it('one of two who asked for what waits is away for longer than its grace: its peer grants it as much as before when it is back', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: 1, X: 1, Y: 1 })
  mesh.fn('leaf', function* (_context, n: number) {
    yield* elapse(100_000)
    return n
  })
  mesh.fn('slow', function* (_context, n: number) {
    yield* elapse(1_000)
    return n
  })
  mesh.fn('middle', function* (context) {
    return yield* get(context.call('leaf', [7], only('Y')))
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('middle', [], only('X')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { prefer: { peer: 'A' } }))
  })
  const { executor } = mesh.peer('X').state
  const a = mesh.lifeOf('A')
  mesh.until(() => executor.blocked === 1, 'it waits')
  mesh.cut(['S', 'B'], ['A'])
  mesh.until(
    () => [...executor.all()].some(({ state, others }) => state === 'blocked' && others !== null),
    'X runs it for both',
  )
  mesh.cut(['X', 'Y'], ['A'])
  mesh.until(() => mesh.knowsDead('X', 'A'), 'X takes A for dead')
  mesh.until(() => executor.askedBy(a).length === 0, 'its grace is over')
  expect(mesh.result(program)).toBe(7)
  mesh.network.heal()
  mesh.until(() => !mesh.knowsDead('X', 'A') && !mesh.knowsDead('A', 'X'), 'A is back, and nothing waits at X any more')
  expect([executor.size, executor.blocked]).toEqual([0, 0])
  for (const n of [1, 2, 3]) {
    const more = mesh.ask('A', function* (context) {
      return yield* get(context.call('slow', [n], only('X')))
    })
    expect(mesh.result(more)).toBe(n)
  }
  mesh.endsWell()
})

it('a page is frozen while it runs what two have asked for: that counts to neither of them any more', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: { slots: 1 }, P: 1 })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(30_000)
    return n
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('work', [7], only('P')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { prefer: { peer: 'A' } }))
  })
  const { executor } = mesh.peer('P').state
  mesh.until(() => executor.running === 1 && mesh.timesRun('work') === 1, 'P runs it')
  mesh.cut(['S', 'B'], ['A'])
  mesh.until(
    () => [...executor.all()].some(({ state, others }) => state === 'running' && others !== null),
    'P runs it for both',
  )
  const askers = ['A', 'B'].map((name) => mesh.lifeOf(name))
  expect(askers.map((life) => executor.shareOf(life).active)).toEqual([1, 1])
  const page = mesh.peer('P')
  page.event({ type: 'standstill' })
  page.turn()
  page.freeze()
  mesh.run({ forMs: 200 })
  page.thaw()
  page.event({ type: 'described', slots: 1 })
  page.event({ type: 'slept' })
  mesh.network.heal()
  expect(mesh.result(program)).toEqual(7)
  mesh.run({ forMs: 60_000 })
  expect(executor.size).toBe(0)
  expect(askers.map((life) => executor.shareOf(life).active)).toEqual([0, 0])
  mesh.endsWell()
})
