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

test('32: an actor whose host dies after it has answered is restored with all that it answered', () => {
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

test('35: without retries a call that may have run says so, and those after it run on the next host', () => {
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

/** One caller on each of two peers that are not the host, each making that many calls, one after the other. */
function* slowly(context: Context, actor: SimRef, count: number): Body {
  const replies: unknown[] = []
  for (let n = 0; n < count; n++) {
    const got = yield { type: 'get', ref: context.send(actor, 'add', [100, 1], again) }
    replies.push(got.type === 'value' ? got.value : got.failure.code)
  }
  return replies
}

test('33: a host that is cut off from its group stops in time, and the other side starts the next', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    return yield* slowly(context, actor, 60)
  })
  scene.run({ forMs: 1_000 })
  const old = hostOf(scene)
  const others = ['S', 'G', 'X', 'Y'].filter((name) => name !== old)
  scene.cut([old], others)
  scene.until(
    () =>
      scene
        .alive()
        .some(
          ({ peer, state }) =>
            peer !== old && state.residents.size > 0 && [...state.residents.all()].some((row) => row.state === 'open'),
        ),
    'another hosts it',
  )
  const [resident] = scene.peer(old).state.residents.all()
  expect(resident === undefined || resident.tenure === null || resident.tenure.until < scene.peer(old).now()).toBe(true)
  scene.network.heal()
  expect(scene.result(program)).toEqual(oneTo(60))
  expect(scene.alive().filter(({ state }) => state.residents.size > 0)).toHaveLength(1)
  scene.endsWell()
})

test('34: a host that stands still for longer than its lease shows nobody an effect after the next has begun', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    return yield* slowly(context, context.spawn('Counter', [0], lasting), 60)
  })
  scene.run({ forMs: 1_000 })
  const old = scene.peer(hostOf(scene))
  old.freeze()
  scene.run({ forMs: 12_000 })
  old.thaw()
  expect(scene.result(program)).toEqual(oneTo(60))
  scene.endsWell()
})

test('whoever owns an actor may die: who has a handle goes on calling it', () => {
  const scene = stage({ S: 0, T: 0, G: 0, X: 1, Y: 1 })
  scene.fn('spawns', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    yield* get(context.send(actor, 'add', [1, 1], again))
    return { actor }
  })
  const program = scene.ask('S', function* (context) {
    const made = context.call('spawns', [], { needs: { labels: { 'is X': 'yes' } } })
    const { actor } = (yield* get(made)) as { actor: SimRef }
    context.release(made)
    yield { type: 'elapse', ms: 500 }
    scene.kill('X')
    return yield* adds(context, actor, 10)
  })
  expect(scene.result(program)).toEqual(oneTo(11).slice(1))
  scene.endsWell()
})

test('of two who ask for one name at once both get the same actor', () => {
  const scene = stage({ S: 0, T: 0, X: 1, Y: 1 })
  const named = { ...lasting, name: 'hits', getIfExists: true }
  const counts = function* (context: Context): Body {
    return yield* adds(context, context.spawn('Counter', [0], named), 10)
  }
  const programs = ['S', 'T'].map((peer) => scene.program(scene.peer(peer), counts, { lingers: true }))
  const seen = programs.flatMap((program) => scene.result(program) as number[])
  expect(seen.sort((a, b) => a - b)).toEqual(oneTo(20))
  for (const { runner } of programs) runner.drop()
  scene.endsWell()
})

test('a name that is taken is refused, by whoever has it', () => {
  const scene = stage({ S: 0, T: 0, X: 1, Y: 1 })
  const first = scene.program(
    scene.peer('S'),
    function* (context) {
      return yield* adds(context, context.spawn('Counter', [0], { ...lasting, name: 'hits' }), 1)
    },
    { lingers: true },
  )
  expect(scene.result(first)).toEqual([1])
  const second = scene.ask('T', function* (context) {
    const got = yield { type: 'get', ref: context.send(context.spawn('Counter', [0], { name: 'hits' }), 'add', [1, 1]) }
    return got.type === 'failure' ? [got.failure.code, got.failure.message] : got
  })
  const [code, message] = scene.result(second) as string[]
  expect(code).toBe('NAME_TAKEN')
  expect(message).toMatch(/an actor has the name 'hits' already \(S answers for it\)/)
  first.runner.drop()
  scene.endsWell()
})

