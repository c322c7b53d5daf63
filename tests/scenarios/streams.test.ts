// Streams: items read as they are yielded, by whoever reads them, whatever dies in between.

import { expect, it } from 'vitest'
import type { Context, SimRef } from '@murmuration/sim-peer'
import { itemOf } from '@murmuration/core/internal'
import { Big, each, emit, end, next } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, only } from './scenario.ts'

/** Yields 0, 1, … count - 1, each as large as that. */
function counting(mesh: Scenario, { count = 20, ms = 10, size = 0 } = {}): void {
  mesh.fn('counting', function* () {
    for (let n = 0; n < count; n++) {
      yield* elapse(ms)
      yield* emit(size > 0 ? new Big(n, size) : n)
    }
  })
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A program that reads all of it. */
function* read(context: Context, options: object = {}, pauseMs = 0) {
  return yield* allOf(context.call('counting', [], { ahead: 4, ...options }), pauseMs)
}

/** What is left of it. */
function* allOf(stream: SimRef, pauseMs = 0) {
  const items: unknown[] = []
  for (;;) {
    const item = yield* next(stream)
    if (item === end) return items
    items.push(item)
    if (pauseMs > 0) yield* elapse(pauseMs)
  }
}

it('items are read in order, here and from elsewhere', () => {
  const mesh = new Scenario({ S: 1, E: 1 })
  counting(mesh)
  expect(mesh.result(mesh.ask('S', (context) => read(context, only('S'))))).toEqual(upTo(20))
  expect(mesh.result(mesh.ask('S', (context) => read(context, only('E'))))).toEqual(upTo(20))
  expect(mesh.timesRun('counting')).toBe(2)
  mesh.endsWell()
})

it('the generator’s peer dies in the middle: the next attempt resumes, and what was read is not sent again', () => {
  const mesh = new Scenario({ S: 0, E: 1, F: 1 })
  counting(mesh, { count: 30, ms: 50 })
  const program = mesh.ask('S', (context) => read(context, { prefer: { labels: { 'is E': 'yes' } } }))
  mesh.run({ forMs: 700 })
  const first = mesh.runs('counting')[0] as string
  mesh.kill(first)
  expect(mesh.result(program)).toEqual(upTo(30))
  expect(mesh.timesRun('counting')).toBe(2)
  mesh.endsWell()
})

it('large items whose only copies die with their peer are made again, all of them by one run', () => {
  const mesh = new Scenario({ S: { slots: 0, memoryBytes: 2e6 }, E: 1, F: 1 })
  counting(mesh, { count: 12, ms: 50, size: 5e5 })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 12, copies: 1 })
    const first = yield* next(stream)
    yield* elapse(2_000)
    mesh.kill(mesh.runs('counting')[0] as string)
    yield* elapse(2_000)
    const rest: unknown[] = [first]
    yield* each(stream, (item) => rest.push(item))
    return rest
  })
  expect(mesh.result(program)).toEqual(upTo(12))
  expect(mesh.timesRun('counting')).toBe(2)
  mesh.endsWell()
})

it('a generator is no further ahead of its reader than it may be, and gives its slot to others meanwhile', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  let yielded = 0
  mesh.fn('counting', function* () {
    for (let n = 0; n < 10; n++) {
      yielded++
      yield* emit(n)
    }
  })
  mesh.fn('other', function* () {
    yield* elapse(10)
    return 'done'
  })
  const seen: unknown[] = []
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 3 })
    yield* elapse(1_000)
    seen.push(yielded, (yield { type: 'get', ref: context.call('other', []) }).type)
    yield* next(stream)
    yield* elapse(1_000)
    seen.push(yielded)
    let count = 1
    count += yield* each(stream, () => {})
    return count
  })
  expect(mesh.result(program)).toBe(10)
  expect(seen).toEqual([3, 'value', 4])
  mesh.endsWell()
})

