// What becomes of actors, of their calls and of what they made, when hosts, callers and workers die.

import { Big } from '@murmuration/sim-peer'
import type { Body, Context, SimRef, Wait } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, lasting, nothingLives, oneTo, stage, told } from './actor-stage.ts'
import { elapse, get, keepsNothing, only } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** On that one run the callers. */
const notAt = (peer: string): object => ({ needs: { labels: { [`is ${peer}`]: { not: 'yes' } } } })

/** Ends the worker that an actor lives in. */
function crash(scene: Scenario, actor: SimRef): void {
  const host = scene.peer(hostOf(scene, actor))
  const resident = host.state.residents.get(actor.object)
  host.workers.crash(resident?.worker as number, 'uncaught')
}

describe('calls that may be made again', () => {
  test('do not fail when the host dies, and run in order on both', () => {
    const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Tally', [0], again)
      return yield* allTold(oneTo(100).map(() => context.send(actor, 'add', [10, 1], again)))
    })
    scene.run({ forMs: 600 })
    scene.kill(hostOf(scene))
    const replies = scene.result(program) as number[]
    const second = replies.lastIndexOf(1)
    expect(second).toBeGreaterThan(10)
    expect([...replies.slice(0, second), ...replies.slice(second)]).toEqual([...oneTo(second), ...oneTo(100 - second)])
    scene.endsWell()
  })

  test('run again on the next host only if they had not been answered', () => {
    const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
    const ran: string[] = []
    scene.actors.set('Log', {
      build: () => ({}),
      methods: {
        *write(context: Context, _state: never, line: string, ms: number): Body {
          ran.push(`${line} at ${context.attempt}`)
          yield* elapse(ms)
          return line
        },
      },
      snapshots: false,
    })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [], again)
      const done = yield* allTold(['a', 'b', 'c'].map((line) => context.send(actor, 'write', [line, 1], again)))
      const waiting = ['d', 'e', 'f'].map((line) => context.send(actor, 'write', [line, 1_000], again))
      yield* elapse(200)
      scene.kill(hostOf(scene))
      return [done, yield* allTold(waiting)]
    })
    expect(scene.result(program)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    expect(ran.slice(0, 4)).toEqual(['a at 1', 'b at 1', 'c at 1', 'd at 1'])
    expect(ran.slice(4).map((line) => line[0])).toEqual(['d', 'e', 'f'])
    scene.endsWell()
  })

  test('of callers on several peers cost one restart together', () => {
    const scene = stage({ S: 0, G: 0, T: 2, X: 1, Y: 1, Z: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], { onceOnly: true, retries: 1, ...notAt('T') })
      yield* get(context.send(actor, 'read', [], again))
      const callers = [1, 2].map(() => context.call('bump', [{ actor }, 20, 20], only('T')))
      const mine = oneTo(20).map(() => context.send(actor, 'add', [20, 1], again))
      yield* elapse(300)
      scene.kill(hostOf(scene))
      return [...((yield* allTold(callers)) as number[][]), yield* allTold(mine)]
    })
    const all = scene.result(program) as number[][]
    expect(all).toHaveLength(3)
    expect(all.flat().sort((a, b) => a - b)).toEqual(oneTo(60))
    expect(scene.said('actor:restarted')).toBe(1)
    scene.endsWell()
  })

  test.each([
    { how: 'throws, then its worker ends', events: ['throws', 'crashes'], retries: 2, reply: 3 },
    { how: 'its worker ends, then it throws', events: ['crashes', 'throws'], retries: 2, reply: 3 },
    { how: 'its worker ends, its host dies, it throws', events: ['crashes', 'dies', 'throws'], retries: -1, reply: 4 },
    { how: 'throws last', events: ['crashes', 'throws'], retries: 1, reply: /^TASK_FAILED: .*RangeError: run 2/ },
    {
      how: 'crashes last',
      events: ['throws', 'crashes'],
      retries: 1,
      reply: /^ACTOR_UNAVAILABLE: .*may or may not have run/,
    },
  ])('are charged for whatever happens, in any order: $how', ({ events, retries, reply }) => {
    const scene = stage({ S: 0, G: 0, X: 1, Y: 1, Z: 1 })
    let runs = 0
    scene.actors.set('Unlucky', {
      build: () => ({}),
      methods: {
        *run(_context: Context, _state: never): Body {
          const event = events[runs++]
          yield* elapse(50)
          if (event === 'throws') throw new RangeError(`run ${runs}`)
          // Whatever ends it comes before that.
          if (event !== undefined) yield* elapse(60_000)
          return runs
        },
      },
      snapshots: false,
    })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Unlucky', [], again)
      const ref = context.send(actor, 'run', [], { retries, retryErrors: true, retryDelayMs: [1, 2] })
      for (const [nth, event] of events.entries()) {
        while (true) {
          yield* elapse(20)
          if (runs > nth) break
        }
        if (event === 'crashes') crash(scene, actor)
        if (event === 'dies') scene.kill(hostOf(scene, actor))
      }
      return yield* told(ref)
    })
    const got = scene.result(program)
    if (reply instanceof RegExp) expect(got).toMatch(reply)
    else expect(got).toBe(reply)
    expect(runs).toBe(events.length + (reply instanceof RegExp ? 0 : 1))
    scene.endsWell()
  })
})

