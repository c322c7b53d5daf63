// An actor that goes on with other code, `onCodeChange: 'restore'`: what it was is taken over by the new class, calls that
// had begun run on the old and all others on the new, and it is never in two places, whatever dies or is cut off meanwhile.

import { inspect } from '@murmuration/core/seeing'
import type { Body, Context, Program, SimActor, SimRef, SpawnOptions } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, nothingLives, oneTo, stage, told } from './actor-stage.ts'
import { elapse, get } from './scenario.ts'
import type { Scenario } from './scenario.ts'

interface State {
  readonly count: number
  readonly by: string
}

/** Counts, and says which code counted. */
function version(code: string, more: Partial<SimActor> = {}): SimActor {
  return {
    build: () => ({ count: 0, by: code }),
    methods: {
      *add(_context: Context, state: { count: number }, ms = 0): Body {
        if (ms > 0) yield* elapse(ms)
        return `${code} ${++state.count}`
      },
    },
    snapshots: true,
    restore: ({ count }: State) => ({ count, by: code }),
    ...more,
  }
}

function editions(
  peers: Parameters<typeof stage>[0],
  { seed = 1, more = {}, old = {} }: { seed?: number; more?: Partial<SimActor>; old?: Partial<SimActor> } = {},
): Scenario {
  const scene = stage(peers, { seed })
  scene.actors.set('Steps of old', version('old', old))
  for (const code of ['new', 'newer']) scene.actors.set(`Steps of ${code}`, version(code, more))
  return scene
}

const named = { name: 'steps', getIfExists: true, onCodeChange: 'restore', onceOnly: true, retries: -1 } as const

/** Spawns it with that code and calls it, one after the other: with how long each call takes. */
function steps(scene: Scenario, peer: string, code: string, { takes = [0], ...options }: Calling = {}): Program {
  return scene.ask(peer, function* (context) {
    const actor = context.spawn('Steps', [], { ...named, code, ...options })
    return yield* allTold(takes.map((ms) => context.send(actor, 'add', [ms], again)))
  })
}

interface Calling extends SpawnOptions {
  readonly takes?: readonly number[]
}

/** The same, and it stays until it is told to end. */
function lasting(
  scene: Scenario,
  takes: (context: Context, actor: SimRef) => Body,
  options: SpawnOptions = {},
): Program {
  return scene.ask('S', function* (context) {
    const actor = context.spawn('Steps', [], { ...named, code: 'old', ...options })
    return yield* takes(context, actor)
  })
}

const countOf = (reply: string): number => Number(reply.split(' ')[1])

function inOrder(replies: readonly string[]): number[] {
  return replies.map(countOf).sort((a, b) => a - b)
}

test('it goes on with the new code, from what it was', () => {
  const scene = editions({ S: 0, T: 0, X: 1, Y: 1 })
  const first = lasting(scene, function* (context, actor) {
    const before = yield* allTold(oneTo(3).map(() => context.send(actor, 'add', [], again)))
    yield* elapse(10_000)
    return [before, yield* get(context.send(actor, 'add', [], again))]
  })
  scene.run({ forMs: 2_000 })
  expect(scene.result(steps(scene, 'T', 'new', { takes: [0, 0] }))).toEqual(['new 4', 'new 5'])
  expect(scene.result(first)).toEqual([['old 1', 'old 2', 'old 3'], 'new 6'])
  scene.endsWell()
})

describe('the order of calls', () => {
  test('what runs ends on the old code, what has not begun runs on the new, each once and in order', () => {
    const scene = editions({ S: 0, T: 0, X: 1, Y: 1 })
    const first = lasting(scene, (context, actor) =>
      allTold(oneTo(6).map(() => context.send(actor, 'add', [1_000], again))),
    )
    scene.run({ forMs: 2_500 })
    const second = steps(scene, 'T', 'new', { takes: [0] })
    const replies = scene.result(first) as string[]
    const last = scene.result(second) as string[]
    expect(replies.slice(0, 3)).toEqual(['old 1', 'old 2', 'old 3'])
    expect([...replies.slice(3), ...last].every((reply) => reply.startsWith('new'))).toBe(true)
    expect(inOrder([...replies, ...last])).toEqual(oneTo(7))
    expect(inOrder(replies)).toEqual(replies.map(countOf))
    scene.endsWell()
  })
})