it('items before an error are read, then it is thrown; retried errors resume', () => {
  const mesh = new Scenario({ S: 0, E: 2 })
  mesh.fn('breaks', function* (context, until: number) {
    for (let n = 0; n < 10; n++) {
      yield* elapse(5)
      if (n === 6 && context.attempt < until) throw new RangeError('at six')
      yield* emit(n)
    }
  })
  const program = mesh.ask('S', function* (context) {
    const failing = context.call('breaks', [9], { ahead: 2 })
    const items: unknown[] = []
    let said = ''
    try {
      yield* each(failing, (item) => items.push(item))
    } catch (error) {
      said = (error as Error).message
    }
    const again: unknown[] = []
    yield* each(context.call('breaks', [3], { ahead: 2, retryErrors: true }), (item) => again.push(item))
    return { items, said, again }
  })
  const { items, said, again } = mesh.result(program) as { items: unknown[]; said: string; again: unknown[] }
  expect(items).toEqual(upTo(6))
  expect(said).toMatch(/TASK_FAILED.*RangeError: at six/)
  expect(again).toEqual(upTo(10))
  mesh.endsWell()
})

it('whoever leaves the stream early ends the generator, and nothing of it stays', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  counting(mesh, { count: 1_000_000, ms: 5, size: 3e5 })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 8 })
    yield* next(stream)
    context.leave(stream)
    context.release(stream)
    yield* elapse(5_000)
    return mesh.peer('E').state.executor.size
  })
  expect(mesh.result(program)).toBe(0)
  mesh.endsWell()
})

it('a stream is handed to a task, which reads it from its owner; another one that tries is told', () => {
  const mesh = new Scenario({ S: 0, E: 1, F: 2 })
  counting(mesh, { count: 15, size: 2e5 })
  mesh.fn('sum', function* (_context, box: { stream: SimRef }) {
    let sum = 0
    yield* each(box.stream, (item) => (sum += item as number))
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 4, ...only('E') })
    const first = context.call('sum', [{ stream }], only('F'))
    yield* elapse(100)
    const second = context.call('sum', [{ stream, again: true }], only('F'))
    context.release(stream)
    return [yield { type: 'get', ref: first }, yield { type: 'get', ref: second }]
  })
  const [first, second] = mesh.result(program) as { type: string; value?: unknown; failure?: { message: string } }[]
  expect(first).toEqual({ type: 'value', value: 105 })
  expect(second?.failure?.message).toMatch(/STREAM_CONSUMED/)
  mesh.endsWell()
})

it('the task that reads it dies: its next attempt reads from the beginning, and what was let go of is made again', () => {
  const mesh = new Scenario({ S: 0, E: 1, F: 1, G: 1 })
  counting(mesh, { count: 20, ms: 50 })
  mesh.fn('collect', function* (_context, box: { stream: SimRef }) {
    const items: unknown[] = []
    yield* each(box.stream, (item) => items.push(item))
    return items
  })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 4, ...only('E') })
    const ref = context.call('collect', [{ stream }], { needs: { labels: { 'is E': { not: 'yes' } } } })
    return yield { type: 'get', ref }
  })
  mesh.run({ forMs: 800 })
  mesh.kill(mesh.runs('collect')[0] as string)
  expect(mesh.result(program)).toEqual({ type: 'value', value: upTo(20) })
  expect(mesh.timesRun('collect')).toBe(2)
  mesh.endsWell()
})

it('the peer that answers for a stream dies: a task that reads it goes on, and nothing is missing', () => {
  const mesh = new Scenario({ S: 0, O: 1, R: 1, E: 2 })
  counting(mesh, { count: 40, ms: 50 })
  mesh.fn('collect', function* (_context, box: { stream: SimRef }) {
    const items: unknown[] = []
    yield* each(box.stream, (item) => items.push(item))
    return items
  })
  // Runs at O, which answers for the stream; whoever reads it is asked for by S, so that it outlives O.
  mesh.fn('opens', function* (context) {
    const stream = context.call('counting', [], { ahead: 4, ...only('E') })
    yield* elapse(10)
    return { stream }
  })
  const program = mesh.ask('S', function* (context) {
    const box = (yield* get(context.call('opens', [], only('O')))) as { stream: SimRef }
    return yield { type: 'get', ref: context.call('collect', [box], only('R')) }
  })
  mesh.until(() => mesh.timesRun('collect') === 1, 'R reads it')
  mesh.run({ forMs: 500 })
  mesh.kill('O')
  expect(mesh.result(program)).toEqual({ type: 'value', value: upTo(40) })
  expect(mesh.timesRun('collect')).toBe(1)
  mesh.endsWell()
})

