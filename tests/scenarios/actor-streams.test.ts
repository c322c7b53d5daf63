// Generator methods of actors: their items as a stream, whatever becomes of the actor's host and of whoever reads.

import { Big, each, emit, end, get, next } from '@murmuration/sim-peer'
import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { expect, test } from 'vitest'
import { Scenario, elapse } from './scenario.ts'

interface Log {
  lines: number
}

/** Has lines to yield, and methods besides. */
function stage(peers: Record<string, number>): Scenario {
  const scene = new Scenario(peers)
  scene.actors.set('Log', {
    build: (lines: number) => ({ lines }),
    methods: {
      *read(_context: Context, log: Log, ms: number, size = 0) {
        for (let n = 0; n < log.lines; n++) {
          if (ms > 0) yield* elapse(ms)
          yield* emit(size > 0 ? new Big(n, size) : n)
        }
      },
      *breaks(_context: Context, _log: Log, at: number) {
        for (let n = 0; n < at; n++) yield* emit(n)
        yield* elapse(5)
        throw new RangeError(`at ${at}`)
      },
      *add(_context: Context, log: Log, ms: number): Body {
        if (ms > 0) yield* elapse(ms)
        return ++log.lines
      },
    },
    snapshots: true,
  })
  return scene
}

const again = { retries: -1 }
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

function* readAll(stream: SimRef): Body {
  const items: unknown[] = []
  yield* each(stream, (item) => items.push(item))
  return items
}

function hostOf(scene: Scenario): string {
  const host = scene.alive().find(({ state }) => [...state.residents.all()].some((row) => row.state === 'open'))
  if (!host) throw new Error('no actor lives anywhere')
  return host.peer
}

function failureOf(got: { type: string }): string {
  const { failure } = got as { failure?: { code: string; message: string } }
  return failure ? `${failure.code} ${failure.message}` : 'a value'
}

test('items are read in order, from the peer that made the actor and from another', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  scene.fn('reads', function* (context, box: { log: SimRef }) {
    return yield* readAll(context.send(box.log, 'read', [2], { ahead: 4 }))
  })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [30])
    return [yield* readAll(context.send(log, 'read', [2], { ahead: 4 })), yield* get(context.call('reads', [{ log }]))]
  })
  expect(scene.result(program)).toEqual([upTo(30), upTo(30)])
  scene.endsWell()
})

test('its host dies in the middle: with retries the next incarnation resumes at the next item', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [40], again)
    return yield* readAll(context.send(log, 'read', [50], { ahead: 4, ...again }))
  })
  scene.run({ forMs: 1_200 })
  scene.kill(hostOf(scene))
  expect(scene.result(program)).toEqual(upTo(40))
  expect(scene.said('actor:restarted')).toBe(1)
  scene.endsWell()
})

test('large items that die with the host before anybody has a copy are yielded again', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [12], again)
    const stream = context.send(log, 'read', [20, 3e5], { ahead: 12, copies: 1, ...again })
    const first = yield* next(stream)
    yield* elapse(100)
    scene.kill(hostOf(scene))
    return [first, ...((yield* readAll(stream)) as unknown[])]
  })
  expect(scene.result(program)).toEqual(upTo(12))
  scene.endsWell()
})

test('without retries it fails where it was, after what had come', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const items: unknown[] = []
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [40], again)
    const stream = context.send(log, 'read', [50], { ahead: 4 })
    for (;;) {
      const got = yield { type: 'next', ref: stream, asRef: false }
      if (got.type === 'failure') return failureOf(got)
      items.push(got.value)
    }
  })
  scene.run({ forMs: 1_200 })
  scene.kill(hostOf(scene))
  expect(scene.result(program)).toMatch(/^ACTOR_UNAVAILABLE read may or may not have run: peer [XY] died/)
  expect(items.length).toBeGreaterThan(3)
  expect(items).toEqual(upTo(items.length))
  scene.endsWell()
})

test('once it has ended it is not run again: an item that is lost then says so', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [6], again)
    const stream = context.send(log, 'read', [1, 3e5], { ahead: 6, copies: 1, ...again })
    const refs: SimRef[] = []
    for (let ref = yield* next(stream, { asRef: true }); ref !== end; ref = yield* next(stream, { asRef: true }))
      refs.push(ref as SimRef)
    scene.kill(hostOf(scene))
    const got = yield { type: 'get', ref: refs[3] as SimRef }
    for (const ref of refs) context.release(ref)
    return failureOf(got)
  })
  expect(scene.result(program)).toMatch(/^OBJECT_LOST .*is a call of an actor, and is not made again for its result/)
  scene.endsWell()
})

test('what waits for its reader holds up nobody: whoever reads may call the actor meanwhile, also when it keeps checkpoints', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [20], { onceOnly: true, ...again })
    const stream = context.send(log, 'read', [0], { ahead: 2, ...again })
    const replies: unknown[] = []
    for (let n = 0; n < 5; n++) {
      yield* next(stream)
      replies.push(yield* get(context.send(log, 'add', [5], again)))
    }
    // It has 25 lines by now, and yields what it has.
    replies.push(((yield* readAll(stream)) as unknown[]).length)
    return replies
  })
  expect(scene.result(program)).toEqual([21, 22, 23, 24, 25, 20])
  scene.endsWell()
})

