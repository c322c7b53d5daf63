// Copies and who counts on them: owners that ask for one at the same time, owners that let go one
// after the other, copies that are said to be bad, copies that are, and whoever waits for copies.

import { expect, it } from 'vitest'
import { locate, resultOf } from '@murmuration/core/internal'
import type { ContextId, LifeId, ObjectId, TaskId, TaskSpec } from '@murmuration/core/internal'
import { Big, encode } from '@murmuration/sim-peer'
import type { SimPeer, SimRef } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

it('two owners of one object ask a third peer for a copy: both are answered, and each lets go for itself', () => {
  const mesh = new Scenario({ S: 0, E: 0, H: 0 })
  const block = encode(new Big({ n: 1 }, 50e6))
  const [S, E, H] = [mesh.peer('S'), mesh.peer('E'), mesh.peer('H')]
  const holders = (peer: SimPeer, object: ObjectId): number => peer.state.directory.get(object)?.holders.size ?? 0
  const keepsAt = (peer: SimPeer, object: ObjectId): boolean =>
    peer.state.directory.get(object)?.holders.has(H.life) === true
  // Which peer is asked first depends on the id: of these, some are H's.
  const objects = Array.from({ length: 8 }, (_, n) => `twice-${n}` as ObjectId)
  for (const object of objects)
    for (const owner of [S, E]) owner.put(object as string as ContextId, object, { encoded: block, copies: 2 })
  mesh.run({ forMs: 20_000 })
  expect(objects.map((object) => [holders(S, object), holders(E, object)])).toEqual(objects.map(() => [2, 2]))
  const shared = objects.filter((object) => keepsAt(S, object) && keepsAt(E, object))
  expect(shared.length).toBeGreaterThan(0)
  for (const object of objects) S.event({ type: 'release', object })
  mesh.run({ forMs: 1_000 })
  expect(objects.map((object) => holders(E, object))).toEqual(objects.map(() => 2))
  expect(shared.every((object) => H.store.has(object))).toBe(true)
  for (const object of objects) E.event({ type: 'release', object })
  mesh.endsWell()
})

it('a result made once for two owners stays for the one when the other lets go', () => {
  const mesh = new Scenario({ S: 0, W: 0, E: 1 })
  mesh.fn('make', function* () {
    yield* elapse(500)
    return new Big({ n: 1 }, 1e6)
  })
  const [S, W, E] = [mesh.peer('S'), mesh.peer('W'), mesh.peer('E')]
  const objects: ObjectId[] = []
  const program = mesh.ask('S', function* (context) {
    const refs = [1, 2].map(() => context.call('make', [], { copies: 1 }))
    for (const { object } of refs) objects.push(object)
    yield* elapse(5_000)
    context.release(refs[0] as SimRef)
    yield* elapse(5_000)
    return yield* get(refs[1] as SimRef)
  })
  mesh.run({ forMs: 50 })
  // As the second life of a parent does: the same task, asked for by another peer.
  for (const object of objects)
    W.event({ type: 'submit', spec: (S.state.tasks.get(object as string as TaskId) as { spec: TaskSpec }).spec })
  mesh.run({ forMs: 3_000 })
  W.event({ type: 'release', object: objects[1] as ObjectId })
  mesh.run({ forMs: 4_000 })
  expect(objects.map((object) => E.store.has(object))).toEqual([true, true])
  expect(mesh.result(program)).toEqual({ n: 1 })
  expect(mesh.timesRun('make')).toBe(2)
  W.event({ type: 'release', object: objects[0] as ObjectId })
  mesh.endsWell()
})

it('what one peer says of bad bytes loses nothing: holders look at their own', () => {
  const mesh = new Scenario({ S: 0, H: 0, M: 0 })
  let object: ObjectId | undefined
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 2 }, 1e6))
    object = ref.object
    yield* elapse(10_000)
    return yield* get(ref)
  })
  const holders = (): LifeId[] => [...(mesh.peer('S').state.directory.get(object as ObjectId)?.holders ?? [])]
  mesh.until(() => holders().length === 2, 'there are two copies')
  for (const holder of [...holders(), ...holders(), ...holders()])
    mesh.says('M', 'S', { type: 'gone', object: object as ObjectId, holder })
  mesh.run({ forMs: 300 })
  expect(holders()).toHaveLength(2)
  expect(mesh.result(program)).toEqual({ n: 2 })
  mesh.endsWell()
})

it('a copy that has rotted is dropped by its holder, taken from no attempt that could start, and made again', () => {
  const mesh = new Scenario({ S: 0, E: 1, M: 0 })
  let object: ObjectId | undefined
  mesh.fn('work', function* () {
    yield* elapse(5_000)
    return 'done'
  })
  mesh.fn('read', function* (_context, block: { n: number }) {
    yield* elapse(10)
    return block.n
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 5 }, 1e6))
    object = ref.object
    yield* elapse(2_000)
    context.call('work', [], only('E'))
    return yield* get(context.call('read', [ref], only('E')))
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  mesh.until(() => mesh.timesRun('work') === 1 && E.state.executor.readyCount === 1, 'the reading waits for its slot')
  const here = object as ObjectId
  const good = S.store.get(here)?.hash
  E.keeper.rot(here)
  E.full = true
  mesh.says('M', 'S', { type: 'gone', object: here, holder: E.life })
  mesh.run({ forMs: 2 })
  expect(locate(S.state, here, S.life)?.located).not.toMatchObject({ holders: expect.arrayContaining([E.life]) })
  mesh.run({ forMs: 5_000 })
  expect([E.state.executor.running, E.store.has(here)]).toEqual([0, false])
  E.full = false
  expect(mesh.result(program)).toBe(5)
  expect(E.store.get(here)?.hash).toBe(good)
  expect(S.state.counters.retried).toBe(0)
  mesh.endsWell()
})