it('an item is lost while the generator waits for its reader: it is made again all the same, and the reader goes on', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  counting(mesh, { count: 20, ms: 10, size: 3e5 })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 8, copies: 1 })
    const items = [yield* next(stream)]
    yield* elapse(1_000)
    mesh.peer('E').keeper.rot(itemOf(stream.object as never, 7))
    yield* each(stream, (item) => items.push(item))
    context.release(stream)
    return items
  })
  expect(mesh.result(program)).toEqual(upTo(20))
  expect(mesh.timesRun('counting')).toBe(2)
  mesh.endsWell()
})

it('large items are taken from copies while the generator’s peer sleeps: awake, it keeps none of them', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  counting(mesh, { count: 8, ms: 50, size: 5e5 })
  const [isGone, isBack] = [new Gate(), new Gate()]
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 4, ...only('E') })
    yield* isGone.passed()
    const first = [yield* next(stream), yield* next(stream)]
    yield* isBack.passed()
    return [...first, ...(yield* allOf(stream))]
  })
  mesh.run({ forMs: 1_000 })
  mesh.peer('E').sleep()
  mesh.until(() => mesh.knowsDead('S', 'E'), 'it is thought dead')
  isGone.isOpen = true
  mesh.run({ forMs: 1_000 })
  mesh.peer('E').thaw()
  mesh.until(() => !mesh.knowsDead('S', 'E'), 'it is heard again')
  isBack.isOpen = true
  expect(mesh.result(program)).toEqual(upTo(8))
  mesh.endsWell()
})

it('refs inside items are held until they are read, and what they refer to is made again with them', () => {
  const mesh = new Scenario({ S: 0, E: 1, F: 1 })
  mesh.fn('boxes', function* (context) {
    for (let n = 0; n < 6; n++) {
      yield* elapse(20)
      yield* emit({ inside: context.put(new Big({ n }, 1e6), { copies: 1 }) })
    }
  })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('boxes', [], { ahead: 6 })
    yield* elapse(2_000)
    mesh.kill(mesh.runs('boxes')[0] as string)
    yield* elapse(2_000)
    const items: unknown[] = []
    for (let box = yield* next(stream); box !== end; box = yield* next(stream)) {
      const { inside } = box as { inside: SimRef }
      const got = yield { type: 'get', ref: inside }
      items.push(got.type === 'value' ? (got.value as { n: number }).n : got.failure.message)
      context.release(inside)
    }
    context.release(stream)
    return items
  })
  expect(mesh.result(program)).toEqual(upTo(6))
  mesh.endsWell()
})

it('items of an attempt that is over, of streams that nobody knows, and totals by strangers change nothing', () => {
  const mesh = new Scenario({ S: 0, E: 1, M: 1 })
  counting(mesh, { count: 10, ms: 50 })
  let stream: SimRef | undefined
  const program = mesh.ask('S', function* (context) {
    stream = context.call('counting', [], { ahead: 2, ...only('E') })
    const items: unknown[] = []
    yield* each(stream, (item) => items.push(item))
    return items
  })
  mesh.until(() => mesh.timesRun('counting') === 1, 'it runs')
  const task = (stream as SimRef).object as never
  const item = { type: 'inline', bytes: new TextEncoder().encode('"wrong"'), refs: [] } as const
  mesh.says('M', 'S', { type: 'item', task, attempt: 1, index: 0, item })
  mesh.says('M', 'S', { type: 'item', task: 'nothing' as never, attempt: 1, index: 7, item })
  mesh.says('M', 'E', { type: 'proceed', task, attempt: 1, taken: 1e9 })
  mesh.says('M', 'S', { type: 'took', object: task, reader: 'somebody' as never, run: 9, taken: 5 })
  mesh.says('M', 'S', { type: 'consumed', object: task, reader: 'job-1' as never })
  expect(mesh.result(program)).toEqual(upTo(10))
  mesh.endsWell()
})

