// Tasks with votes: who is asked, what counts, what becomes of a peer that says something else, and what is said when
// there is no majority, or nobody left to ask.

import { expect, it } from 'vitest'
import { locate, peerOf } from '@murmuration/core/internal'
import type { ContextId, ObjectId } from '@murmuration/core/internal'
import { Big, SimFailure, SimRef, durable } from '@murmuration/sim-peer'
import type { CallOptions, Context } from '@murmuration/sim-peer'
import { Scenario, elapse, get, replay } from './scenario.ts'

/** A function that squares its number in 100 ms; peers named in `liars` give their own name instead. */
function squares(peers: Readonly<Record<string, number>>): { mesh: Scenario; liars: Set<string> } {
  const mesh = new Scenario(peers)
  const liars = new Set<string>()
  mesh.fn('square', function* (context, n: number) {
    yield* elapse(100)
    return liars.has(context.at) ? context.at : n * n
  })
  return { mesh, liars }
}

function* outcome(context: Context, options: CallOptions, n = 7) {
  try {
    return yield* get(context.call('square', [n], options))
  } catch (error) {
    if (error instanceof SimFailure) return error.failure
    throw error
  }
}

const failed = (mesh: Scenario, options: CallOptions): unknown =>
  mesh.result(mesh.ask('S', (context) => outcome(context, options)))

it('three peers compute it, none twice; they agree', () => {
  const { mesh } = squares({ S: 0, A: 4, B: 4, C: 4, D: 4 })
  const program = mesh.ask('S', (context) => outcome(context, { votes: 3 }))
  expect(mesh.result(program)).toBe(49)
  const at = mesh.runs('square')
  expect(at).toHaveLength(3)
  expect(new Set(at).size).toBe(3)
  expect(mesh.said('peer:dissented')).toBe(0)
  mesh.endsWell()
})

it('one of three lies: the majority counts, and the liar gets work last from then on', () => {
  const { mesh, liars } = squares({ S: 0, A: 2, B: 2, C: 2 })
  liars.add('B')
  expect(failed(mesh, { votes: 3 })).toBe(49)
  // Whether its vote was in before the two others agreed is chance: it is asked until it was.
  for (let n = 0; mesh.said('peer:dissented') === 0 && n < 20; n++)
    mesh.result(mesh.ask('S', (context) => outcome(context, { votes: 3 }, n)))
  const dissents = mesh.notices.filter(({ notice }) => notice.type === 'peer:dissented')
  expect(dissents.map(({ notice }) => 'name' in notice && notice.name)).toEqual(['B'])
  expect(mesh.peer('S').state.polls.dissents(mesh.peer('B').peer)).toBe(1)
  mesh.ran.length = 0
  const later = mesh.ask('S', function* (context) {
    for (let n = 100; n < 110; n++) yield* get(context.call('square', [n]))
    return 'all'
  })
  expect(mesh.result(later)).toBe('all')
  expect(mesh.runs('square')).not.toContain('B')
  mesh.endsWell()
})

it('they all differ: one more is asked for each retry, and then it says who said what', () => {
  const { mesh, liars } = squares({ S: 0, A: 1, B: 1, C: 1, D: 1, E: 1 })
  for (const name of 'ABCDE') liars.add(name)
  const failure = failed(mesh, { votes: 3, retries: 1 })
  expect(failure).toMatchObject({ code: 'NO_MAJORITY', reason: 'divided' })
  const { message } = failure as { message: string }
  expect(message).toMatch(
    /^no 2 peers gave the same result of square: [A-E] against [A-E] against [A-E] against [A-E];/,
  )
  expect(mesh.timesRun('square')).toBe(4)
  mesh.endsWell()
})

it('a fourth decides when three differ', () => {
  const { mesh, liars } = squares({ S: 0, A: 1, B: 1, C: 1 })
  liars.add('A').add('B')
  const program = mesh.ask('S', (context) => outcome(context, { votes: 3 }))
  mesh.until(() => mesh.timesRun('square') === 3, 'all three compute')
  mesh.run({ forMs: 1_000 })
  expect(program.end).toBeNull()
  mesh.add('D', { slots: 1 })
  expect(mesh.result(program)).toBe(49)
  expect(mesh.runs('square')[3]).toBe('D')
  expect(mesh.said('peer:dissented')).toBe(2)
  mesh.endsWell()
})

it('with too few peers it waits, and then says so and what was wrong with each', () => {
  const { mesh } = squares({ S: 0, A: 4 })
  const failure = failed(mesh, { votes: 3 })
  expect(failure).toMatchObject({ code: 'UNPLACEABLE' })
  expect((failure as { message: string }).message).toMatch(
    /^votes: 3 takes the same result from 2 peers, and so many cannot be had: no peer can run square: 1 peer: it runs nothing \(slots: 0\); 1 peer: it has a vote already/,
  )
  expect(mesh.timesRun('square')).toBe(1)
  mesh.endsWell()
})

