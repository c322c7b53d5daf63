// What outlives whom: refs that left a job, refs that were passed on, bytes that come back late, results
// whose owner and holders are gone, and the last peer of all.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { ObjectId } from '@murmuration/core/internal'
import type { SimPeer, SimRef } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

it('10: a ref left an attached job in an argument of a detached one; its submitter dies: it is read, and its upstream', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  const seen: unknown[] = []
  mesh.fn('upstream', function* () {
    yield* elapse(20)
    return new Big({ n: 4 }, 1e6)
  })
  mesh.fn('downstream', function* (_context, up: { n: number }) {
    yield* elapse(20)
    return new Big({ n: up.n + 1 }, 1e6)
  })
  mesh.fn('main', function* (_context, box: { refs: readonly SimRef[] }) {
    yield* elapse(12_000)
    for (const ref of box.refs) seen.push(yield* get(ref))
    return 'done'
  })
  let refs: readonly SimRef[] = []
  mesh.ask('S', function* (context) {
    const up = context.call('upstream', [], { copies: 1 })
    const down = context.call('downstream', [up], { copies: 1 })
    yield* get(down)
    refs = [down]
    yield* elapse(1e6)
    return null
  })
  mesh.until(() => refs.length > 0, 'the attached job has its result')
  mesh.program(
    mesh.peer('S'),
    function* (context) {
      return yield* get(context.call('main', [{ refs }], { ...only('Z'), name: 'main' }))
    },
    { job: 'goes-on', detached: true },
  )
  mesh.until(() => mesh.timesRun('main') === 1, 'the detached job runs')
  mesh.run({ forMs: 500 })
  mesh.kill('S')
  // Whoever had the bytes goes as well: both are made again.
  const holders = [...new Set([...mesh.runs('upstream'), ...mesh.runs('downstream')])].filter((at) => at !== 'Z')
  mesh.run({ forMs: 3_000 })
  for (const name of holders) mesh.kill(name)
  mesh.until(() => seen.length === 1, 'it is read')
  expect(seen).toEqual([{ n: 5 }])
})

it('12: a borrower passes a ref on and dies, and then its owner: the third reads it', () => {
  const mesh = new Scenario({ S: 0, O: 1, B: 1, C: 1, D: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return { ref: context.put(new Big({ n: 8 }, 1e6)) }
  })
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    yield* elapse(8_000)
    return yield* get(box.ref)
  })
  mesh.fn('pass', function* (context, box: { ref: SimRef }) {
    yield* elapse(5)
    return context.call('read', [box], only('C'))
  })
  const program = mesh.ask('S', function* (context) {
    const box = (yield* get(context.call('make', [], only('O')))) as { ref: SimRef }
    const there = context.call('pass', [box], only('B'))
    context.release(box.ref)
    return yield* get(there)
  })
  mesh.until(() => mesh.timesRun('read') === 1, 'C has the ref')
  mesh.run({ forMs: 500 })
  mesh.kill('B')
  mesh.until(() => mesh.knowsDead('C', 'B'), 'the borrower is known to be dead')
  mesh.run({ forMs: 500 })
  mesh.kill('O')
  expect(mesh.result(program)).toEqual({ n: 8 })
  mesh.endsWell()
})

it('16: the owner of a tile dies with the holders of it, and the handle of its scene is gone: it is made again', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1, W: 1 })
  mesh.fn('render', function* (_context, scene: { n: number }) {
    yield* elapse(50)
    return new Big({ n: scene.n + 1 }, 1e6)
  })
  mesh.fn('job', function* (context) {
    const scene = context.put(new Big({ n: 1 }, 1e6), { copies: 3 })
    const tile = context.call('render', [scene], { copies: 1, prefer: { peer: 'Y' } })
    context.release(scene)
    yield* elapse(1_000)
    return { tile }
  })
  const program = mesh.ask('S', function* (context) {
    const { tile } = (yield* get(context.call('job', [], only('X')))) as { tile: SimRef }
    yield* elapse(5_000)
    return yield* get(tile)
  })
  mesh.until(() => mesh.borrows('S', 'X'), 'S has the ref')
  mesh.run({ forMs: 200 })
  for (const name of new Set(['X', ...mesh.runs('render')])) mesh.kill(name)
  expect(mesh.result(program)).toEqual({ n: 2 })
  expect(mesh.timesRun('render')).toBe(2)
  expect(mesh.timesRun('job')).toBe(1)
  mesh.endsWell()
})