it('the only copy has rotted: a reader finds out, and the result is made again', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('make', function* () {
    yield* elapse(50)
    return new Big({ n: 6 }, 1e6)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { copies: 1 })
    yield* elapse(2_000)
    const maker = mesh.peer(mesh.runs('make')[0] as string)
    maker.keeper.rot(ref.object)
    return yield* get(ref)
  })
  expect(mesh.result(program)).toEqual({ n: 6 })
  expect(mesh.timesRun('make')).toBe(2)
  mesh.endsWell()
})

/** Takes two seconds to copy. */
const heavy = new Big({ n: 3 }, 100e6)

it('who waits for the copies of what became another object of ours waits for those', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  // oxlint-disable-next-line require-yield -- a task that returns what it was given
  mesh.fn('same', function* (_context, box: { ref: SimRef }) {
    return box.ref
  })
  const S = mesh.peer('S')
  let same: ObjectId | undefined
  const program = mesh.ask('S', function* (context) {
    const block = context.put(heavy)
    same = context.call('same', [{ ref: block }]).object
    yield* elapse(500)
    S.event({ type: 'durable', object: same })
    yield* elapse(500)
    const early = S.durables.has(same)
    yield* elapse(3_000)
    return [early, S.durables.get(same), S.state.directory.get(block.object)?.holders.size]
  })
  expect(mesh.result(program)).toEqual([false, null, 2])
  mesh.endsWell()
})

it('who waits for the copies of what became an object of somebody else hears how many that one has', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('make', function* () {
    yield* elapse(2_000)
    return new Big({ n: 3 }, 1e6)
  })
  // oxlint-disable-next-line require-yield -- it hands over its child
  mesh.fn('pass', function* (context, copies: number) {
    return context.call('make', [copies], { ...only('X'), copies })
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const refs = [1, 2].map((copies) => context.call('pass', [copies], only('E')))
    for (const { object } of refs) S.event({ type: 'durable', object })
    yield* elapse(10_000)
    return refs.map(({ object }) => S.durables.get(object))
  })
  const message = expect.stringMatching(/has 1 of 2 copies: it is object \w+ now, for which E answers/) as string
  expect(mesh.result(program)).toEqual([expect.objectContaining({ code: 'UNPLACEABLE', message }), null])
  mesh.endsWell()
})

it('the time for copies begins when there is something to copy', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('make', function* () {
    yield* elapse(8_000)
    return heavy
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const { object } = context.call('make', [])
    S.event({ type: 'durable', object })
    yield* elapse(12_000)
    return S.durables.get(object)
  })
  expect(mesh.result(program)).toBe(null)
  mesh.endsWell()
})

it('who waits for copies and sleeps for longer than that waits, waits anew when it is awake', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  const { placeTimeoutMs } = mesh.config
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const { object } = context.put(new Big({ n: 3 }, 1e6), { copies: 3 })
    S.event({ type: 'durable', object })
    yield* elapse(6 * placeTimeoutMs)
    return S.durables.get(object)
  })
  mesh.run({ forMs: placeTimeoutMs / 2 })
  S.sleep()
  mesh.run({ forMs: 2 * placeTimeoutMs })
  S.thaw()
  mesh.run({ forMs: placeTimeoutMs / 2 })
  mesh.add('X', { slots: 1, entries: ['E'] })
  expect(mesh.result(program)).toBe(null)
  mesh.endsWell()
})

it('nobody waits for the copies of bytes that were let go', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('make', function* () {
    yield* elapse(100)
    return heavy
  })
  mesh.fn('next', function* (_context, block: { n: number }) {
    yield* elapse(100)
    return new Big({ n: block.n + 1 }, 1e6)
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const made = context.call('make', [])
    const next = context.call('next', [made])
    S.event({ type: 'durable', object: made.object })
    context.release(made)
    yield* elapse(10_000)
    return [S.state.directory.get(made.object)?.state, S.durables.get(made.object)?.reason, yield* get(next)]
  })
  expect(mesh.result(program)).toEqual(['faded', 'freed', { n: 4 }])
  mesh.endsWell()
})

it.each(['made there', 'made elsewhere'])(
  'bytes at a peer that makes the same once more stay until the result is known: it is %s',
  (where) => {
    const mesh = new Scenario({ S: 0, E: 1, X: 1 })
    const isMoved = where === 'made elsewhere'
    mesh.fn('make', function* (context) {
      yield* elapse(2_000)
      if (isMoved && context.at === 'E') throw new RangeError('not here')
      return new Big({ n: 7 }, 1e6)
    })
    const program = mesh.ask('S', function* (context) {
      return yield* get(context.call('make', [], { copies: 1, prefer: { peer: 'E' }, retryErrors: true }))
    })
    mesh.until(() => mesh.runs('make').includes('E'), 'E makes it')
    const [row] = mesh.peer('S').state.tasks.all()
    // Of what it has not, it counts being told to let go as astray.
    const told = (): number => mesh.peer('E').state.counters.strayed
    const before = told()
    mesh.says('E', 'S', {
      type: 'holding',
      object: resultOf((row as { spec: TaskSpec }).spec.id),
      size: 1e6,
      hash: 'old',
    })
    mesh.run({ forMs: 1_000 })
    expect(told()).toBe(before)
    expect(mesh.result(program)).toEqual({ n: 7 })
    mesh.run({ forMs: 500 })
    expect(told() - before).toBe(isMoved ? 1 : 0)
  },
)
