// What is lost, exactly, and what is only done twice: the rows of docs/fault-tolerance.md on which something is.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { Context, Got, SimRef, Wait } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

/** What a reader is told: the value, or why there is none. */
function* ask(ref: SimRef): Generator<Wait, unknown, Got> {
  const got = yield { type: 'get', ref }
  return got.type === 'value' ? got.value : `${got.failure.code}: ${got.failure.reason}`
}

/** X has put something, S has the ref and reads it once the gate is open. */
function orphan(mesh: Scenario): { readonly result: () => unknown } {
  const gate = new Gate()
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return [context.put({ n: 1 })]
  })
  const program = mesh.ask('S', function* (context) {
    const [ref] = (yield* get(context.call('make', [], only('X')))) as [SimRef]
    yield* gate.passed()
    return yield* ask(ref)
  })
  mesh.until(() => mesh.borrows('S', 'X'), 'S has the ref')
  mesh.run({ forMs: 500 })
  return {
    result: () => {
      gate.isOpen = true
      return mesh.result(program)
    },
  }
}

it('an owner dies with both of its guardians: what it answered for is lost, and says so', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0, Z: 0, N: 0 })
  const work = orphan(mesh)
  for (const name of ['X', ...mesh.guardiansOf('X')]) mesh.kill(name)
  expect(work.result()).toBe('OBJECT_LOST: owner-died')
  mesh.endsWell()
})

it('what is lost with an owner and its guardians is the reason why something is lost that was put from it', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 0, N: 0 })
  mesh.fn('lower', function* (context) {
    yield* elapse(5)
    return [context.put(new Big({ n: 1 }, 1e6), { copies: 1 })]
  })
  mesh.fn('upper', function* (context, { n }: { n: number }) {
    yield* elapse(5)
    return [context.put(new Big({ n: n + 1 }, 1e6), { copies: 1 })]
  })
  const gate = new Gate()
  let isThere = false
  const program = mesh.ask('S', function* (context) {
    const [below] = (yield* get(context.call('lower', [], only('X')))) as [SimRef]
    const [above] = (yield* get(context.call('upper', [below], only('Y')))) as [SimRef]
    context.release(below)
    isThere = true
    yield* gate.passed()
    const got = yield { type: 'get', ref: above }
    return got.type === 'failure' && [got.failure.message, context.excuses(got.failure)]
  })
  mesh.until(() => isThere, 'S has the ref')
  mesh.run({ forMs: 500 })
  // Z is left, which knows what Y has put.
  const gone = new Set(['X', 'Y', ...mesh.guardiansOf('X')])
  for (const name of gone) mesh.kill(name)
  gate.isOpen = true
  expect(mesh.result(program)).toEqual([
    expect.stringMatching(/failed before it put it: .* the peer that answered for it is gone$/),
    true,
  ])
  mesh.endsWell()
})

it('an owner that leaves is answered for by its guardians', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0, Z: 0 })
  const work = orphan(mesh)
  mesh.peer('X').event({ type: 'leave' })
  mesh.until(() => !mesh.peer('X').alive, 'it has left')
  expect(work.result()).toEqual({ n: 1 })
  mesh.endsWell()
})

it.each([
  [true, { n: 3 }],
  [false, 'OBJECT_LOST: put'],
])('a program dies after a put whose ref it handed on; that it was durable is %s', (isDurable, told) => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 0, Z: 0 })
  const seen: unknown[] = []
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    yield* elapse(3_000)
    seen.push(yield* ask(box.ref))
    return null
  })
  let isOut = false
  const program = function* (context: Context): Generator<Wait, unknown, Got> {
    const ref = context.put(new Big({ n: 3 }, 1e6))
    if (isDurable) yield { type: 'durable', ref }
    context.call('read', [{ ref }], only('X'))
    isOut = true
    yield* elapse(1e6)
    return null
  }
  // Copies of what is not durable yet come too late.
  if (!isDurable) for (const name of ['X', 'Y', 'Z']) mesh.peer(name).full = true
  mesh.program(mesh.peer('S'), program, { job: 'reads', detached: true })
  mesh.until(() => isOut && mesh.timesRun('read') === 1, 'the ref is out')
  mesh.run({ forMs: 200 })
  mesh.kill('S')
  for (const peer of mesh.alive()) peer.full = false
  mesh.until(() => seen.length === 1, 'it is read')
  expect(seen).toEqual([told])
})

it('an attached job without a name ends with its program: what runs for it stops when its grace is over', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1 })
  let isThrough = false
  mesh.fn('long', function* () {
    yield* elapse(mesh.config.orphanGraceMs + 5_000)
    isThrough = true
    return 1
  })
  mesh.ask('S', function* (context) {
    return yield* get(context.call('long', []))
  })
  mesh.until(() => mesh.timesRun('long') === 1, 'it runs')
  mesh.run({ forMs: 500 })
  mesh.kill('S')
  mesh.run({ forMs: 3 * mesh.config.orphanGraceMs })
  expect([mesh.timesRun('long'), isThrough]).toEqual([1, false])
  mesh.endsWell()
})

it.each([
  ['less than ledgerMs before', 20, 2],
  ['longer than ledgerMs before', 200, 1],
])('a child that was asked for %s its parent dies is run so often: %i ms, %i times', (_when, ms, times) => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 2, W: 0 })
  mesh.fn('child', function* () {
    yield* elapse(5)
    return 1
  })
  mesh.fn('parent', function* (context) {
    const value = yield* get(context.call('child', [], only('Z')))
    yield* elapse(10_000)
    return value
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { prefer: { peer: 'X' } }))
  })
  mesh.until(() => mesh.timesRun('child') === 1, 'the child runs')
  mesh.run({ forMs: ms })
  mesh.kill(mesh.runs('parent')[0] as string)
  expect(mesh.result(program)).toBe(1)
  expect(mesh.timesRun('child')).toBe(times)
  mesh.endsWell()
})

it('all holders of a result die: it is made again; of one that may not be, it is said', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1 })
  mesh.fn('tile', function* (_context, n: number) {
    yield* elapse(20)
    return new Big({ n }, 1e6)
  })
  mesh.fn('weigh', function* (_context, tile: { n: number }) {
    yield* elapse(5)
    return tile.n
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const again = context.call('tile', [1], { copies: 1, prefer: { peer: 'X' } })
    const never = context.call('tile', [2], { copies: 1, rebuilds: 0, ...only('X') })
    yield* gate.passed()
    return [yield* ask(context.call('weigh', [again])), yield* ask(context.call('weigh', [never]))]
  })
  mesh.until(() => mesh.timesRun('tile') === 2, 'both are made')
  mesh.run({ forMs: 500 })
  for (const name of new Set(['X', ...mesh.runs('tile')])) mesh.kill(name)
  gate.isOpen = true
  expect(mesh.result(program)).toEqual([1, 'ARGUMENT_FAILED: OBJECT_LOST'])
  mesh.endsWell()
})