it('a long stream takes no more room than its lead, at whoever answers for it and at whoever reads it', () => {
  const mesh = new Scenario({ S: 0, E: 1, R: 1 })
  counting(mesh, { count: 600, ms: 1 })
  mesh.fn('drain', function* (_context, box: { stream: SimRef }) {
    return yield* each(box.stream, () => {
      const { state } = mesh.peer('S')
      most = Math.max(most, state.directory.size + state.holds.size, mesh.peer('R').state.holds.size)
    })
  })
  let most = 0
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 8, ...only('E') })
    return yield* get(context.call('drain', [{ stream }], only('R')))
  })
  expect(mesh.result(program)).toBe(600)
  expect(most).toBeLessThan(60)
  mesh.endsWell()
})

/** Four items are kept as refs, their only copies die, and then they are read: the generator runs again, in its second way. */
function rereads(again: (n: number) => 'yield' | 'end' | 'throw'): string[] {
  const mesh = new Scenario({ S: 0, E: 1, F: 1 })
  mesh.witness.isFickle = true
  let runs = 0
  mesh.fn('counting', function* () {
    const isAgain = runs++ > 0
    for (let n = 0; ; n++) {
      yield* elapse(10)
      const what = isAgain ? again(n) : n < 4 ? 'yield' : 'end'
      if (what === 'end') return
      if (what === 'throw') throw new RangeError(`not ${n} again`)
      yield* emit(new Big({ n }, 1e6))
    }
  })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('counting', [], { ahead: 8, copies: 1 })
    const refs: SimRef[] = []
    for (let ref = yield* next(stream, { asRef: true }); ref !== end; ref = yield* next(stream, { asRef: true }))
      refs.push(ref as SimRef)
    mesh.kill(mesh.runs('counting')[0] as string)
    yield* elapse(3_000)
    const got: string[] = []
    for (const ref of refs) {
      const one = yield { type: 'get', ref }
      got.push(one.type === 'value' ? String((one.value as { n: number }).n) : one.failure.message)
      context.release(ref)
    }
    context.release(stream)
    return got
  })
  const got = mesh.result(program) as string[]
  mesh.endsWell()
  return got
}

it('run again it yields one more, or one fewer, or nothing: what there is can be read, the rest is lost with the reason', () => {
  expect(rereads((n) => (n < 5 ? 'yield' : 'end'))).toEqual(['0', '1', '2', '3'])
  const fewer = rereads((n) => (n < 3 ? 'yield' : 'end'))
  expect(fewer).toEqual(['0', '1', '2', expect.stringMatching(/\[3\] is lost.*counting.*run again and did not/)])
  const nothing = rereads(() => 'end')
  expect(nothing).toEqual(upTo(4).map(() => expect.stringMatching(/is lost/) as string))
})

it('run again it throws: the items before that are there, and the others say what it threw', () => {
  const got = rereads((n) => (n < 2 ? 'yield' : 'throw'))
  expect(got.slice(0, 2)).toEqual(['0', '1'])
  for (const message of got.slice(2)) expect(message).toMatch(/is lost.*failed.*RangeError: not 2 again/)
})

it('whoever reads dies with its peer while the generator waits for it: the generator ends', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  counting(mesh, { count: 100, ms: 10, size: 2e5 })
  mesh.ask('S', (context) => read(context, only('E'), 500))
  mesh.until(() => [...mesh.peer('E').state.executor.all()].some(({ state }) => state === 'blocked'), 'it waits')
  mesh.kill('S')
  mesh.until(() => mesh.peer('E').state.executor.size === 0, 'it has ended')
  mesh.endsWell()
})

it('any lead will do', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  counting(mesh, { count: 30, ms: 1 })
  for (let ahead = 1; ahead <= 15; ahead += 2)
    expect(mesh.result(mesh.ask('S', (context) => read(context, { ahead })))).toEqual(upTo(30))
  mesh.endsWell()
})
