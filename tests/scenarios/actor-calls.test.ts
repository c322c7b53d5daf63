// What actors are called with, in which order their calls run, how many at once, and what becomes of those that
// throw or are cancelled.

import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, nothingLives, oneTo, stage, told } from './actor-stage.ts'
import { elapse, get, only } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** An actor that notes what it is asked for, and how many run at once. */
function defineLog(scene: Scenario): { readonly lines: string[]; most: number } {
  const seen = { lines: [] as string[], most: 0 }
  let running = 0
  scene.actors.set('Log', {
    build: () => ({}),
    methods: {
      *write(_context: Context, _state: never, line: string, ms: number): Body {
        seen.lines.push(line)
        seen.most = Math.max(seen.most, ++running)
        yield* elapse(ms)
        running--
        return line
      },
    },
    snapshots: false,
  })
  return seen
}

/** Takes its time, and gives what it was given. */
function defineSlow(scene: Scenario): void {
  scene.fn('slow', function* (_context, ms: number, value: unknown) {
    yield* elapse(ms)
    return value
  })
}

describe('arguments', () => {
  test('a hundred calls take what tasks make; one whose task failed says so, and those behind it run', () => {
    const scene = stage({ S: 0, X: 2, Y: 2 })
    scene.fn('makes', function* (_context, n: number) {
      yield* elapse(n % 7)
      if (n === 50) throw new RangeError('not fifty')
      return 1
    })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0])
      const refs = Array.from({ length: 100 }, (_, n) =>
        context.send(actor, 'add', [0, context.call('makes', [n], { retries: 0 })]),
      )
      return yield* allTold(refs)
    })
    const replies = scene.result(program) as unknown[]
    expect(replies[50]).toMatch(/^ARGUMENT_FAILED: .*RangeError: not fifty/)
    expect(replies.filter((_, n) => n !== 50)).toEqual(oneTo(99))
    scene.endsWell()
  })

  test('the same ref twice, and once more inside: of a task and of an actor', () => {
    const scene = stage({ S: 0, X: 1, Y: 1 })
    scene.fn('makes', function* () {
      yield* elapse(10)
      return 21
    })
    scene.fn('three', function* (_context, a: number, b: number, box: { ref: SimRef }) {
      return [a, b, yield* get(box.ref)]
    })
    scene.actors.set('Three', {
      build: () => ({}),
      methods: {
        // oxlint-disable-next-line max-params -- as many as arguments
        *three(_context: Context, _state: never, a: number, b: number, box: { ref: SimRef }): Body {
          return [a, b, yield* get(box.ref)]
        },
      },
      snapshots: false,
    })
    const program = scene.ask('S', function* (context) {
      const ref = context.call('makes', [])
      const both = [
        context.call('three', [ref, ref, { ref }]),
        context.send(context.spawn('Three', []), 'three', [ref, ref, { ref }]),
      ]
      context.release(ref)
      return yield* allTold(both)
    })
    const once = [21, 21, 21]
    expect(scene.result(program)).toEqual([once, once])
    expect(scene.timesRun('makes')).toBe(1)
    scene.endsWell()
  })
})

describe('while its actor is still to be made', () => {
  const roomy = { needs: { labels: { room: 'yes' } } }

  test.each(['an argument', 'a slot'])('a call waits as long as that takes, wherever it was made: for %s', (what) => {
    const scene = stage({ S: 0, T: 1, X: { slots: 1, labels: { room: 'yes' } } })
    defineSlow(scene)
    const program = scene.ask('S', function* (context) {
      const late = context.call('slow', [4 * scene.config.placeTimeoutMs, 0], roomy)
      yield* elapse(100)
      const actor = context.spawn('Counter', [what === 'an argument' ? late : 0], roomy)
      const mine = context.send(actor, 'add', [1, 1])
      const theirs = context.call('bump', [{ actor }, 2, 1], only('T'))
      return yield* allTold([mine, theirs])
    })
    expect(scene.result(program)).toEqual([1, [2, 3]])
    scene.endsWell()
  })

  test('and can be nowhere: its calls say what is missing at each peer', () => {
    const scene = stage({ S: 0, T: 1, X: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], roomy)
      return yield* allTold([context.send(actor, 'add', [1, 1]), context.call('bump', [{ actor }, 1, 1], only('T'))])
    })
    const [mine, theirs] = scene.result(program) as string[]
    expect(mine).toMatch(/^UNPLACEABLE: add did not run: .*label room/)
    expect(theirs).toMatch(/^TASK_FAILED: .*UNPLACEABLE: add did not run: .*label room/)
    scene.endsWell()
  })
})