test('each death of an actor has its sentence', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1, Z: 1 })
  const program = scene.ask('S', function* (context) {
    const ways: [name: string, end: (actor: SimRef) => Wait | void][] = [
      ['killed', (ref) => ({ type: 'stop', ref, reason: 'enough' })],
      ['crashed', (actor) => crash(scene, actor)],
      ['its host died', (actor) => scene.kill(hostOf(scene, actor))],
    ]
    const sentences: Record<string, unknown> = {}
    for (const [name, end] of ways) {
      const actor = context.spawn('Tally', [0])
      yield* get(context.send(actor, 'add', [1, 1]))
      const wait = end(actor)
      if (wait) yield wait
      yield* elapse(3_000)
      sentences[name] = yield* told(context.send(actor, 'add', [1, 1]))
    }
    sentences['never made'] = yield* told(context.send(context.spawn('Broken', [0]), 'add', [1, 1]))
    return sentences
  })
  const sentences = scene.result(program) as Record<string, string>
  expect(sentences).toEqual({
    killed: expect.stringMatching(/^ACTOR_DIED: add did not run: .*Tally .*enough/) as string,
    crashed: expect.stringMatching(/^ACTOR_DIED: add did not run: .*Tally .*worker died/) as string,
    'its host died': expect.stringMatching(/^ACTOR_DIED: add did not run: .*Tally .*peer [XYZ] died/) as string,
    'never made': expect.stringMatching(/^ACTOR_DIED: add did not run: .*TypeError: it cannot be made/) as string,
  })
  scene.endsWell()
})

