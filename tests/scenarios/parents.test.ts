// A parent that was cut off, and the attempt that runs in its place: what it had asked for is asked for
// once, what it says late does no harm, and a program that was only thought dead goes on.

import { describe, expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { SimFailure, SimRef } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

/** Everybody but that one, which is on its own from now on. */
function cutOff(mesh: Scenario, name: string): void {
  mesh.cut(
    [name],
    mesh.others(name).map(({ peer }) => peer),
  )
}

it('7: a parent is cut off from everybody, its child done or running: neither is done again, and it stops by itself', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 2, W: 0 })
  mesh.fn('quick', function* () {
    yield* elapse(20)
    return 1
  })
  mesh.fn('slow', function* () {
    yield* elapse(9_000)
    return 2
  })
  mesh.fn('parent', function* (context) {
    const refs = ['quick', 'slow'].map((name) => context.call(name, [], only('Z')))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { prefer: { peer: 'X' } }))
  })
  mesh.until(() => mesh.timesRun('slow') === 1, 'both children have begun')
  mesh.run({ forMs: 500 })
  const first = mesh.runs('parent')[0] as string
  cutOff(mesh, first)
  mesh.until(() => mesh.timesRun('parent') === 2, 'the parent is run again elsewhere')
  mesh.run({ forMs: 500 })
  mesh.network.heal()
  expect(mesh.result(program)).toBe(3)
  expect([mesh.timesRun('quick'), mesh.timesRun('slow')]).toEqual([1, 1])
  mesh.run({ forMs: 3_000 })
  const { executor, tasks } = mesh.peer(first).state
  expect([executor.size, tasks.size]).toEqual([0, 0])
  mesh.endsWell()
})

const busy = [{ text: 'Busy' }]

describe.each([
  { when: 'once another runs in the place of its parent, and has asked for it', ms: 6_000, nth: 0 },
  { when: 'before anybody knows that its parent is cut off', ms: 1_500, nth: 1 },
])('a child ends $when', ({ ms, nth }) => {
  it.each([
    { how: 'it throws what is tried again', fails: 1, retryErrors: true, runs: [2, 2] },
    { how: 'it throws what is tried again, for ever', fails: 9, retryErrors: busy, runs: [4, 5] },
    { how: 'it throws what may be in the list of what is', fails: 9, retryErrors: [{ text: 'Lost' }], runs: [1, 2] },
    { how: 'it throws what nobody tries again', fails: 9, retryErrors: false, runs: [1, 1] },
    { how: 'its worker ends', fails: 1, crashes: true, runs: [2, 2] },
    { how: 'its worker ends, and it is to be run once', fails: 9, crashes: true, retries: 0, runs: [1, 1] },
  ])('$how: whoever asks has every retry, and not that one answer to each of them', (ending) => {
    const { fails, crashes = false, retries = 3, retryErrors = false, runs } = ending
    const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: { slots: 1, labels: { zone: 'z' } }, W: 0 })
    mesh.fn('child', function* () {
      yield* elapse(mesh.timesRun('child') === 1 ? ms : 20)
      if (mesh.timesRun('child') > fails) return 'done'
      if (!crashes) throw new Error('Busy')
      const { workers } = mesh.peer('Z')
      mesh.clock.after(0, () => workers.crash(workers.busy()[0] as number, 'exit'))
      return yield* elapse(1_000)
    })
    mesh.fn('parent', function* (context) {
      try {
        return yield* get(context.call('child', [], { ...only('Z'), retries, retryErrors }))
      } catch (error) {
        return (error as SimFailure).failure.code
      }
    })
    const program = mesh.ask('S', function* (context) {
      return yield* get(
        context.call('parent', [], { prefer: { peer: 'X' }, needs: { labels: { zone: { not: 'z' } } } }),
      )
    })
    mesh.until(() => mesh.timesRun('child') === 1, 'the child has begun')
    mesh.run({ forMs: 500 })
    cutOff(mesh, mesh.runs('parent')[0] as string)
    mesh.until(() => mesh.timesRun('parent') === 2, 'the parent is run again elsewhere')
    expect(mesh.result(program)).toBe(fails < 9 ? 'done' : crashes ? 'WORKER_DIED' : 'TASK_FAILED')
    // What ended before is an attempt of whoever was cut off.
    expect(mesh.timesRun('child')).toBe(runs[nth])
    mesh.network.heal()
    mesh.endsWell()
  })
})

it('15: the outcome of a first attempt comes when the second has submitted: the children that the value names exist', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 2, W: 0 })
  mesh.fn('child', function* () {
    yield* elapse(50)
    return new Big({ n: 5 }, 1e6)
  })
  mesh.fn('parent', function* (context) {
    const child = context.call('child', [], only('Z'))
    yield* elapse(4_000)
    return { child }
  })
  const program = mesh.ask('S', function* (context) {
    const { child } = (yield* get(context.call('parent', [], { prefer: { peer: 'X' } }))) as { child: SimRef }
    yield* elapse(8_000)
    return yield* get(child)
  })
  mesh.until(() => mesh.timesRun('child') === 1, 'the first attempt has submitted')
  mesh.run({ forMs: 500 })
  const first = mesh.runs('parent')[0] as string
  cutOff(mesh, first)
  mesh.until(() => mesh.timesRun('parent') === 2, 'the second attempt has begun')
  mesh.until(
    () => [...mesh.peer(first).state.executor.all()].every(({ state }) => state === 'done'),
    'the first is done',
  )
  expect(program.end).toBeNull()
  mesh.network.heal()
  expect(mesh.result(program)).toEqual({ n: 5 })
  expect(mesh.timesRun('child')).toBe(1)
  mesh.endsWell()
})

it('17: a submitter is thought dead by all, who go on without it; what others read of it meanwhile is what it says', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, Y: 1 })
  const seen: unknown[] = []
  mesh.fn('late', function* (_context, box: { ref: SimRef }) {
    yield* elapse(4_000)
    seen.push(yield* get(box.ref))
    return 'read'
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put({ n: 17 })
    const there = context.call('late', [{ ref }], only('E'))
    return [yield* get(there), yield* get(ref)]
  })
  mesh.until(() => mesh.borrows('E', 'S') && mesh.guardiansOf('S').length === 2, 'E has the ref')
  mesh.run({ forMs: 500 })
  mesh.cut(['S'], ['E', 'X', 'Y'], { oneWay: true })
  mesh.until(() => seen.length === 1, 'it is read while S is thought dead')
  expect(mesh.knowsDead('E', 'S')).toBe(true)
  mesh.network.heal()
  expect(mesh.result(program)).toEqual(['read', { n: 17 }])
  for (const value of seen) expect(value).toEqual({ n: 17 })
  mesh.endsWell()
})
