// Jobs with a name: whoever runs the program again finds what is done and what runs; a detached one goes
// on by itself.

import { expect, it } from 'vitest'
import { Big, calm } from '@murmuration/sim-peer'
import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

/** A job of many tasks, called in the given order. */
function many(order: readonly number[]): (context: Context) => Body {
  return function* (context) {
    const refs = new Map(order.map((n) => [n, context.call('work', [n])]))
    let sum = 0
    for (const ref of refs.values()) sum += (yield* get(ref)) as number
    return sum
  }
}

const numbers = Array.from({ length: 40 }, (_, n) => n)

/** What N finds by that name in a job that it has opened. */
function* readNamed(stage: Scenario, job: string, name: string): Body {
  const { state, life } = stage.peer('N')
  const object = state.jobs.get(`named-${job}` as never)?.names.get(name)
  return yield* get({ object, owner: life } as SimRef)
}

/** That peer says goodbye, and its process ends at once. */
function leaves(stage: Scenario, name = 'S'): void {
  stage.peer(name).event({ type: 'leave' })
  stage.until(() => stage.peer(name).left, 'it has left')
  stage.run({ forMs: 10 })
  stage.kill(name)
}

function mesh(more: Readonly<Record<string, number>> = {}, seed = 1): Scenario {
  const mesh = new Scenario({ S: 0, N: 0, X: 2, Y: 2, Z: 2, ...more }, { seed })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(200)
    return n
  })
  return mesh
}

it('29: a named job’s program crashes at half and is run again in another order: nothing done is done again', () => {
  const stage = mesh()
  stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.until(() => stage.timesRun('work') >= 20, 'half of it has begun')
  stage.run({ forMs: 100 })
  const begun = stage.timesRun('work')
  stage.kill('S')
  stage.until(() => stage.peer('N').state.members.others().length === 3, 'its death is known')
  const again = stage.program(stage.peer('N'), many([...numbers].reverse()), { job: 'sum' })
  expect(stage.result(again)).toBe(780)
  expect(begun).toBeGreaterThanOrEqual(20)
  expect(stage.timesRun('work')).toBe(numbers.length)
})

it('29: even when nobody has noticed yet that the first program is gone', () => {
  const stage = mesh()
  stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.until(() => stage.timesRun('work') >= 20, 'half of it has begun')
  stage.kill('S')
  const again = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(stage.result(again)).toBe(780)
  expect(stage.timesRun('work')).toBeLessThanOrEqual(numbers.length + 6)
})

it.each([1, 2, 3, 4])('a third program finds what the second did, whoever remembers the first (seed %i)', (seed) => {
  const stage = mesh({ M: 0, V: 2, W: 2 }, seed)
  stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.until(() => stage.timesRun('work') >= 20, 'half of it has begun')
  stage.kill('S')
  const second = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(stage.result(second)).toBe(780)
  leaves(stage, 'N')
  const ran = stage.timesRun('work')
  const third = stage.program(stage.peer('M'), many(numbers), { job: 'sum' })
  expect(stage.result(third)).toBe(780)
  expect(stage.timesRun('work')).toBe(ran)
})

it('a program that leaves right after its last result has handed all of them over', () => {
  const stage = mesh()
  const few = numbers.slice(0, 6)
  const first = stage.program(stage.peer('S'), many(few), { job: 'sum' })
  expect(stage.result(first)).toBe(15)
  // Acknowledged, so that whoever ran them has forgotten, and not told to guardians yet.
  stage.run({ forMs: 35 })
  leaves(stage)
  expect(stage.result(stage.program(stage.peer('N'), many(few), { job: 'sum' }))).toBe(15)
  expect(stage.timesRun('work')).toBe(few.length)
})

it('a program that leaves right after it has asked hands over what no ledger has told of yet', () => {
  const stage = mesh()
  stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.until(() => stage.timesRun('work') > 0, 'work has begun')
  expect(stage.peer('S').state.ledger.size).toBe(0)
  leaves(stage)
  stage.run({ forMs: 1_000 })
  // What had begun is done by then.
  expect(stage.timesRun('work')).toBeGreaterThan(0)
  const again = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(stage.result(again)).toBe(780)
  expect(stage.timesRun('work')).toBe(numbers.length)
})

it('a program that leaves right after it has asked leaves its bundle as well, where nobody else needs it yet', () => {
  const stage = mesh()
  stage.network.weather = { ...calm, delayMs: [60, 60] }
  const first = stage.program(
    stage.peer('S'),
    // oxlint-disable-next-line require-yield -- it waits for nothing
    function* (context) {
      context.call('work', [context.call('work', [7])], { name: 'seven', code: 'only-here' })
      return null
    },
    { job: 'brief', detached: true },
  )
  stage.until(() => first.end !== null, 'the program ends')
  leaves(stage)
  stage.run({ forMs: 5_000 })
  const reader = stage.program(stage.peer('N'), () => readNamed(stage, 'brief', 'seven'), { job: 'brief' })
  expect(stage.result(reader)).toBe(7)
  expect(stage.timesRun('work')).toBe(2)
})

