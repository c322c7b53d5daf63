// What keeps an object and what lets it go: refs inside values, specs that wait, peers that pass refs
// on and die, bytes that are said to be gone.

import { expect, it } from 'vitest'
import { Big, calm } from '@murmuration/sim-peer'
import type { Context, Program, SimRef } from '@murmuration/sim-peer'
import type { Message, ObjectId } from '@murmuration/core/internal'
import { Scenario, get, only, elapse } from './scenario.ts'

it('11: a queued spec keeps what it has inside, after the only handle was dropped', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('busy', function* () {
    yield* elapse(60_000)
    return 'done'
  })
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    return yield* get(box.ref)
  })
  const program = mesh.ask('S', function* (context) {
    context.call('busy', [])
    const inside = context.put({ n: 3 })
    const ref = context.call('read', [{ ref: inside }])
    context.release(inside)
    return yield* get(ref)
  })
  expect(mesh.result(program)).toEqual({ n: 3 })
  mesh.endsWell()
})

it('12: a borrower passes a ref on to a third peer and dies: the third can read it', () => {
  const mesh = new Scenario({ S: 0, B: 1, C: 1 })
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    yield* elapse(4_000)
    return yield* get(box.ref)
  })
  mesh.fn('pass', function* (context, box: { ref: SimRef }) {
    const there = context.call('read', [box], only('C'))
    yield* elapse(60_000)
    return there
  })
  const seen: unknown[] = []
  mesh.fn('note', function* (_context, value: unknown) {
    seen.push(value)
    yield* elapse(1)
    return value
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 8 }, 1e6))
    context.call('pass', [{ ref }], { ...only('B'), retries: 0 })
    yield* elapse(8_000)
    return yield* get(ref)
  })
  mesh.until(() => mesh.timesRun('read') === 1, 'C has the ref')
  mesh.kill('B')
  expect(mesh.result(program)).toEqual({ n: 8 })
  mesh.endsWell()
})

it('what is to be fetched again while as much is under way as may be waits for that, and wakes nobody before', () => {
  const mesh = new Scenario({ S: 0, H: 1, K: 1 }, { config: { maxFetches: 1 } })
  mesh.fn('make', function* (_context, bytes: number) {
    yield* elapse(1)
    return new Big({ bytes }, bytes)
  })
  const read = (bytes: number, at: string, before: () => void): Program =>
    mesh.ask('S', function* (context) {
      const ref = context.call('make', [bytes], { prefer: only(at).needs, copies: 1 })
      yield* elapse(1_000)
      before()
      return yield* get(ref)
    })
  const small = read(1e6, 'K', () => mesh.kill('K'))
  const large = read(2e8, 'H', () => {})
  expect([mesh.result(small), mesh.result(large)]).toEqual([{ bytes: 1e6 }, { bytes: 2e8 }])
  mesh.endsWell()
})

it('one peer’s word that a holder has no bytes frees nothing: the holder is asked', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 0 })
  let object: ObjectId | undefined
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 2 }, 1e6))
    object = ref.object
    yield* elapse(10_000)
    return yield* get(ref)
  })
  mesh.until(() => mesh.peer('S').state.directory.get(object as ObjectId)?.holders.size === 2, 'there are two copies')
  for (const life of mesh.peer('S').state.directory.get(object as ObjectId)?.holders ?? [])
    mesh.says('E', 'S', { type: 'gone', object: object as ObjectId, holder: life })
  mesh.run({ forMs: 2_000 })
  expect(mesh.peer('S').state.directory.get(object as ObjectId)?.holders.size).toBe(2)
  expect(mesh.result(program)).toEqual({ n: 2 })
  mesh.endsWell()
})