test('it is no further ahead of its reader than it may be', () => {
  const scene = stage({ S: 0, X: 1 })
  let yielded = 0
  scene.actors.set('Eager', {
    build: () => ({}),
    methods: {
      *read() {
        for (; yielded < 12;) {
          yielded++
          yield* emit(yielded)
        }
      },
    },
    snapshots: false,
  })
  const program = scene.ask('S', function* (context) {
    const stream = context.send(context.spawn('Eager', []), 'read', [], { ahead: 3 })
    yield* elapse(1_000)
    const seen = [yielded]
    yield* next(stream)
    yield* elapse(1_000)
    seen.push(yielded)
    return [...seen, yield* each(stream, () => {})]
  })
  expect(scene.result(program)).toEqual([3, 4, 11])
  scene.endsWell()
})

test('items before an error are read, then it is thrown, and the actor goes on', () => {
  const scene = stage({ S: 0, X: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [1])
    const stream = context.send(log, 'breaks', [5], { ahead: 2 })
    const items: unknown[] = []
    for (;;) {
      const got = yield { type: 'next', ref: stream, asRef: false }
      if (got.type === 'failure') return [items, failureOf(got), yield* get(context.send(log, 'add', [1]))]
      items.push(got.value)
    }
  })
  const [items, said, then] = scene.result(program) as [unknown[], string, number]
  expect(items).toEqual(upTo(5))
  expect(said).toMatch(/^TASK_FAILED breaks threw RangeError: at 5/)
  expect(then).toBe(2)
  scene.endsWell()
})

test('whoever leaves the loop early ends the call, and the next one is served', () => {
  const scene = stage({ S: 0, X: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [1_000_000])
    const stream = context.send(log, 'read', [5], { ahead: 8 })
    yield* next(stream)
    yield { type: 'stop', ref: stream, reason: 'its reader has left the loop' }
    context.leave(stream)
    context.release(stream)
    const reply = yield* get(context.send(log, 'add', [5]))
    const { executor, residents } = scene.peer('X').state
    return [reply, executor.size, [...residents.all()].map(({ streaming }) => streaming.size)]
  })
  // What is left is the actor itself.
  expect(scene.result(program)).toEqual([1_000_001, 1, [0]])
  scene.endsWell()
})

test('whoever reads dies while the actor yields: the call ends, and the next one is served', () => {
  const scene = stage({ S: 0, R: 0, X: 1 })
  const shared: { log?: SimRef } = {}
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [1_000_000], { getIfExists: true, name: 'log' })
    shared.log = log
    while (scene.alive().some(({ peer }) => peer === 'R')) yield* elapse(100)
    return yield* get(context.send(log, 'add', [5]))
  })
  scene.ask('R', function* (context) {
    const log = context.spawn('Log', [1_000_000], { getIfExists: true, name: 'log' })
    return yield* readAll(context.send(log, 'read', [1], { ahead: 1_000 }))
  })
  scene.until(() => [...scene.peer('X').state.residents.all()].some(({ streaming }) => streaming.size > 0), 'it yields')
  scene.run({ forMs: 200 })
  scene.kill('R')
  expect(scene.result(program)).toBe(1_000_001)
  scene.until(() => [...scene.peer('X').state.executor.all()].every(({ spec }) => !spec.call), 'its call has ended')
  scene.endsWell()
})

test('whoever reads begins anew: with retries so does the call, and without them the items are lost', () => {
  for (const [retries, expected] of [
    [-1, JSON.stringify(upTo(20))],
    [
      0,
      'OBJECT_LOST items of read are lost: whoever reads it began anew, and a call of an actor is made again only with callRetries',
    ],
  ] as const) {
    const scene = stage({ S: 0, X: 1, F: 1, G: 1 })
    scene.fn('collect', function* (_context, box: { stream: SimRef }) {
      const items: unknown[] = []
      for (;;) {
        const got = yield { type: 'next', ref: box.stream, asRef: false }
        if (got.type === 'failure') return failureOf(got)
        if (got.value === end) return JSON.stringify(items)
        items.push(got.value)
      }
    })
    const program = scene.ask('S', function* (context) {
      const log = context.spawn('Log', [20], { needs: { peer: 'X' } })
      const stream = context.send(log, 'read', [50], { ahead: 4, retries })
      const away = { needs: { labels: { 'is X': { not: 'yes' } } } } as const
      return yield* get(context.call('collect', [{ stream }], away))
    })
    scene.until(() => scene.timesRun('collect') === 1, 'it reads')
    scene.run({ forMs: 500 })
    scene.kill(scene.runs('collect')[0] as string)
    expect(scene.result(program)).toBe(expected)
    scene.endsWell()
  }
})

test('its host leaves in the middle: the call goes to the next one, where its caller allows that', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [30], again)
    const stream = context.send(log, 'read', [50], { ahead: 4, ...again })
    return yield* readAll(stream)
  })
  scene.run({ forMs: 800 })
  scene.peer(hostOf(scene)).event({ type: 'leave' })
  expect(scene.result(program)).toEqual(upTo(30))
  scene.endsWell()
})

test('a host that stands still for longer than its lease: nothing that it yields then is read', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const log = context.spawn('Log', [30], again)
    return yield* readAll(context.send(log, 'read', [50], { ahead: 4, ...again }))
  })
  scene.run({ forMs: 800 })
  const old = scene.peer(hostOf(scene))
  old.freeze()
  scene.run({ forMs: 12_000 })
  old.thaw()
  expect(scene.result(program)).toEqual(upTo(30))
  scene.endsWell()
})