test('a call that was answered by the old code is answered again, not run again, when its caller runs again', () => {
  const scene = editions({ S: 0, T: 0, X: 1, Y: 1, Z: 1 })
  scene.fn('caller', function* (context, box: { actor: SimRef }) {
    const reply = yield* get(context.send(box.actor, 'add', [], again))
    yield* elapse(6_000)
    return [reply, yield* get(context.send(box.actor, 'add', [1], again))]
  })
  const first = lasting(scene, function* (context, actor) {
    return yield* get(context.call('caller', [{ actor }], { retries: -1 }))
  })
  scene.run({ forMs: 2_000 })
  const caller = scene.runs('caller')[0] ?? ''
  expect(scene.result(steps(scene, 'T', 'new'))).toEqual(['new 2'])
  scene.kill(caller)
  expect(scene.result(first)).toEqual(['old 1', 'new 3'])
  expect(scene.timesRun('caller')).toBe(2)
  scene.endsWell()
})

describe('what cannot be changed', () => {
  const failed = (why: RegExp): object =>
    expect.stringMatching(new RegExp(`^NAME_TAKEN: .*goes on with its own: .*${why.source}`)) as object

  test.each([
    [
      'the new restore throws',
      {
        restore: () => {
          throw new RangeError('of another shape')
        },
      },
      {},
      /Steps threw RangeError: of another shape/,
    ],
    [
      'the old class has no snapshot',
      {},
      { snapshots: false },
      /has not both snapshot\(\) and a static restore\(state\)/,
    ],
  ])('%s: it says so, and the actor goes on as it was', (_what, more, old, why) => {
    const scene = editions({ S: 0, T: 0, X: 1, Y: 1 }, { more, old })
    const first = lasting(
      scene,
      function* (context, actor) {
        yield* get(context.send(actor, 'add', [], again))
        yield* elapse(20_000)
        return yield* get(context.send(actor, 'add', [], again))
      },
      { onceOnly: false },
    )
    scene.run({ forMs: 2_000 })
    expect(scene.result(steps(scene, 'T', 'new', { takes: [0] }))).toEqual([failed(why)])
    // Whoever is content with what is there has it.
    expect(scene.result(steps(scene, 'T', 'new', { takes: [0], onCodeChange: 'keep' }))).toEqual(['old 2'])
    expect(scene.result(first)).toBe('old 3')
    scene.endsWell()
  })
})