it('38: outcomes never asked for, grants of 10^9, frees and locations by strangers change nothing', () => {
  const mesh = new Scenario({ S: 0, E: 1, M: 1 })
  mesh.fn('work', function* () {
    yield* elapse(2_000)
    return 'right'
  })
  let ref: SimRef | undefined
  const program = mesh.ask('S', function* (context) {
    ref = context.call('work', [], only('E'))
    return yield* get(ref)
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'the work runs at E')
  const task = (ref as SimRef).object as never
  const bytes = new TextEncoder().encode('"wrong"')
  const object = (ref as SimRef).object
  const wrong = { type: 'inline', bytes, refs: [] } as const
  mesh.says('M', 'S', { type: 'outcome', task, attempt: 1, outcome: wrong, ms: 1 })
  mesh.says('M', 'S', { type: 'outcome', task: 'nothing' as never, attempt: 1, outcome: wrong, ms: 1 })
  mesh.says('M', 'S', { type: 'grant', credits: 1e9 })
  mesh.says('M', 'S', { type: 'located', object, located: wrong })
  mesh.says('M', 'E', { type: 'free', object })
  mesh.says('M', 'E', { type: 'abort', task, attempt: 1, reason: 'because' })
  mesh.says('M', 'S', { type: 'borrowed', object, nth: 1, known: false })
  mesh.says('M', 'S', { type: 'inspected', request: 1, rows: [] })
  mesh.says('M', 'S', {
    type: 'announce',
    attempts: ['rubbish', '#', 'x#-1'] as never,
    borrows: [object],
    holdings: [],
    coming: [],
    undelivered: [],
  })
  mesh.run({ forMs: 500 })
  expect(mesh.peer('S').state.counters.strayed).toBeGreaterThanOrEqual(5)
  expect(mesh.peer('S').state.scheduler.room(mesh.peer('M').life, 1)).toBeLessThanOrEqual(mesh.config.maxCredits)
  expect(mesh.result(program)).toBe('right')
  expect(mesh.timesRun('work')).toBe(1)
})

it('bytes that their owner frees stay until the attempt that reads them has ended', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('read', function* (_context, block: { n: number }) {
    yield* elapse(1_000)
    return block.n
  })
  let object: ObjectId | undefined
  const program = mesh.ask('S', function* (context) {
    const block = context.put(new Big({ n: 4 }, 1e6))
    object = block.object
    return yield* get(context.call('read', [block]))
  })
  mesh.until(() => mesh.timesRun('read') === 1, 'the attempt runs')
  const here = object as ObjectId
  mesh.says('S', 'E', { type: 'free', object: here })
  mesh.run({ forMs: 200 })
  expect(mesh.peer('E').store.has(here)).toBe(true)
  expect(mesh.result(program)).toBe(4)
  mesh.run({ forMs: 500 })
  expect(mesh.peer('E').store.has(here)).toBe(false)
})

it('a cancelled task of another owner is reported as stopped to whoever cancelled it', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('long', function* () {
    yield* elapse(1e6)
    return 'never'
  })
  mesh.fn('start', function* (context) {
    yield* elapse(1)
    return [context.call('long', [], only('X'))]
  })
  const program = mesh.ask('S', function* (context) {
    const [inner] = (yield* get(context.call('start', [], only('E')))) as SimRef[]
    yield* elapse(500)
    context.cancel(inner as SimRef, 'enough')
    const got = yield { type: 'get', ref: inner as SimRef }
    return got.type === 'failure' ? got.failure.code : got.value
  })
  expect(mesh.result(program)).toBe('TASK_CANCELLED')
  expect(mesh.peer('S').state.cancelling.size).toBe(0)
  mesh.endsWell()
})

it('an owner that says that its object stands for itself freezes nobody: the reader gets an error', () => {
  const mesh = new Scenario({ S: 0, E: 2 })
  mesh.fn('slow', function* () {
    yield* elapse(5_000)
    return 1
  })
  let inner: ObjectId | null = null
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    inner = box.ref.object
    return yield* get(box.ref)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('slow', [], only('E'))
    return yield* get(context.call('read', [{ ref }], { ...only('E'), retries: 0 }))
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  const asks = (): boolean => inner !== null && E.state.elsewhere.get(inner) !== undefined
  mesh.until(asks, 'E has asked where it is', 4_000)
  const object = inner as unknown as ObjectId
  const lie: Message = {
    type: 'located',
    object,
    located: { type: 'alias', link: { object, owner: S.life, top: false } },
  }
  S.state.outbox.push({ to: E.life, message: lie })
  expect(String(mesh.result(program))).toMatch(/lost/)
  mesh.endsWell()
})