it.each([100, 1e6])('what a program put under a name is found by it when the program has left: %i bytes', (size) => {
  const stage = mesh()
  const first = stage.program(
    stage.peer('S'),
    function* (context) {
      context.put(new Big({ n: 100 }, size), { name: 'scene' })
      return yield* get(context.call('work', [1]))
    },
    { job: 'scene' },
  )
  expect(stage.result(first)).toBe(1)
  leaves(stage)
  const reader = stage.program(stage.peer('N'), () => readNamed(stage, 'scene', 'scene'), { job: 'scene' })
  expect(stage.result(reader)).toEqual({ n: 100 })
})

it('30: the same program from another folder, on another peer, with all of it done: nothing runs', () => {
  const stage = mesh()
  const first = stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  expect(stage.result(first)).toBe(780)
  const asked = [...stage.witness.executions.keys()].sort()
  stage.kill('S')
  stage.until(() => stage.peer('N').state.members.others().length === 3, 'its death is known')
  const again = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(stage.result(again)).toBe(780)
  expect(stage.timesRun('work')).toBe(numbers.length)
  expect([...stage.witness.executions.keys()].sort()).toEqual(asked)
})

it('31: what failed in the first run is tried again in the second', () => {
  const stage = mesh()
  let isBroken = true
  stage.fn('fails', function* () {
    yield* elapse(10)
    if (isBroken) throw new Error('not yet')
    return 'at last'
  })
  const main = function* (context: Context): Body {
    return yield* get(context.call('fails', []))
  }
  const first = stage.program(stage.peer('S'), main, { job: 'try' })
  stage.until(() => first.end !== null, 'the first run ends')
  expect(first.end?.type).toBe('threw')
  stage.kill('S')
  isBroken = false
  stage.until(() => stage.peer('N').state.members.others().length === 3, 'its death is known')
  expect(stage.result(stage.program(stage.peer('N'), main, { job: 'try' }))).toBe('at last')
})

it('a detached job ends with its program gone, and its result is found by name', () => {
  const stage = mesh()
  stage.fn('main', function* (context, big: { n: number }) {
    const refs = numbers.slice(0, 10).map((n) => context.call('work', [n]))
    let sum = big.n
    for (const ref of refs) sum += (yield* get(ref)) as number
    return new Big({ sum }, 1e6)
  })
  stage.program(
    stage.peer('S'),
    function* (context) {
      const scene = context.put(new Big({ n: 100 }, 1e6))
      yield* get(context.call('main', [scene], { name: 'result' }))
      return null
    },
    { job: 'long', detached: true },
  )
  stage.until(() => stage.timesRun('work') >= 4, 'it has begun')
  stage.kill('S')
  stage.run({ forMs: 60_000 })
  const reader = stage.program(stage.peer('N'), () => readNamed(stage, 'long', 'result'), {
    job: 'long',
    detached: true,
  })
  expect(stage.result(reader)).toEqual({ sum: 145 })
  expect(stage.timesRun('main')).toBe(1)
  expect(stage.timesRun('work')).toBe(10)
})

it('a name is taken for whoever has never spoken with its program before, though somebody was buried in between', () => {
  const stage = new Scenario({ S: 1, N: 0, U: 0 })
  stage.kill('U')
  stage.run({ forMs: 1.5 * stage.config.tombstoneMs })
  stage.fn('long', function* () {
    yield* elapse(60_000)
    return 1
  })
  const body = function* (context: Context): Body {
    return yield* get(context.call('long', [], { name: 'it', ...only('S') }))
  }
  const first = stage.program(stage.peer('S'), body, { job: 'mine' })
  stage.run({ forMs: 500 })
  const second = stage.program(stage.peer('N'), body, { job: 'mine' })
  expect(String(stage.result(second))).toContain('NAME_TAKEN by S')
  expect(stage.result(first)).toBe(1)
})

it('a name is taken while a living program has it, and free again when it has done', () => {
  const stage = mesh()
  const first = stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.run({ forMs: 500 })
  const second = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(String(stage.result(second))).toContain('NAME_TAKEN by S')
  expect(stage.result(first)).toBe(780)
  stage.peer('S').event({ type: 'close-job', context: 'named-sum' as never })
  stage.run({ forMs: 500 })
  const third = stage.program(stage.peer('N'), many(numbers), { job: 'sum' })
  expect(stage.result(third)).toBe(780)
  expect(stage.timesRun('work')).toBe(numbers.length)
})

