// Actors that outlive their hosts and their callers by far: what counts against them, and what they still know.

import type { SimRef } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, oneTo, stage, told } from './actor-stage.ts'
import { elapse, get, only, replay } from './scenario.ts'

test('what a lost task was told is told again after hundreds of others were done with the same actor', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: 1, V: 2, W: 1 }, { config: { placeTimeoutMs: 300_000 } })
  let runs = 0
  scene.fn('adds', function* (context, box: { actor: SimRef }, ms: number) {
    runs++
    const count = yield* get(context.send(box.actor, 'add', [0, 1], again))
    yield* elapse(ms)
    return count
  })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { onceOnly: true, ...again, ...only('X') })
    const lost = context.call('adds', [{ actor }, 3_000], { ...again, ...only('W') })
    yield* elapse(1_000)
    scene.kill('W')
    // Nobody will ask in the name of that life any more; whoever runs its task again will, some time.
    yield* elapse(40_000)
    const others = oneTo(400).map(() => context.call('adds', [{ actor }, 0], only('V')))
    const counts = yield* allTold(others)
    const before = runs
    scene.restart('W')
    return [
      yield* get(lost),
      Math.max(...(counts as number[])),
      yield* get(context.send(actor, 'add', [0, 1], again)),
      before,
    ]
  })
  expect(scene.result(program)).toEqual([1, 401, 402, 401])
  expect(runs).toBe(402)
  scene.endsWell()
})

describe('an actor whose hosts die again and again', () => {
  const endless = { onceOnly: true, retries: -1 }

  test('goes on for ever when it has lived for a while each time, and as soon as it did at first', () => {
    const scene = stage({ S: 0, G: 0, H: 0, X: 1, Y: 1, Z: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], endless)
      const counts: unknown[] = []
      for (let death = 0; death < 15; death++) {
        counts.push(yield* get(context.send(actor, 'add', [0, 1], again)))
        yield* elapse(12_000)
        const host = hostOf(scene)
        scene.kill(host)
        yield* elapse(2_000)
        scene.restart(host)
      }
      return counts
    })
    expect(scene.result(program, 260_000)).toEqual(oneTo(15))
    scene.endsWell()
  })

  test('is poison when it never does', () => {
    const scene = stage({ S: 0, G: 0, H: 0, X: 1, Y: 1, Z: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], endless)
      for (let death = 0; death < 10; death++) {
        yield* get(context.send(actor, 'add', [0, 1], again))
        const host = hostOf(scene)
        scene.kill(host)
        yield* elapse(2_000)
        scene.restart(host)
      }
      return yield* told(context.send(actor, 'add', [0, 1], again))
    })
    expect(scene.result(program, 600_000)).toMatch(/^ACTOR_DIED: .*10 peers died while running it/)
    scene.endsWell()
  })

  test('moves as often as its hosts are drained, when it has lived for a while at each', () => {
    const scene = stage({ S: 0, G: 0, H: 0, X: 1, Y: 1 }, { config: { maxFreeMoves: 2 } })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], { onceOnly: true })
      const counts: unknown[] = []
      for (let move = 0; move < 5; move++) {
        counts.push(yield* get(context.send(actor, 'add', [0, 1], again)))
        yield* elapse(12_000)
        const host = scene.peer(hostOf(scene))
        host.event({ type: 'drain', peer: host.life, withinMs: 5_000 })
        yield* elapse(6_000)
        scene.restart(host.peer)
        yield* elapse(2_000)
      }
      return counts
    })
    expect(scene.result(program, 200_000)).toEqual(oneTo(5))
    scene.endsWell()
  })
})

test('its host is drained while a call takes long: those behind it are not sent there over and over meanwhile', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { onceOnly: true, prefer: { peer: 'X' } })
    return yield* allTold([4_000, 0, 0, 0].map((ms) => context.send(actor, 'add', [ms, 1], again)))
  })
  scene.run({ forMs: 1_000 })
  const host = scene.peer(hostOf(scene))
  host.event({ type: 'drain', peer: host.life, withinMs: 10_000 })
  const forMs = 2_000
  scene.run({ forMs })
  const calls = [...scene.peer('S').state.tasks.all()].filter(({ spec, state }) => spec.call && state !== 'settled')
  expect(calls).toHaveLength(4)
  expect(Math.max(...calls.map(({ attempt }) => attempt))).toBeLessThan(forMs / 20)
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('its owner leaves and nobody else asks for it: what its group remembers goes in its time, and all that was in it', () => {
  replay({
    seed: 1821,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: false,
    seats: [{ name: 'p0' }, { name: 'p4' }],
    jobs: [{ at: 0, host: 'p4', work: { kind: 'shelves', count: 1, ms: 0 } }],
    faults: [{ at: 0, kind: 'drain', whom: 'p4', withinMs: 3919 }],
    safetyMs: 0,
    rescuer: {},
  })
})

test('it moves while one of its calls has yet to come back from where it lived: what was made after that goes after it', () => {
  replay({
    seed: 30500,
    config: { frameBytes: 400, pressureShare: 0.000001 },
    spreadsCode: true,
    distanceMs: 8,
    isScattered: false,
    seats: [
      { name: 'p0', slots: 2 },
      { name: 'p1', slowness: 10, diskBytes: 20_000_000 },
      { name: 'p3', slots: 3 },
    ],
    jobs: [
      { at: 0, host: 'p3', work: { kind: 'tallies', callers: 3, times: 9, ms: 21, everyCalls: 1 } },
      { at: 529, host: 'p0', work: { kind: 'dropped', count: 14, ms: 407 } },
    ],
    faults: [
      { at: 629, kind: 'kill', whom: 'p3' },
      {
        at: 1099,
        kind: 'weather',
        delayMs: [0, 1],
        loss: 0.06049014737363905,
        duplication: 0,
        reordering: true,
      },
      { at: 1913, kind: 'drain', whom: 'p1', withinMs: 1569 },
      { at: 486, kind: 'weather', delayMs: [0, 5], loss: 0, duplication: 0.05, reordering: false },
      { at: 2407, kind: 'weather', delayMs: [0, 38], loss: 0, duplication: 1, reordering: false },
    ],
    safetyMs: 3644,
    rescuer: {},
  })
})
