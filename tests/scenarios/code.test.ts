// Bundles: fetched by whoever runs them, kept as long as something may need them, let go when there are
// too many.

import { expect, it } from 'vitest'
import type { CodeId } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { Body, Context, SimPeer } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

const has = (peer: SimPeer, code: string): boolean =>
  peer.state.code.has(code as CodeId) && peer.bundles.has(code as CodeId)

it('bundles that nothing needs go when there are too many, and come back when they are called again', () => {
  const mesh = new Scenario({ S: 0, E: 1 }, { config: { maxCodes: 4 } })
  mesh.fn('add', function* (_context, n: number) {
    yield* elapse(5)
    return n + 1
  })
  const program = mesh.ask('S', function* (context) {
    let sum = 0
    for (let n = 0; n < 20; n++) sum += (yield* get(context.call('add', [n], { code: `add-${n}` }))) as number
    return sum
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  expect(mesh.result(program)).toBe(210)
  mesh.run({ forMs: 100 })
  for (const peer of [S, E]) {
    expect([peer.state.code.size, peer.bundles.size]).toEqual([4, 4])
    expect([has(peer, 'add-0'), has(peer, 'add-19')]).toEqual([false, true])
  }
  const again = mesh.ask('S', function* (context) {
    return yield* get(context.call('add', [1], { code: 'add-0' }))
  })
  expect(mesh.result(again)).toBe(2)
  expect(has(E, 'add-0')).toBe(true)
  mesh.endsWell()
})

it('a bundle stays with the owner of what waits, of what runs, and of what may have to be made again', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 }, { config: { maxCodes: 2 } })
  mesh.fn('make', function* (_context, ms: number) {
    yield* elapse(ms)
    return new Big({ n: ms }, 1e6)
  })
  mesh.fn('add', function* (_context, n: number) {
    yield* elapse(5)
    return n + 1
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const options = { copies: 1, ...only('E') }
    const made = context.call('make', [10], { ...options, needs: {}, code: 'made' })
    yield* get(context.call('add', [0], { code: 'first' }))
    const runs = context.call('make', [2_000], { ...options, code: 'runs' })
    const waits = context.call('make', [20], { ...options, code: 'waits' })
    for (let n = 0; n < 10; n++) yield* get(context.call('add', [n], { ...only('X'), code: `add-${n}` }))
    const kept = ['made', 'runs', 'waits', 'first'].map((code) => has(S, code))
    const sum = [((yield* get(runs)) as { n: number }).n, ((yield* get(waits)) as { n: number }).n]
    yield* elapse(500)
    mesh.kill(mesh.runs('make')[0] as string)
    return [kept, sum, yield* get(made)]
  })
  expect(mesh.result(program)).toEqual([[true, true, true, false], [2_000, 20], { n: 10 }])
  expect(mesh.timesRun('make')).toBeGreaterThanOrEqual(4)
  mesh.endsWell()
})

it('a program that begins in the turn in which its bundle goes brings it anew', () => {
  const mesh = new Scenario({ S: 1 }, { config: { maxCodes: 1 } })
  mesh.fn('add', function* (_context, n: number) {
    yield* elapse(5)
    return n + 1
  })
  const S = mesh.peer('S')
  S.keepCode('old' as CodeId)
  mesh.run({ forMs: 100 })
  expect(has(S, 'old')).toBe(true)
  const main = function* (context: Context): Body {
    return yield* get(context.call('add', [1], { code: 'old' }))
  }
  const program = mesh.program(S, main, { job: 'begins' })
  S.keepCode('new' as CodeId)
  expect(mesh.result(program)).toBe(2)
})