describe('order', () => {
  test('a call waits for its argument, those of its caller wait behind it, and nobody else does', () => {
    const scene = stage({ S: 0, T: 0, X: 2, Y: 2 })
    const seen = defineLog(scene)
    defineSlow(scene)
    scene.fn('writes', function* (context, box: { actor: SimRef }) {
      return yield* get(context.send(box.actor, 'write', ['other', 1]))
    })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [])
      const mine = ['first', 'second', 'third'].map((line, n) =>
        context.send(actor, 'write', [n === 0 ? context.call('slow', [2_000, line]) : line, 1]),
      )
      const other = context.call('writes', [{ actor }])
      return yield* allTold([other, ...mine])
    })
    expect(scene.result(program)).toEqual(['other', 'first', 'second', 'third'])
    expect(seen.lines).toEqual(['other', 'first', 'second', 'third'])
    scene.endsWell()
  })

  test.each([
    { concurrency: 3, calls: 20 },
    { concurrency: 400, calls: 500 },
  ])('with concurrency so many run at once and no more, begun in order: %o', ({ concurrency, calls }) => {
    const scene = stage({ S: 0, X: 1 })
    const seen = defineLog(scene)
    const lines = oneTo(calls).map(String)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [], { concurrency })
      return yield* allTold(lines.map((line, n) => context.send(actor, 'write', [line, 10 + ((n * 7) % 20)])))
    })
    expect(scene.result(program)).toEqual(lines)
    expect(seen).toEqual({ lines, most: concurrency })
    scene.endsWell()
  })
})

test('of more calls than may be pending the last are refused by that limit, and when there is room it takes more', () => {
  const scene = stage({ S: 0, X: 1 })
  const most = { maxPendingCalls: 100 }
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0])
    const refs = oneTo(103).map(() => context.send(actor, 'add', [1, 1], most))
    const all = yield* allTold(refs)
    return [all, yield* told(context.send(actor, 'add', [1, 1], most))]
  })
  const [all, next] = scene.result(program) as [unknown[], number]
  expect(all.slice(0, 100)).toEqual(oneTo(100))
  for (const one of all.slice(100))
    expect(one).toMatch(/^OVERLOADED: add was not taken: 100 calls .* \(maxPendingCalls\); wait/)
  expect(next).toBe(101)
  scene.endsWell()
})

describe('a method that throws', () => {
  /** Throws so often, and counts how often it was called. */
  function defineShaky(scene: Scenario): { runs: number } {
    const count = { runs: 0 }
    scene.actors.set('Shaky', {
      build: () => ({}),
      methods: {
        *run(_context: Context, _state: never, failures: number): Body {
          count.runs++
          yield* elapse(5)
          if (count.runs <= failures) throw new RangeError(`run ${count.runs}`)
          return count.runs
        },
      },
      snapshots: false,
    })
    return count
  }

  test.each([
    { failures: 5, retries: 5, retryErrors: true, reply: 6, runs: 6 },
    { failures: 6, retries: 5, retryErrors: true, reply: /^TASK_FAILED: .*run 6/, runs: 6 },
    { failures: 2, retries: -1, retryErrors: [{ text: 'RangeError' }], reply: 3, runs: 3 },
    { failures: 1, retries: 5, retryErrors: [{ text: 'TypeError' }], reply: /^TASK_FAILED: .*run 1/, runs: 1 },
    { failures: 1, retries: 5, retryErrors: false, reply: /^TASK_FAILED: .*run 1/, runs: 1 },
  ])('is called as often as was said: %o', ({ failures, retries, retryErrors, reply, runs }) => {
    const scene = stage({ S: 0, X: 1 })
    const count = defineShaky(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Shaky', [])
      return yield* told(context.send(actor, 'run', [failures], { retries, retryErrors, retryDelayMs: [1, 2] }))
    })
    const got = scene.result(program)
    if (reply instanceof RegExp) expect(got).toMatch(reply)
    else expect(got).toBe(reply)
    expect(count.runs).toBe(runs)
    scene.endsWell()
  })
})