it('a job that is stopped leaves nothing behind, wherever it was kept', () => {
  const stage = mesh()
  const first = stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  stage.until(() => stage.timesRun('work') >= 20, 'half of it has begun')
  stage.peer('S').event({ type: 'end-job', context: 'named-sum' as never, reason: 'enough' })
  expect(String(stage.result(first))).toContain('TASK_CANCELLED')
  stage.endsWell()
  for (const peer of stage.alive()) expect(peer.state.jobs.size + peer.state.guarded.size).toBe(0)
})

it('a job that is stopped long after its program has died: what else was in that one’s ledger goes as well', () => {
  const stage = mesh()
  let refs: readonly SimRef[] = []
  stage.program(stage.peer('S'), many(numbers.slice(0, 4)), { job: 'sum' })
  stage.ask('S', function* (context) {
    refs = [context.put({ n: 1 })]
    yield* elapse(1e6)
    return null
  })
  stage.fn('keep', function* (_context, box: { refs: readonly SimRef[] }) {
    yield* elapse(2_000)
    return box.refs.length
  })
  stage.ask('S', function* (context) {
    return yield* get(context.call('keep', [{ refs }]))
  })
  stage.until(() => stage.timesRun('keep') === 1, 'a ref has left S')
  stage.until(() => stage.timesRun('work') === 4, 'the job runs')
  stage.run({ forMs: 500 })
  stage.kill('S')
  stage.run({ forMs: 2 * stage.config.orphanGraceMs })
  const kept = (): number => stage.alive().reduce((sum, { state }) => sum + state.guarded.size, 0)
  expect(kept()).toBeGreaterThan(0)
  stage.peer('N').event({ type: 'end-job', context: 'named-sum' as never, reason: 'enough' })
  stage.run({ forMs: 500 })
  expect(kept()).toBe(0)
  stage.endsWell()
})

it('a program that has just joined, and has met one peer, finds what the others have of its job', () => {
  const stage = mesh({ V: 0, W: 0 })
  const first = stage.program(stage.peer('S'), many(numbers), { job: 'sum' })
  expect(stage.result(first)).toBe(780)
  stage.run({ forMs: 500 })
  stage.kill('S')
  stage.until(() => stage.peer('N').state.members.others().length === 5, 'its death is known')
  stage.run({ forMs: 500 })
  const entry = stage.others('S').find(({ state }) => state.guarded.size + state.jobs.size === 0)
  const newcomer = stage.add('M', { slots: 0, entries: [entry?.peer as string] })
  stage.until(() => newcomer.joined, 'it has joined')
  expect(stage.result(stage.program(newcomer, many(numbers), { job: 'sum' }))).toBe(780)
  expect(stage.timesRun('work')).toBe(numbers.length)
})

it.each([
  { seed: 2, reader: 'newcomer' },
  { seed: 4, reader: 'newcomer' },
  { seed: 4, reader: 'guardian' },
  { seed: 13, reader: 'guardian' },
  { seed: 20, reader: 'guardian' },
])('any four of five that keep a job are killed, 3 s apart: every put of it is there: %o', ({ seed, reader }) => {
  const stage = new Scenario(
    { S: 0, ...(reader === 'guardian' ? { N: 0 } : {}), A: 1, B: 1, C: 1, D: 1, E: 1 },
    { seed },
  )
  const first = stage.program(
    stage.peer('S'),
    function* (context) {
      const puts = numbers.slice(0, 20)
      const refs = puts.map((n) => context.put(new Big({ n }, n % 2 ? 300_000 : 2_000), { copies: 2, name: `p${n}` }))
      for (const ref of refs) yield { type: 'durable', ref }
      return refs.length
    },
    { job: 'keeps' },
  )
  expect(stage.result(first)).toBe(20)
  leaves(stage)
  const order = ['A', 'B', 'C', 'D', 'E'].sort(
    (a, b) => Math.sin(seed * 97 + a.charCodeAt(0) * 31) - Math.sin(seed * 97 + b.charCodeAt(0) * 31),
  )
  for (const name of order.slice(0, 4)) {
    stage.kill(name)
    stage.run({ forMs: 3_000 })
  }
  if (reader === 'newcomer') stage.add('N', { slots: 0 })
  stage.until(() => stage.peer('N').joined, 'somebody is there to read')
  const again = stage.program(
    stage.peer('N'),
    function* () {
      let sum = 0
      for (const n of numbers.slice(0, 20)) sum += ((yield* readNamed(stage, 'keeps', `p${n}`)) as { n: number }).n
      return sum
    },
    { job: 'keeps' },
  )
  expect(stage.result(again)).toBe(190)
})