test('an actor that stays outlives its program and its owner, under its name', () => {
  const scene = stage({ S: 0, T: 0, G: 0, X: 1, Y: 1 })
  const first = scene.ask('S', function* (context) {
    return yield* adds(context, context.spawn('Counter', [0], { ...lasting, name: 'hits', detached: true }), 5)
  })
  expect(scene.result(first)).toEqual(oneTo(5))
  scene.run({ forMs: 1_000 })
  scene.kill('S')
  scene.run({ forMs: 20_000 })
  // Somebody else answers for it; it lives where it lived, and nothing of it began again.
  expect(scene.said('actor:restarted')).toBe(0)
  const second = scene.ask('T', function* (context) {
    const actor = context.spawn('Counter', [0], { ...lasting, name: 'hits', getIfExists: true })
    const replies = yield* adds(context, actor, 5)
    yield { type: 'stop', ref: actor, reason: 'enough' }
    return replies
  })
  expect(scene.result(second)).toEqual(oneTo(10).slice(5))
  scene.endsWell()
})

test('an actor moves when its host is drained, with all that it did and no restart counted', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { onceOnly: true, everyCalls: 100 })
    const first = yield* adds(context, actor, 5)
    const host = scene.peer(hostOf(scene))
    host.event({ type: 'drain', peer: host.life, withinMs: 5_000 })
    yield { type: 'elapse', ms: 3_000 }
    return [first, yield* adds(context, actor, 5)]
  })
  expect(scene.result(program)).toEqual([oneTo(5), oneTo(10).slice(5)])
  scene.endsWell()
})

test('two actors ask each other for what they have, without a slot to spare', () => {
  const scene = stage({ S: 0, X: 1 })
  scene.actors.set('Asker', {
    build: (other: SimRef | null) => ({ other, n: 1 }),
    methods: {
      *sum(context: Context, state: { other: { actor: SimRef } }): Body {
        return ((yield* get(context.send(state.other.actor, 'add', [1, 1]))) as number) + 1
      },
    },
    snapshots: false,
  })
  const program = scene.ask('S', function* (context) {
    const counter = context.spawn('Counter', [0])
    const asker = context.spawn('Asker', [{ actor: counter }])
    const refs = Array.from({ length: 5 }, () => context.send(asker, 'sum', []))
    const replies: unknown[] = []
    for (const ref of refs) replies.push(yield* get(ref))
    return replies
  })
  expect(scene.result(program)).toEqual([2, 3, 4, 5, 6])
  scene.endsWell()
})

test('a task that calls an actor dies with its peer and runs again: no call of it counts twice', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1, Z: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    yield* get(context.send(actor, 'read', [], again))
    const host = hostOf(scene)
    const other = ['X', 'Y', 'Z'].find((name) => name !== host) as string
    const bumps = context.call('bump', [{ actor }, 20, 20], { prefer: { peer: other }, ...again })
    yield { type: 'elapse', ms: 200 }
    scene.kill(other)
    const replies = yield* get(bumps)
    return [replies, yield* get(context.send(actor, 'read', [], again))]
  })
  expect(scene.result(program)).toEqual([oneTo(20), 20])
  scene.endsWell()
})

test('its host and most of its group die at once: what it answered may be lost, and it says so', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    yield* adds(context, actor, 5)
    const host = scene.peer(hostOf(scene))
    const [resident] = host.state.residents.all()
    const group = (resident?.tenure?.record.group ?? []).map((life) => life.slice(0, life.indexOf('/')))
    for (const name of new Set([host.peer, ...group.filter((one) => one !== 'S')])) scene.kill(name)
    const got = yield { type: 'get', ref: context.send(actor, 'add', [1, 1], again) }
    return got.type === 'failure' ? [got.failure.code, got.failure.message] : got.value
  })
  const [code, message] = scene.result(program) as string[]
  expect(code).toBe('ACTOR_DIED')
  expect(message).toMatch(/more than half of those who kept its state are gone/)
  scene.endsWell()
})
