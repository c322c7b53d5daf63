// Actors: calls in order, one incarnation at a time, whatever happens to hosts, owners and callers.

import { defineActors, get } from '@murmuration/sim-peer'
import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { expect, test } from 'vitest'
import { Scenario } from './scenario.ts'

function stage(peers: Record<string, number>): Scenario {
  const scene = new Scenario(peers)
  defineActors(scene)
  return scene
}

const lasting = { onceOnly: true, retries: -1 }
const again = { retries: -1 }

/** That many calls of `add`, and their replies. */
function* adds(context: Context, actor: SimRef, count: number, ms = 10): Body {
  const refs = Array.from({ length: count }, () => context.send(actor, 'add', [ms, 1], again))
  const replies: unknown[] = []
  for (const ref of refs) replies.push(yield* get(ref))
  return replies
}

function oneTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1)
}

test('calls of one caller run in the order in which they were made', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    return yield* adds(context, context.spawn('Counter', [0]), 20)
  })
  expect(scene.result(program)).toEqual(oneTo(20))
  scene.endsWell()
})

test('several callers: every call is applied once, and each sees its own in order', () => {
  const scene = stage({ S: 0, X: 1, Y: 1, Z: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0])
    const others = [1, 2, 3].map(() => context.call('bump', [{ actor }, 5, 5]))
    const seen: number[][] = []
    for (const ref of others) seen.push((yield* get(ref)) as number[])
    return seen
  })
  const seen = scene.result(program) as number[][]
  expect(seen.flat().sort((a, b) => a - b)).toEqual(oneTo(15))
  for (const replies of seen) expect(replies).toEqual([...replies].sort((a, b) => a - b))
  scene.endsWell()
})

/** Where the actor lives. */
function hostOf(scene: Scenario): string {
  const [host] = scene.alive().filter(({ state }) => [...state.residents.all()].some((row) => row.state === 'open'))
  if (!host) throw new Error('no actor lives anywhere')
  return host.peer
}

test('an actor whose host dies after it has answered is restored with all that it answered', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { ...lasting, everyCalls: 100 })
    const first = yield* adds(context, actor, 50, 0)
    scene.kill(hostOf(scene))
    return [first, yield* adds(context, actor, 10)]
  })
  const [first, then] = scene.result(program) as number[][]
  expect(first).toEqual(oneTo(50))
  expect(then).toEqual(oneTo(60).slice(50))
  expect(scene.said('actor:restarted')).toBe(1)
  scene.endsWell()
})

test('a call is retried in the middle of a death: it is applied once', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    return yield* adds(context, context.spawn('Counter', [0], { ...lasting, everyCalls: 3 }), 60, 20)
  })
  scene.run({ forMs: 700 })
  scene.kill(hostOf(scene))
  expect(scene.result(program)).toEqual(oneTo(60))
  scene.endsWell()
})

test('without retries a call that may have run says so, and those after it run on the next host', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Tally', [0], again)
    yield* get(context.send(actor, 'add', [10, 1]))
    const lost = context.send(actor, 'add', [5_000, 1])
    yield { type: 'elapse', ms: 100 }
    scene.kill(hostOf(scene))
    const got = yield { type: 'get', ref: lost }
    return [
      got.type === 'failure' ? [got.failure.code, got.failure.message] : got,
      yield* get(context.send(actor, 'add', [1, 1])),
    ]
  })
  const [lost, then] = scene.result(program) as [string[], number]
  expect(lost[0]).toBe('ACTOR_UNAVAILABLE')
  expect(lost[1]).toMatch(/add may or may not have run: peer [XY] died/)
  expect(then).toBe(1)
  scene.endsWell()
})

test('an actor that may not be restarted is dead with its host', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Tally', [0])
    yield* get(context.send(actor, 'add', [10, 1]))
    scene.kill(hostOf(scene))
    yield { type: 'elapse', ms: 3_000 }
    const got = yield { type: 'get', ref: context.send(actor, 'add', [1, 1]) }
    return got.type === 'failure' ? [got.failure.code, got.failure.message] : got
  })
  const [code, message] = scene.result(program) as string[]
  expect(code).toBe('ACTOR_DIED')
  expect(message).toMatch(/add did not run: the actor Tally is dead: Tally failed after 1 attempt: peer [XY] died/)
  scene.endsWell()
})

test('what cannot be made is not tried again', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Broken', [0], again)
    const got = yield { type: 'get', ref: context.send(actor, 'add', [1, 1], again) }
    return got.type === 'failure' ? [got.failure.code, got.failure.reason, got.failure.message] : got
  })
  const [code, reason, message] = scene.result(program) as string[]
  expect([code, reason]).toEqual(['ACTOR_DIED', 'constructor'])
  expect(message).toMatch(/TypeError: it cannot be made/)
  scene.endsWell()
})

test('an actor that is ended is ended everywhere, with whatever it was doing', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], again)
    yield* get(context.send(actor, 'add', [1, 1]))
    const late = context.send(actor, 'add', [60_000, 1])
    yield { type: 'elapse', ms: 50 }
    yield { type: 'stop', ref: actor, reason: 'enough' }
    const codes: unknown[] = []
    for (const ref of [late, context.send(actor, 'add', [1, 1])]) {
      const got = yield { type: 'get', ref }
      codes.push(got.type === 'failure' ? got.failure.code : got.value)
    }
    return codes
  })
  expect(scene.result(program)).toEqual(['ACTOR_UNAVAILABLE', 'ACTOR_DIED'])
  expect(scene.alive().every(({ state }) => state.residents.size === 0)).toBe(true)
  scene.endsWell()
})

test('an actor ends when the last handle on it has gone, and not before', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0])
    const late = context.call('bump', [{ actor }, 4, 500])
    context.release(actor)
    return yield* get(late)
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.until(() => scene.alive().every(({ state }) => state.residents.size === 0), 'nothing lives')
  scene.endsWell()
})

test('what an actor keeps refs to outlives whoever brought it', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Shelf', [], lasting)
    const ref = context.call('block', [5, 7, 100])
    yield* get(context.send(actor, 'keep', [{ refs: [ref] }], again))
    context.release(ref)
    yield* get(context.send(actor, 'make', [5, 9], again))
    scene.kill(hostOf(scene))
    const { refs } = (yield* get(context.send(actor, 'all', [], again))) as { refs: SimRef[] }
    const values: number[] = []
    for (const one of refs) values.push(((yield* get(one)) as { n: number }).n)
    return values
  })
  scene.define('block', function* (_context, ms: number, n: number) {
    yield { type: 'elapse', ms }
    return { n }
  })
  expect(scene.result(program)).toEqual([7, 9])
  scene.endsWell()
})