it('13: a holder comes back after an hour, its owner long gone: its bytes are kept, and can be read again', () => {
  const mesh = new Scenario({ S: 0, X: 1, H: 0, G: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return Array.from({ length: 8 }, (_, n) => context.put(new Big({ n }, 1e6), { copies: 2 }))
  })
  let refs: readonly SimRef[] = []
  let asleep: ObjectId | undefined
  const chosen = new Gate()
  const tries = new Set<string>()
  const program = mesh.ask('S', function* (context) {
    refs = (yield* get(context.call('make', [], only('X')))) as SimRef[]
    yield* chosen.passed()
    const ref = refs.find(({ object }) => object === asleep) as SimRef
    for (;;) {
      yield* elapse(60_000)
      const got = yield { type: 'get', ref }
      if (got.type === 'value') return got.value
      tries.add(`${got.failure.code}: ${got.failure.reason}`)
    }
  })
  mesh.until(() => refs.length > 0 && mesh.guardiansOf('X').length === 2, 'the refs have left')
  mesh.run({ forMs: 2_000 })
  const H = mesh.peer('H')
  const has = (name: string, { object }: SimRef): boolean => mesh.peer(name).store.has(object)
  asleep = refs.find((ref) => has('H', ref) && !has('S', ref) && !has('G', ref))?.object
  expect(asleep).toBeDefined()
  chosen.isOpen = true
  H.sleep()
  mesh.kill('X')
  mesh.run({ forMs: 3_600_000 })
  expect([...tries]).toEqual(['OBJECT_LOST: put'])
  H.thaw()
  expect(mesh.result(program)).toEqual({ n: refs.findIndex(({ object }) => object === asleep) })
  mesh.endsWell()
})

it('37: everybody but one is killed: what it has is read, what it has not says what was lost and why', () => {
  const mesh = new Scenario({ S: 1, X: 1, Y: 1, Z: 1 })
  mesh.fn('tile', function* (_context, n: number) {
    yield* elapse(50)
    return new Big({ n }, 1e6)
  })
  mesh.fn('pair', function* (context) {
    yield* elapse(50)
    return { far: context.put(new Big({ n: 9 }, 1e6), { copies: 1 }) }
  })
  const program = mesh.ask('S', function* (context) {
    const kept = context.put(new Big({ n: 1 }, 1e6))
    const made = context.call('tile', [2], { copies: 1, ...only('X') })
    const remade = context.call('tile', [3], { copies: 1, prefer: { peer: 'X' } })
    const box = (yield* get(context.call('pair', [], only('X')))) as { far: SimRef }
    yield* elapse(20_000)
    const read: unknown[] = []
    for (const ref of [kept, made, remade, box.far]) {
      const got = yield { type: 'get', ref }
      read.push(got.type === 'value' ? got.value : [got.failure.code, got.failure.reason])
    }
    return read
  })
  mesh.until(() => mesh.timesRun('pair') === 1 && mesh.timesRun('tile') === 2, 'all of it is made')
  mesh.run({ forMs: 1_000 })
  for (const name of ['X', 'Y', 'Z']) mesh.kill(name)
  expect(mesh.result(program)).toEqual([{ n: 1 }, ['UNPLACEABLE', 'needs'], { n: 3 }, ['OBJECT_LOST', 'put']])
  mesh.endsWell()
})