it.each([
  { given: 'as a ref', pass: (context: Context, box: { ref: SimRef }) => context.call('read', [box], only('W')) },
  {
    given: 'inside an argument',
    pass: (context: Context, [ref]: [SimRef]) => context.call('read', [{ ref }], only('W')),
  },
])('an outcome waits for the borrows of what it was given $given: the child it leaves behind can read it', (way) => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(1)
    return [context.put({ n: 9 })]
  })
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    return yield* get(box.ref)
  })
  // oxlint-disable-next-line require-yield -- it is over before its borrow has reached X
  mesh.fn('pass', function* (context, given: never) {
    return [way.pass(context, given)]
  })
  const program = mesh.ask('S', function* (context) {
    const made = context.call('make', [], only('X'))
    const [inside] = (yield* get(made)) as [SimRef]
    mesh.cut(['E'], ['X'])
    const passed = context.call('pass', [way.given === 'as a ref' ? { ref: inside } : made], only('E'))
    context.release(made)
    context.release(inside)
    yield* elapse(600)
    mesh.network.heal()
    yield* elapse(2_000)
    mesh.add('W', { slots: 1 })
    const [left] = (yield* get(passed)) as [SimRef]
    return yield* get(left)
  })
  expect(mesh.result(program)).toEqual({ n: 9 })
  mesh.endsWell()
})

it('a third owner that stands still delays no outcome that has nothing to do with it', () => {
  const mesh = new Scenario({ S: 0, E: 2, X: 1, W: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(1)
    return [context.put({ n: 9 })]
  })
  mesh.fn('keep', function* (_context, box: { ref: SimRef }) {
    yield* elapse(10_000)
    return box.ref.object
  })
  mesh.fn('other', function* (_context, box: { ref: SimRef }) {
    yield* elapse(20)
    return yield* get(box.ref)
  })
  let ms = 0
  const program = mesh.ask('S', function* (context) {
    const [inside] = (yield* get(context.call('make', [], only('X')))) as [SimRef]
    mesh.peer('X').freeze()
    context.call('keep', [{ ref: inside }], only('E'))
    yield* elapse(20)
    const from = mesh.clock.now
    const value = yield* get(context.call('other', [{ ref: context.put({ n: 1 }) }], only('E')))
    ms = mesh.clock.now - from
    mesh.peer('X').thaw()
    return value
  })
  expect(mesh.result(program)).toEqual({ n: 1 })
  expect(ms).toBeLessThan(100)
  mesh.endsWell()
})

it('an outcome does not wait for borrows that nobody here wants any more', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, W: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(1)
    return [context.put({ n: 9 })]
  })
  mesh.fn('look', function* (_context, box: { ref: SimRef }) {
    yield* elapse(5)
    return box.ref.object.length > 0
  })
  const program = mesh.ask('S', function* (context) {
    const [inside] = (yield* get(context.call('make', [], only('X')))) as [SimRef]
    mesh.kill('X')
    return yield* get(context.call('look', [{ ref: inside }], only('E')))
  })
  mesh.until(() => program.end !== null, 'it is answered before X is known to be dead', 400)
  expect(mesh.result(program)).toBe(true)
  mesh.endsWell()
})

it('the answer to a borrow that was let go of is none to the next one', () => {
  const mesh = new Scenario({ P: 0, A: 0 }, { config: { guardians: 0 } })
  const [P, A] = [mesh.peer('P'), mesh.peer('A')]
  let object = '' as ObjectId
  const program = mesh.ask('P', function* (context) {
    object = context.put('kept').object
    yield* elapse(5_000)
  })
  mesh.run({ forMs: 10 })
  mesh.network.weather = { ...calm, delayMs: [50, 50] }
  A.event({ type: 'hold', object, owner: P.life })
  mesh.until(() => P.state.holds.get(object)?.borrowers.has(A.life) === true, 'P knows that A borrows it')
  mesh.run({ forMs: 40 })
  A.event({ type: 'release', object })
  mesh.run({ forMs: 1 })
  A.event({ type: 'hold', object, owner: P.life })
  mesh.run({ forMs: 20 })
  // The release, the borrow, and that A guards what it borrowed.
  expect([A.state.sessions.queued(P.life), A.state.holds.get(object)?.borrow]).toEqual([2, 'asked'])
  mesh.until(() => A.state.holds.get(object)?.borrow === 'known', 'the second is answered')
  expect(P.state.holds.get(object)?.borrowers.has(A.life)).toBe(true)
  A.event({ type: 'release', object })
  mesh.result(program)
  mesh.endsWell()
})
