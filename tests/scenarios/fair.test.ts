// Who has asked for little is not stuck behind who has asked for much: two jobs of one peer, two peers that ask, long and
// short tasks, and what priority means beside it.

import { expect, it } from 'vitest'
import type { Context, Program } from '@murmuration/sim-peer'
import { Scenario, elapse, get } from './scenario.ts'

/** `count` tasks of that function at once; its value is how many of the other's had begun when all were done. */
function asks(mesh: Scenario, { by = 'S', fn = '', count = 0, options = {}, other = '' }): Program {
  return mesh.ask(by, function* (context: Context) {
    const refs = Array.from({ length: count }, (_, n) => context.call(fn, [n], options))
    for (const ref of refs) yield* get(ref)
    return mesh.timesRun(other)
  })
}

/** Two functions that take so long, known to all who ask. */
function withFunctions(mesh: Scenario, ms: Readonly<Record<string, number>>): void {
  for (const [name, each] of Object.entries(ms))
    mesh.fn(name, function* (_context, n: number) {
      yield* elapse(each)
      return n
    })
}

it('two jobs of one peer: the small one is done as if the big one had asked for no more than it', () => {
  const mesh = new Scenario({ S: 0, A: 2, B: 2 })
  withFunctions(mesh, { big: 50, small: 50 })
  const big = asks(mesh, { fn: 'big', count: 500, other: 'small' })
  mesh.until(() => mesh.timesRun('big') > 100, 'the big one is under way')
  const before = mesh.timesRun('big')
  const small = asks(mesh, { fn: 'small', count: 100, other: 'big' })
  const then = mesh.result(small) as number
  // Each of the small one's has waited for one of the big one's, and what was out already.
  expect(then - before).toBeLessThan(125)
  expect(mesh.result(big)).toBe(100)
  mesh.endsWell()
})

it('nor is it behind tasks that need something else', () => {
  const mesh = new Scenario({ S: 0, A: { slots: 2, labels: { kind: 'node' } } })
  withFunctions(mesh, { big: 50, small: 50 })
  const big = asks(mesh, { fn: 'big', count: 400, options: { needs: { labels: { kind: 'node' } } }, other: 'small' })
  mesh.until(() => mesh.timesRun('big') > 50, 'the big one is under way')
  const before = mesh.timesRun('big')
  const small = asks(mesh, { fn: 'small', count: 100, other: 'big' })
  expect((mesh.result(small) as number) - before).toBeLessThan(125)
  expect(mesh.result(big)).toBe(100)
  mesh.endsWell()
})

it('a job of long tasks and one of short ones share the time, not the number', () => {
  const mesh = new Scenario({ S: 0, A: 2 })
  withFunctions(mesh, { big: 500, small: 50 })
  const big = asks(mesh, { fn: 'big', count: 200, other: 'small' })
  mesh.until(() => mesh.timesRun('big') > 10, 'the big one is under way')
  const before = mesh.timesRun('big')
  const small = asks(mesh, { fn: 'small', count: 100, other: 'big' })
  // 5 s of work beside it.
  expect((mesh.result(small) as number) - before).toBeLessThan(20)
  expect(mesh.result(big)).toBe(100)
  mesh.endsWell()
})

it('a higher priority goes first, whichever job it is of; within it jobs take turns', () => {
  const mesh = new Scenario({ S: 0, A: 2 })
  withFunctions(mesh, { big: 50, small: 50, urgent: 50 })
  const big = asks(mesh, { fn: 'big', count: 500, other: 'urgent' })
  mesh.until(() => mesh.timesRun('big') > 10, 'the big one is under way')
  const small = asks(mesh, { fn: 'small', count: 50, other: 'big' })
  const before = mesh.timesRun('big') + mesh.timesRun('small')
  const urgent = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 50 }, (_, n) => context.call('urgent', [n], { priority: 1 }))
    for (const ref of refs) yield* get(ref)
    return mesh.timesRun('big') + mesh.timesRun('small')
  })
  expect((mesh.result(urgent) as number) - before).toBeLessThan(12)
  expect(mesh.result(small)).toBeLessThan(120)
  expect(mesh.result(big)).toBe(50)
  mesh.endsWell()
})

it('two peers that ask: each has half', () => {
  const mesh = new Scenario({ S: 0, T: 0, A: 2, B: 2 })
  withFunctions(mesh, { big: 50, small: 50 })
  const big = asks(mesh, { by: 'S', fn: 'big', count: 500, other: 'small' })
  mesh.until(() => mesh.timesRun('big') > 100, 'the big one is under way')
  const before = mesh.timesRun('big')
  const small = asks(mesh, { by: 'T', fn: 'small', count: 100, other: 'big' })
  expect((mesh.result(small) as number) - before).toBeLessThan(125)
  expect(mesh.result(big)).toBe(100)
  mesh.endsWell()
})

/** How many of the long ones began before all of the short ones were done. */
function longBesideShort(seed: number): number {
  const mesh = new Scenario({ S: 0, T: 0, A: 1 }, { seed })
  withFunctions(mesh, { big: 500, small: 10 })
  const big = asks(mesh, { by: 'S', fn: 'big', count: 100, other: 'small' })
  mesh.until(() => mesh.timesRun('big') > 5, 'the big one is under way')
  const before = mesh.timesRun('big')
  const small = asks(mesh, { by: 'T', fn: 'small', count: 200, other: 'big' })
  const began = (mesh.result(small) as number) - before
  expect(mesh.result(big)).toBe(200)
  mesh.endsWell()
  return began
}

it('two peers that ask a third with one slot, one for long tasks: the other has half of the time', () => {
  // 2 s of work, so four of the long ones, and as many that were out already or came while words were on their way.
  const began = [1, 2, 3, 4, 5, 6, 7, 8].map(longBesideShort)
  expect(began.reduce((sum, each) => sum + each, 0) / began.length, began.join()).toBeLessThan(10)
})

it('two families of children on one peer: the small one is through first', () => {
  const mesh = new Scenario({ S: 0, A: 4, B: 4 })
  withFunctions(mesh, { big: 50, small: 50 })
  mesh.fn('parent', function* (context, fn: string, count: number) {
    const refs = Array.from({ length: count }, (_, n) => context.call(fn, [n]))
    for (const ref of refs) yield* get(ref)
    return mesh.timesRun('big')
  })
  const there = { needs: { peer: 'A' } }
  const parents = (fn: string, count: number): Program =>
    mesh.ask('S', function* (context) {
      return yield* get(context.call('parent', [fn, count], there))
    })
  const big = parents('big', 400)
  mesh.until(() => mesh.timesRun('big') > 50, 'the big one is under way')
  const before = mesh.timesRun('big')
  expect((mesh.result(parents('small', 100)) as number) - before).toBeLessThan(130)
  expect(mesh.result(big)).toBe(400)
  mesh.endsWell()
})