it('what one of two dead had put names what the other had: it is kept for as long, though nobody has asked for it', () => {
  const worker = { slots: 1, role: 'worker' } as const
  const mesh = new Scenario({ S: keepsNothing, X: worker, Y: worker, G: 0 }, { config: { orphanGraceMs: 10_000 } })
  mesh.fn('inner', function* (context) {
    yield* elapse(5)
    return [context.put({ n: 7 })]
  })
  mesh.fn('outer', function* (context) {
    const [ref] = (yield* get(context.call('inner', [], only('Y')))) as [SimRef]
    return [context.put({ ref })]
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const outer = context.call('outer', [], only('X'))
    const [box] = (yield* get(outer)) as [SimRef]
    context.release(outer)
    yield* gate.passed()
    const { ref } = (yield* get(box)) as { ref: SimRef }
    return yield* get(ref)
  })
  mesh.until(() => mesh.borrows('S', 'X'), 'S has the box')
  mesh.run({ forMs: 500 })
  expect([mesh.guardiansOf('X'), mesh.guardiansOf('Y')]).toEqual([['G'], ['G']])
  mesh.peer('S').sleep()
  // Silent, it is missed later, and cannot ask for what it holds of the other.
  mesh.peer('X').sleep()
  mesh.kill('Y')
  mesh.until(() => mesh.knowsDead('G', 'Y') && mesh.knowsDead('G', 'X'), 'G knows that both are gone')
  const { graves } = mesh.peer('G').state
  mesh.until(() => !graves.has(mesh.lifeOf('Y')), 'the grace of the first is over')
  expect(graves.has(mesh.lifeOf('X'))).toBe(true)
  mesh.kill('X')
  mesh.peer('S').thaw()
  gate.isOpen = true
  expect(mesh.result(program)).toEqual({ n: 7 })
  mesh.endsWell()
})

it('a reader sleeps past its grace; of the guardians of what it holds one has forgotten it then, the other sleeps: a loss that churn takes for one', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, G: 0, H: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return { ref: context.put(new Big({ n: 8 }, 1e6), { copies: 1 }) }
  })
  let isAsked = false
  const program = mesh.ask('S', function* (context) {
    const { ref } = (yield* get(context.call('make', [], only('X')))) as { ref: SimRef }
    isAsked = true
    yield* elapse(1_000)
    const got = yield { type: 'get', ref }
    return got.type === 'failure' ? [got.failure.reason, context.excuses(got.failure)] : got.value
  })
  mesh.until(() => isAsked, 'S has its ref')
  mesh.run({ forMs: 500 })
  expect(mesh.guardiansOf('X').sort()).toEqual(['G', 'H'])
  mesh.peer('S').sleep()
  mesh.until(() => mesh.knowsDead('G', 'S') && mesh.knowsDead('X', 'S'), 'S is thought dead')
  mesh.peer('X').event({ type: 'leave' })
  mesh.until(() => mesh.knowsDead('G', 'X') && mesh.knowsDead('H', 'X'), 'X has left')
  mesh.peer('H').sleep()
  mesh.until(() => !mesh.peer('G').state.guarded.has(mesh.lifeOf('X')), 'G has forgotten what X left')
  mesh.peer('S').thaw()
  expect(mesh.result(program)).toEqual(['owner-died', true])
  mesh.endsWell()
})

it('a ref is passed on under the name of an owner whose grace is over: whoever answers in its place is found by it', () => {
  const mesh = new Scenario({
    S: keepsNothing,
    A: 1,
    G: 0,
    B: { slots: 1, memoryBytes: 0 },
    W: { slots: 1, memoryBytes: 0 },
  })
  const gate = new Gate()
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return { ref: context.put({ n: 8 }) }
  })
  mesh.fn('read', function* (_context, ms: number, box: { ref: SimRef }) {
    yield* elapse(ms)
    return ((yield* get(box.ref)) as { n: number }).n
  })
  const program = mesh.ask('S', function* (context) {
    const { ref } = (yield* get(context.call('make', [], only('A')))) as { ref: SimRef }
    const first = context.call('read', [20_000, { ref }], only('B'))
    yield* gate.passed()
    const then = context.call('read', [1_000, { ref }], only('W'))
    context.release(ref)
    return [yield* get(then), yield* get(first)]
  })
  mesh.until(() => mesh.timesRun('read') === 1, 'B has it')
  mesh.run({ forMs: 500 })
  expect(mesh.guardiansOf('A')).toEqual(['G'])
  mesh.cut(['S'], ['G'])
  mesh.kill('A')
  const isOver = ({ state }: SimPeer): boolean => mesh.knowsDead(state.peer, 'A') && state.graves.size === 0
  mesh.until(() => mesh.alive().every(isOver), 'its grace is over for everybody')
  gate.isOpen = true
  mesh.until(() => mesh.timesRun('read') === 2, 'W has it as well')
  mesh.network.heal()
  expect(mesh.result(program)).toEqual([8, 8])
  mesh.endsWell()
})