describe('what an actor made', () => {
  /** Its replies are too large to travel with the outcome. */
  function definePress(scene: Scenario): void {
    scene.actors.set('Press', {
      build: () => ({ printed: 0 }),
      methods: {
        *print(_context: Context, state: { printed: number }, ms: number): Body {
          yield* elapse(ms)
          return new Big(++state.printed, 5e5)
        },
        // oxlint-disable-next-line require-yield -- a method that takes no time at all
        *printed(_context: Context, state: { printed: number }): Body {
          return state.printed
        },
      },
      snapshots: true,
    })
  }

  test('is read when the actor has ended', () => {
    const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
    definePress(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Press', [])
      const refs = [context.send(actor, 'print', [1]), context.send(actor, 'print', [1])]
      for (const ref of refs) yield { type: 'durable', ref }
      const host = hostOf(scene)
      yield { type: 'stop', ref: actor, reason: 'enough' }
      context.release(actor)
      scene.kill(host)
      return yield* allTold(refs)
    })
    expect(scene.result(program)).toEqual([1, 2])
    scene.endsWell()
  })

  test('and was lost with its holders is not made by calling it again, and the actor goes on', () => {
    const scene = stage({ S: keepsNothing, G: 0, X: 1, Y: 1 })
    definePress(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Press', [], lasting)
      const ref = context.send(actor, 'print', [1], { ...again, copies: 1 })
      yield { type: 'durable', ref }
      yield* elapse(500)
      for (const peer of scene.alive()) if (peer.state.holdings.has(ref.object)) scene.kill(peer.peer)
      yield* elapse(3_000)
      return yield* allTold([ref, context.send(actor, 'printed', [], again)])
    })
    const [lost, printed] = scene.result(program) as unknown[]
    expect(lost).toMatch(/^OBJECT_LOST: .*print is a call of an actor, and is not made again for its result$/)
    expect(printed).toBe(1)
    scene.endsWell()
  })

  test('and a detached one keeps is read by a second program when the first has gone', () => {
    const scene = stage({ S: 0, T: 0, G: 0, X: 1, Y: 1 })
    scene.fn('block', function* (_context, ms: number, n: number) {
      yield* elapse(ms)
      return { n }
    })
    const named = { ...lasting, name: 'shelf', getIfExists: true, detached: true }
    const first = scene.ask('S', function* (context) {
      return yield* get(context.send(context.spawn('Shelf', [], named), 'make', [5, 9], again))
    })
    expect(scene.result(first)).toBe(1)
    scene.run({ forMs: 1_000 })
    scene.kill('S')
    scene.run({ forMs: 40_000 })
    const second = scene.ask('T', function* (context) {
      const actor = context.spawn('Shelf', [], named)
      const { refs } = (yield* get(context.send(actor, 'all', [], again))) as { refs: SimRef[] }
      const value = yield* told(refs[0] as SimRef)
      yield { type: 'stop', ref: actor, reason: 'enough' }
      return value
    })
    expect(scene.result(second)).toEqual({ n: 9 })
    scene.endsWell()
  })
})

describe('a name', () => {
  test('is free again when the host of its actor has died for good', () => {
    const scene = stage({ S: 0, T: 0, G: 0, X: 1, Y: 1 })
    const program = scene.ask('S', function* (context) {
      const first = context.spawn('Counter', [0], { name: 'hits' })
      yield* get(context.send(first, 'add', [1, 1]))
      scene.kill(hostOf(scene))
      yield* elapse(3_000)
      const next = context.spawn('Counter', [10], { name: 'hits' })
      return yield* allTold([context.send(first, 'add', [1, 1]), context.send(next, 'add', [1, 1])])
    })
    const [first, next] = scene.result(program) as unknown[]
    expect(first).toMatch(/^ACTOR_DIED/)
    expect(next).toBe(11)
    scene.endsWell()
  })

  test('keeps no attached actor when its program has been killed', () => {
    const scene = stage({ S: 0, T: 0, G: 0, X: 1, Y: 1 })
    const named = { ...lasting, name: 'hits' }
    const first = scene.program(
      scene.peer('S'),
      function* (context) {
        return yield* get(context.send(context.spawn('Counter', [0], named), 'add', [1, 1]))
      },
      { lingers: true },
    )
    expect(scene.result(first)).toBe(1)
    scene.kill('S')
    scene.until(() => nothingLives(scene), 'nothing lives')
    const second = scene.ask('T', function* (context) {
      return yield* told(context.send(context.spawn('Counter', [10], named), 'add', [1, 1]))
    })
    expect(scene.result(second)).toBe(11)
    scene.endsWell()
  })
})

test('a link that breaks in the middle of a call breaks no call: it is answered once, over the next', () => {
  const scene = stage({ S: 0, X: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Tally', [0])
    const refs = oneTo(20).map(() => context.send(actor, 'add', [50, 1]))
    return yield* allTold(refs)
  })
  for (let n = 0; n < 8; n++) {
    scene.run({ forMs: 130 })
    scene.network.unlink(scene.peer('S').peer, scene.peer('X').peer)
  }
  expect(scene.result(program)).toEqual(oneTo(20))
  scene.endsWell()
})