describe('a cancelled call', () => {
  test('never runs when it waits here: for its argument, or for its actor to be made', () => {
    const scene = stage({ S: 0, X: 2 })
    const seen = defineLog(scene)
    defineSlow(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [])
      const unmade = context.spawn('Log', [context.call('slow', [5_000, 'late'])])
      const waits = [
        context.send(actor, 'write', [context.call('slow', [5_000, 'argument']), 1]),
        context.send(unmade, 'write', ['unmade', 1]),
      ]
      yield* elapse(500)
      for (const ref of waits) context.cancel(ref, 'enough')
      const codes = yield* allTold(waits)
      return [
        codes,
        yield* allTold([context.send(actor, 'write', ['then', 1]), context.send(unmade, 'write', ['too', 1])]),
      ]
    })
    const [codes, then] = scene.result(program) as [string[], string[]]
    for (const code of codes) expect(code).toMatch(/^TASK_CANCELLED/)
    expect(then).toEqual(['then', 'too'])
    expect(seen.lines.sort()).toEqual(['then', 'too'])
    scene.endsWell()
  })

  test('never runs when it waits at its actor: a hundred behind one that takes its time', () => {
    const scene = stage({ S: 0, X: 1 })
    const seen = defineLog(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [])
      const first = context.send(actor, 'write', ['first', 3_000])
      const waits = oneTo(100).map((n) => context.send(actor, 'write', [`waits ${n}`, 1]))
      const last = context.send(actor, 'write', ['last', 1])
      yield* elapse(1_000)
      for (const ref of waits) context.cancel(ref, 'enough')
      return [yield* allTold([first, last]), yield* allTold(waits)]
    })
    const [ran, waits] = scene.result(program) as string[][]
    expect(ran).toEqual(['first', 'last'])
    for (const code of waits as string[]) expect(code).toMatch(/^TASK_CANCELLED/)
    expect(seen.lines).toEqual(['first', 'last'])
    scene.endsWell()
  })

  test('of a thousand, from the last to the first, each is cancelled or has run, and the actor goes on', () => {
    const scene = stage({ S: 0, X: 1 })
    const seen = defineLog(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Log', [])
      const refs = oneTo(1_000).map((n) => context.send(actor, 'write', [String(n), 2]))
      yield* elapse(100)
      for (const ref of refs.toReversed()) context.cancel(ref, 'enough')
      const all = yield* allTold(refs)
      return [all, yield* told(context.send(actor, 'write', ['then', 1]))]
    })
    const [all, then] = scene.result(program) as [string[], string]
    const cancelled = all.filter((one) => one.startsWith('TASK_CANCELLED')).length
    const ran = all.filter((one, n) => one === String(n + 1)).length
    expect(cancelled + ran).toBe(1_000)
    expect(cancelled).toBeGreaterThan(800)
    expect(then).toBe('then')
    expect(seen.lines.length).toBeLessThan(200)
    scene.endsWell()
  })

  test('that is done has its value, and its actor does not notice', () => {
    const scene = stage({ S: 0, X: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0])
      const ref = context.send(actor, 'add', [1, 1])
      yield* elapse(1_000)
      context.cancel(ref, 'too late')
      return yield* allTold([ref, context.send(actor, 'add', [1, 1])])
    })
    expect(scene.result(program)).toEqual([1, 2])
    scene.endsWell()
  })

  /** Each asks the next ones, and none ends by itself. */
  function defineBranch(scene: Scenario): { begun: number } {
    const count = { begun: 0 }
    scene.actors.set('Branch', {
      build: () => ({}),
      methods: {
        *hang(context: Context, _state: never, below: { actor: SimRef; below: never[] }[]): Body {
          count.begun++
          const refs = below.map((one) => context.send(one.actor, 'hang', [one.below]))
          if (refs.length === 0) yield* elapse(1e7)
          return yield* allTold(refs)
        },
        // oxlint-disable-next-line require-yield -- a method that takes no time at all
        *answers(): Body {
          return 'there'
        },
      },
      snapshots: false,
    })
    return count
  }

  test.each([
    { shape: 'chain', arms: 1, depth: 4 },
    { shape: 'tree', arms: 2, depth: 3 },
  ])('ends what it asked of other actors: a $shape', ({ arms, depth }) => {
    const scene = stage({ S: 0, X: 8, Y: 8 })
    const count = defineBranch(scene)
    const program = scene.ask('S', function* (context) {
      const actors: SimRef[] = []
      const grow = (level: number): { actor: SimRef; below: unknown[] } => {
        const actor = context.spawn('Branch', [])
        actors.push(actor)
        return { actor, below: level === 1 ? [] : Array.from({ length: arms }, () => grow(level - 1)) }
      }
      const { actor, below } = grow(depth)
      const top = context.send(actor, 'hang', [below])
      yield* elapse(2_000)
      const begun = count.begun
      context.cancel(top, 'enough')
      const code = yield* told(top)
      const answers = yield* allTold(actors.map((one) => context.send(one, 'answers', [])))
      return { begun, code, answers }
    })
    const { begun, code, answers } = scene.result(program) as { begun: number; code: string; answers: string[] }
    expect(begun).toBe(answers.length)
    expect(code).toMatch(/^TASK_CANCELLED/)
    expect(answers.every((answer) => answer === 'there')).toBe(true)
    scene.endsWell()
    expect(nothingLives(scene)).toBe(true)
  })
})

