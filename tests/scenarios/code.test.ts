// Bundles: fetched by whoever runs them, kept as long as something may need them, let go when there are
// too many.

import { expect, it } from 'vitest'
import type { CodeId } from '@murmuration/core/internal'
import { Big, checkQuiet } from '@murmuration/sim-peer'
import type { Body, Context, SimPeer } from '@murmuration/sim-peer'
import { Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

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

/** S asks in a detached job for what G is to go on with, and dies with the bundle; G stood still all the while, and goes on. */
function lostBundle(retries: number) {
  const mesh = new Scenario({ S: keepsNothing, G: 1, N: keepsNothing })
  mesh.fn('add', function* (_context, n: number) {
    yield* elapse(5)
    return n + 1
  })
  // The second one waits for the first, and its own bundle is everywhere.
  const main = function* (context: Context): Body {
    const first = context.call('add', [1], { retries, code: 'only-here' })
    return yield* get(context.call('add', [first], { retries }))
  }
  const begin = function* (context: Context): Body {
    mesh.peer('G').freeze()
    return yield* main(context)
  }
  const asked = mesh.program(mesh.peer('S'), begin, { job: 'brief', detached: true })
  mesh.run({ forMs: 100 })
  expect(asked.end).toBeNull()
  mesh.kill('S')
  mesh.peer('G').thaw()
  mesh.until(() => mesh.knowsDead('G', 'S') && mesh.knowsDead('N', 'S'), 'its death is known')
  return { mesh, again: () => mesh.program(mesh.peer('N'), main, { job: 'brief', detached: true }) }
}

it('what nobody has the bundle of any more is tried as long as its retries last, and runs when its program brings it again', () => {
  const { mesh, again } = lostBundle(-1)
  mesh.run({ forMs: 120_000 })
  checkQuiet(mesh)
  const { tasks } = mesh.peer('G').state
  expect([tasks.size, mesh.timesRun('add')]).toEqual([2, 0])
  expect(mesh.said('task:retried')).toBeGreaterThan(32)
  expect(mesh.result(again())).toBe(3)
})

it('with its retries spent it fails and names the bundle, and is asked for anew by its program', () => {
  const { mesh, again } = lostBundle(1)
  mesh.until(() => [...mesh.peer('G').state.tasks.all()].every(({ state }) => state === 'settled'), 'both have failed')
  const failures = [...mesh.peer('G').state.directory.all()].map(
    (row) => row.state === 'failed' && row.failure?.message,
  )
  expect(failures).toEqual([expect.stringContaining('code:only-here'), expect.stringContaining('code:only-here')])
  expect(mesh.result(again())).toBe(3)
})