describe('races', () => {
  test.each(oneTo(6))(
    'two programs with different code, and one with the old, at once: each call counts once (seed %i)',
    (seed) => {
      const scene = editions({ S: 0, T: 0, U: 0, X: 1, Y: 1, Z: 1 }, { seed })
      // A program that has ended would take its actor along, and whoever comes later begin a new one.
      const options = { takes: [5, 50, 300], detached: true }
      const programs = [
        steps(scene, 'S', 'old', options),
        steps(scene, 'T', 'new', options),
        steps(scene, 'U', 'newer', options),
      ]
      const replies = programs.flatMap((program) => scene.result(program) as string[])
      expect(inOrder(replies)).toEqual(oneTo(9))
      const end = scene.ask('S', function* (context) {
        const actor = context.spawn('Steps', [], { ...named, code: 'old', detached: true, onCodeChange: 'keep' })
        const last = yield* told(context.send(actor, 'add', [0], again))
        yield { type: 'stop', ref: actor, reason: 'enough' }
        return countOf(last as string)
      })
      expect(scene.result(end)).toBe(10)
      scene.until(() => nothingLives(scene), 'it ends when it is told to')
      scene.endsWell()
    },
  )

  test.each(oneTo(6))('the host dies in the middle of it (seed %i)', (seed) => {
    const scene = editions({ S: 0, T: 0, X: 1, Y: 1, Z: 1 }, { seed })
    const first = lasting(scene, (context, actor) =>
      allTold(oneTo(8).map(() => context.send(actor, 'add', [100], again))),
    )
    scene.run({ forMs: 450 })
    const host = hostOf(scene)
    const second = steps(scene, 'T', 'new', { takes: [0, 0], retries: -1 })
    scene.run({ forMs: 30 * seed })
    scene.kill(host)
    const [before, after] = [scene.result(first) as string[], scene.result(second) as string[]]
    const replies = [...before, ...after]
    expect(inOrder(replies)).toEqual(oneTo(10))
    const turn = before.findIndex((reply) => reply.startsWith('new'))
    if (turn >= 0) expect(before.slice(turn).every((reply) => reply.startsWith('new'))).toBe(true)
    expect(after.every((reply) => reply.startsWith('new'))).toBe(true)
    scene.endsWell()
  })

  test.each(oneTo(6))(
    'its owner dies in the middle of it: a guardian goes on with one of the two, for all (seed %i)',
    (seed) => {
      const scene = editions({ S: 0, T: 0, X: 1, Y: 1, Z: 1 }, { seed })
      const stays = { detached: true } as const
      const first = lasting(
        scene,
        function* (context, actor) {
          yield* get(context.send(actor, 'add', [10], again))
          yield* elapse(60_000)
        },
        stays,
      )
      scene.run({ forMs: 2_000 })
      const second = steps(scene, 'T', 'new', { takes: [0, 0], ...stays })
      scene.run({ forMs: 60 * (seed - 1) })
      scene.kill('S')
      expect(first.end).toBe(null)
      expect(scene.result(second)).toEqual(['new 2', 'new 3'])
      const end = scene.ask('T', function* (context) {
        const actor = context.spawn('Steps', [], { ...named, ...stays, code: 'new' })
        const last = yield* told(context.send(actor, 'add', [0], again))
        yield { type: 'stop', ref: actor, reason: 'enough' }
        return last
      })
      expect(scene.result(end)).toBe('new 4')
      scene.endsWell()
    },
  )

  test.each(oneTo(4))('a cut between its host and all others: never two, and nothing is lost (seed %i)', (seed) => {
    const scene = editions({ S: 0, T: 0, X: 1, Y: 1, Z: 1 }, { seed })
    const first = lasting(scene, (context, actor) =>
      allTold(oneTo(8).map(() => context.send(actor, 'add', [100], again))),
    )
    scene.run({ forMs: 450 })
    const host = hostOf(scene)
    const second = steps(scene, 'T', 'new', { takes: [0, 0] })
    scene.run({ forMs: 40 * (seed - 1) })
    scene.cut(
      [host],
      scene.others(host).map(({ peer }) => peer),
    )
    scene.run({ forMs: 8_000 })
    scene.network.heal()
    const replies = [...(scene.result(first) as string[]), ...(scene.result(second) as string[])]
    expect(inOrder(replies)).toEqual(oneTo(10))
    expect(replies.slice(8).every((reply) => reply.startsWith('new'))).toBe(true)
    scene.endsWell()
  })

  test('whoever asked dies: its bundle is with whoever answers, or the actor goes on as it was', () => {
    const scene = editions({ S: 0, T: 0, X: 1, Y: 1 })
    const first = lasting(scene, function* (context, actor) {
      yield* get(context.send(actor, 'add', [], again))
      yield* elapse(8_000)
      return yield* told(context.send(actor, 'add', [], again))
    })
    scene.run({ forMs: 2_000 })
    steps(scene, 'T', 'new', { takes: [3_000] })
    scene.run({ forMs: 5 })
    scene.kill('T')
    expect(scene.result(first)).toMatch(/^(old 2|new [23])$/)
    scene.endsWell()
  })
})

test('what it waits for is explained, and told when it is over', () => {
  const scene = editions({ S: 0, T: 0, X: 1, Y: 1 })
  let id = ''
  const first = lasting(scene, function* (context, actor) {
    id = actor.object
    const reply = yield* told(context.send(actor, 'add', [4_000], again))
    yield* elapse(5_000)
    return reply
  })
  scene.run({ forMs: 1_000 })
  let actor = ''
  const second = scene.ask('T', function* (context) {
    const ref = context.spawn('Steps', [], { ...named, code: 'new' })
    actor = ref.object
    return yield* told(context.send(ref, 'add', [], again))
  })
  scene.run({ forMs: 500 })
  const T = scene.peer('T')
  const [line] = inspect(T.state, { what: 'explain', id: actor, limit: 10 }, T.now())
  expect(line?.['text']).toMatch(
    /^actor Steps \(.*\) waits until the actor that has the name 'steps' goes on with its code: S answers for that/,
  )
  expect([scene.result(first), scene.result(second)]).toEqual(['old 1', 'new 2'])
  const S = scene.peer('S')
  const notes = inspect(S.state, { what: 'story', id, limit: 50 }, S.now()).map(({ note }) => String(note))
  expect(notes).toContainEqual(expect.stringMatching(/^is to run its code number 2, new$/))
  scene.endsWell()
})