test('its program leaves: of the calls that its worker was handed nothing begins any more', () => {
  const scene = stage({ S: 1, X: 1 })
  scene.ask('S', function* (context) {
    const actor = context.spawn('Tally', [0], only('S'))
    const own = context.send(actor, 'add', [1_000, 1])
    return yield* allTold([own, context.call('bump', [{ actor }, 1, 1_000], only('X'))])
  })
  const { state } = scene.peer('S')
  scene.until(() => [...state.residents.all()].some(({ running }) => running.size === 2), 'it was handed both')
  const { executions } = scene.witness
  const begun = executions.size
  scene.peer('S').event({ type: 'leave' })
  scene.until(() => scene.peer('S').left, 'S has left')
  scene.run({ forMs: 5_000 })
  expect(executions.size).toBe(begun)
})

test('a drain costs no restart, the death after it does', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1, Z: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { onceOnly: true, retries: 1 })
    const seen: unknown[] = []
    for (const end of ['drain', 'kill', 'kill']) {
      seen.push(yield* told(context.send(actor, 'add', [1, 1], again)))
      const host = scene.peer(hostOf(scene))
      if (end === 'kill') scene.kill(host.peer)
      else host.event({ type: 'drain', peer: host.life, withinMs: 5_000 })
      yield* elapse(4_000)
    }
    seen.push(yield* told(context.send(actor, 'add', [1, 1], again)))
    return seen
  })
  const seen = scene.result(program) as unknown[]
  expect(seen.slice(0, 3)).toEqual([1, 2, 3])
  expect(seen[3]).toMatch(/^ACTOR_DIED: .*peer [XYZ] died/)
  scene.endsWell()
})

test('what an actor asked for itself can be read from its record as soon as anybody has that', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Shelf', [], lasting)
    yield* get(context.send(actor, 'make', [5, 9], again))
    const { refs } = (yield* get(context.send(actor, 'all', [], again))) as { refs: SimRef[] }
    return ((yield* get(refs[0] as SimRef)) as { n: number }).n
  })
  scene.define('block', function* (_context, ms: number, n: number) {
    yield { type: 'elapse', ms }
    return { n }
  })
  const isTold = (): boolean => {
    const host = scene.alive().find(({ state }) => state.residents.size > 0)
    return scene
      .alive()
      .some(
        (peer) =>
          peer !== host && [...peer.state.leases.all()].some(({ record }) => record?.snapshot?.refs.length === 1),
      )
  }
  scene.until(isTold, 'somebody else has the record that names it')
  scene.kill(hostOf(scene))
  expect(scene.result(program)).toBe(9)
  scene.endsWell()
})

test('a task is done and dies before anybody heard so: run again long after, its calls are answered as they were', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  scene.fn('once', function* (context, { actor }: { actor: SimRef }) {
    return yield* get(context.send(actor, 'add', [1, 1], again))
  })
  scene.fn('long', () => elapse(5 * scene.config.orphanGraceMs))
  let counter: SimRef | null = null
  const program = scene.ask('S', function* (context) {
    const actor = (counter = context.spawn('Counter', [0], { ...lasting, prefer: { peer: 'Y' } }))
    yield* get(context.send(actor, 'read', [], again))
    const long = context.call('long', [], only('Y'))
    const added = context.call('once', [{ actor }], again)
    yield* elapse(4 * scene.config.orphanGraceMs)
    // What a record does not say any more is not known after it.
    yield* get(context.send(actor, 'read', [], again))
    yield* get(long)
    return [yield* get(added), yield* get(context.send(actor, 'read', [], again))]
  })
  scene.until(() => scene.peer('X').state.replies.size > 0, 'the actor has answered it')
  expect(hostOf(scene, counter as unknown as SimRef)).toBe('Y')
  scene.cut(['X'], ['S'])
  scene.run({ forMs: 500 })
  scene.kill('X')
  expect(scene.result(program)).toEqual([1, 1])
  expect(scene.runs('once')).toEqual(['X', 'Y'])
  scene.endsWell()
})