test('a call that waits for its argument fails with its actor, at once, and says why', () => {
  const scene = stage({ S: 0, X: 1 })
  defineSlow(scene)
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], again)
    yield* get(context.send(actor, 'add', [1, 1]))
    const waits = context.send(actor, 'add', [1, context.call('slow', [60_000, 1])])
    yield* elapse(100)
    yield { type: 'stop', ref: actor, reason: 'enough' }
    return yield* told(waits)
  })
  scene.run({ forMs: 5_000 })
  expect(scene.result(program, 0)).toMatch(/^ACTOR_DIED: add did not run: .*enough/)
  scene.endsWell()
})

describe('where an actor lives', () => {
  test('is known to every task of a peer that one of them has asked for, for as long as one has it', () => {
    const scene = stage({ S: 0, X: 1, W: 3 })
    let isFound = false
    scene.fn('calls', function* (context, box: { actor: SimRef }, ms: number) {
      const count = yield* get(context.send(box.actor, 'add', [0, 1]))
      yield* elapse(ms)
      return count
    })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], only('X'))
      yield* get(context.send(actor, 'add', [0, 1]))
      const keeps = context.call('calls', [{ actor }, 5_000], only('W'))
      yield* elapse(200)
      const seen: unknown[] = []
      for (let task = 0; task < 5; task++) seen.push(yield* get(context.call('calls', [{ actor }, 0], only('W'))))
      isFound = true
      return [...seen, yield* get(keeps)]
    })
    scene.until(() => isFound, 'all but one have called', 1_000)
    expect(scene.result(program)).toEqual([3, 4, 5, 6, 7, 2])
    scene.endsWell()
  })
})