it('two of three are enough when they agree, and the third is not waited for', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1 })
  const program = mesh.ask('S', function* (context) {
    const from = mesh.clock.now
    return [yield* outcome(context, { votes: 3 }), mesh.clock.now - from]
  })
  const [value, ms] = mesh.result(program) as [number, number]
  expect(value).toBe(49)
  expect(ms).toBeLessThan(1_000)
  mesh.endsWell()
})

it('a voter dies: another takes its ballot, nobody votes twice', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('square', function* (_context, n: number) {
    yield* elapse(2_000)
    return n * n
  })
  const program = mesh.ask('S', (context) => outcome(context, { votes: 3 }))
  mesh.until(() => mesh.timesRun('square') === 3, 'all three compute')
  mesh.kill('A')
  mesh.kill('B')
  mesh.add('D', { slots: 1 })
  expect(mesh.result(program)).toBe(49)
  const counted = mesh.ran.filter(({ at }) => at !== 'A' && at !== 'B').map(({ at }) => at)
  expect(new Set(counted)).toEqual(new Set(['C', 'D']))
  mesh.endsWell()
})

it('large results are compared by hash and read from whoever agreed', () => {
  const { mesh, liars } = squares({ S: 0, A: 1, B: 1, C: 1, D: 1 })
  liars.add('A')
  mesh.fn('large', function* (context, n: number) {
    yield* elapse(10)
    return new Big(liars.has(context.at) ? context.at : n, 1_000_000)
  })
  mesh.fn('read', function* (_context, value: unknown) {
    yield* elapse(1)
    return value
  })
  const program = mesh.ask('S', function* (context) {
    const large = context.call('large', [7], { votes: 3 })
    const read = yield* get(context.call('read', [large]))
    return read
  })
  expect(mesh.result(program)).toBe(7)
  mesh.endsWell()
})

it('what all of them throw is thrown; what one throws is a vote', () => {
  const { mesh, liars } = squares({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('square', function* (context, n: number) {
    yield* elapse(10)
    if (liars.has(context.at)) throw new Error('too deep')
    return n * n
  })
  liars.add('B')
  expect(failed(mesh, { votes: 3 })).toBe(49)
  liars.add('A').add('C')
  expect(failed(mesh, { votes: 3 })).toMatchObject({
    code: 'TASK_FAILED',
    message: expect.stringContaining('too deep'),
  })
  mesh.endsWell()
})

it('a function says which results are the same, here if there is a slot', () => {
  const { mesh } = squares({ S: 1, A: 1, B: 1, C: 1 })
  mesh.fn('square', function* (context, n: number) {
    yield* elapse(10)
    return { S: n, A: n + 0.001, B: n + 0.002, C: n + 0.003 }[context.at]
  })
  mesh.fn('close', function* (_context, a: number, b: number) {
    yield* elapse(1)
    return Math.abs(a - b) < 0.1
  })
  const value = failed(mesh, { votes: 3, equals: 'close' })
  expect(value).toBeCloseTo(7, 1)
  expect(new Set(mesh.runs('close'))).toEqual(new Set(['S']))
  mesh.endsWell()
})

it('results with refs in them cannot be the same, and that is what it says', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('square', function* (context, n: number) {
    yield* elapse(1)
    return [context.put(n)]
  })
  expect(failed(mesh, { votes: 3 })).toMatchObject({ code: 'NO_MAJORITY', reason: 'refs' })
  mesh.endsWell()
})

it('cancelled, it is over when all who compute have stopped', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('square', function* (_context, n: number) {
    yield* elapse(1_000_000)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('square', [7], { votes: 3 })
    yield* elapse(500)
    yield { type: 'stop', ref, reason: 'enough' }
    return mesh.alive().map(({ state }) => state.executor.running)
  })
  expect(mesh.result(program)).toEqual([0, 0, 0, 0])
  mesh.endsWell()
})

it('of a detached job whose program dies its guardian goes on with the vote, and keeps its result', () => {
  const { mesh, liars } = squares({ S: 0, G: 1, A: 1, B: 1, C: 1 })
  liars.add('A')
  mesh.fn('large', function* (context, n: number) {
    yield* elapse(3_000)
    return new Big(liars.has(context.at) ? context.at : n, 1_000_000)
  })
  mesh.program(
    mesh.peer('S'),
    function* (context) {
      return yield* get(context.call('large', [7], { votes: 3, name: 'result' }))
    },
    { job: 'vote', detached: true },
  )
  mesh.until(() => mesh.timesRun('large') === 3, 'three have begun')
  mesh.run({ forMs: 1_000 })
  mesh.kill('S')
  mesh.run({ forMs: 60_000 })
  const reader = mesh.program(
    mesh.peer('B'),
    function* () {
      const { state, life } = mesh.peer('B')
      const object = state.jobs.get('named-vote' as ContextId)?.names.get('result') as ObjectId
      return yield* get(new SimRef(object, life))
    },
    { job: 'vote', detached: true },
  )
  expect(mesh.result(reader)).toBe(7)
})

it('the result of a vote is lost with all who kept it: it is made again', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1, C: 1, D: 1, E: 1 })
  mesh.fn('large', function* (_context, n: number) {
    yield* elapse(10)
    return new Big(n, 1_000_000)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('large', [7], { votes: 3 })
    yield* durable(ref)
    yield* elapse(1_000)
    const { state } = mesh.peer('S')
    const holders = [...(state.directory.get(locate(state, ref.object, ref.owner)!.source)?.holders ?? [])]
    for (const life of holders) if (life !== mesh.peer('S').life) mesh.kill(peerOf(life))
    return [holders.length, yield* get(ref)]
  })
  expect(mesh.result(program)).toEqual([2, 7])
  mesh.endsWell()
})

it('what one has given is lost before the other is through: what that one gives is the result, and is not waited for twice', () => {
  const { mesh } = squares({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('large', function* (_context, n: number) {
    yield* elapse(mesh.timesRun('large') === 1 ? 10 : 4_000)
    return new Big(n, 1_000_000)
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('large', [7], { votes: 2, copies: 1 }))
  })
  mesh.run({ forMs: 1_000 })
  expect(mesh.timesRun('large')).toBe(2)
  mesh.kill(mesh.runs('large')[0] as string)
  mesh.until(() => mesh.timesRun('large') === 3, 'it is made again')
  expect(mesh.result(program)).toBe(7)
  mesh.endsWell()
})

it('a ballot that everybody else has to take keeps none behind it from a peer that is slow and free', () => {
  const small = { kind: 'elections', isAway: true, what: 'small' } as const
  replay({
    seed: 293,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: true,
    seats: [{ name: 'p0' }, { name: 'p1', slots: 2, slowness: 10 }, { name: 'p2' }],
    jobs: [
      { at: 0, host: 'p0', work: { ...small, count: 1, ms: 445, votes: 1, waitMs: 818 } },
      { at: 0, host: 'p0', work: { ...small, count: 4, ms: 23, votes: 2, what: 'alike', waitMs: 1 } },
    ],
    faults: [],
    safetyMs: 0,
    rescuer: {},
  })
})

it('who had the other ballot dies while whoever is left is busy for the dead: found out when that has room', () => {
  replay({
    seed: 2041,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: false,
    seats: [{ name: 'p0' }, { name: 'p2' }],
    jobs: [
      { at: 0, host: 'p2', work: { kind: 'dropped', count: 8, ms: 364 } },
      { at: 0, host: 'p0', work: { kind: 'stashes', count: 1, copies: 1, ms: 0, pauseMs: 0, rebuilds: 1 } },
      {
        at: 0,
        host: 'p0',
        work: { kind: 'elections', count: 1, ms: 106, votes: 2, isAway: false, what: 'large', waitMs: 0 },
      },
    ],
    faults: [{ at: 897, kind: 'kill', whom: 'p2' }],
    safetyMs: 2091,
    rescuer: {},
  })
})

it('three that answer for one vote compare what they found: what one told another and gives up for a third is there until that one has heard', () => {
  replay({
    seed: 920350,
    config: {},
    spreadsCode: false,
    distanceMs: 4,
    isScattered: false,
    seats: [{ name: 'p0' }, { name: 'p4' }, { name: 'p5' }, { name: 'p7', slots: 3 }],
    jobs: [
      { at: 0, host: 'p0', work: { kind: 'unpacked', count: 1, boxes: 2, hops: 0, ms: 0 } },
      {
        at: 0,
        host: 'p0',
        work: { kind: 'elections', count: 1, ms: 567, votes: 3, isAway: true, what: 'alike', waitMs: 371 },
      },
    ],
    faults: [{ at: 398, kind: 'sleep', whom: 'p7', ms: 2805, ticks: false }],
    safetyMs: 0,
    rescuer: {},
  })
})

it('many votes at once go through', () => {
  const { mesh } = squares({ S: 0, A: 4, B: 4, C: 4, D: 4 })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 100 }, (_, n) => context.call('square', [n], { votes: 3 }))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  expect(mesh.result(program)).toBe(328_350)
  mesh.endsWell()
})
