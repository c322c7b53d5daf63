// Where queued work goes when the mesh changes: a newcomer gets its share at once, a peer that has become
// slow keeps only what it is worth waiting for. Times are virtual, so they are the same on every machine.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import { Scenario, elapse, get, keepsNothing, only, replay } from './scenario.ts'

/** S asks for `count` tasks of `ms` each and waits for all of them. `meanwhile`: once they are asked for. */
function flood(
  mesh: Scenario,
  count: number,
  ms: number,
  meanwhile = (): void => {},
): {
  readonly tookMs: () => number
} {
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
  const from = mesh.clock.now
  const program = mesh.ask('S', function* (context) {
    for (const ref of Array.from({ length: count }, (_, n) => context.call('work', [n]))) yield* get(ref)
    return mesh.clock.now - from
  })
  meanwhile()
  return { tookMs: () => mesh.result(program, 600_000) as number }
}

it.each([
  { ms: 3_000, count: 40 },
  { ms: 100, count: 400 },
  { ms: 5, count: 600 },
])('a newcomer gets work within a second: %o', ({ ms, count }) => {
  const mesh = new Scenario({ S: 0, A: 2, B: 2 })
  const { tookMs } = flood(mesh, count, ms, () => mesh.run({ forMs: 200 }))
  const S = mesh.peer('S').state
  expect(S.scheduler.readyCount).toBeGreaterThan(0)
  const N = mesh.add('N', { slots: 2 })
  const joinedAt = mesh.clock.now
  mesh.until(() => S.tasks.assignedTo(N.life).length > 0, 'N has work')
  expect(mesh.clock.now - joinedAt).toBeLessThan(1_000)
  mesh.until(() => mesh.runs('work').includes('N'), 'N works')
  expect(mesh.clock.now - joinedAt).toBeLessThan(1_100)
  // Nothing sits at the old ones that could run here: no more than covers the way of a message.
  for (const name of ['A', 'B'])
    expect(mesh.peer(name).state.executor.readyCount).toBeLessThanOrEqual(2 * (20 / ms + 1))
  tookMs()
  const first = mesh.ran.findIndex(({ at }) => at === 'N')
  const since = mesh.ran.slice(first)
  expect(since.filter(({ at }) => at === 'N').length / since.length).toBeGreaterThan(0.3)
  mesh.endsWell()
})

it('work of another kind than before is not handed out by the thousand: a newcomer finds some of it', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1 })
  mesh.fn('tiny', function* () {
    yield* elapse(0.05)
    return 1
  })
  mesh.fn('long', function* () {
    yield* elapse(3_000)
    return 1
  })
  let isAsked = false
  const program = mesh.ask('S', function* (context) {
    for (const ref of Array.from({ length: 500 }, (_, n) => context.call('tiny', [n]))) yield* get(ref)
    const refs = Array.from({ length: 30 }, (_, n) => context.call('long', [n]))
    isAsked = true
    for (const ref of refs) yield* get(ref)
    return 'all'
  })
  mesh.until(() => isAsked, 'the long ones are asked for')
  mesh.add('N', { slots: 1 })
  const joinedAt = mesh.clock.now
  mesh.until(() => mesh.runs('long').includes('N'), 'N works')
  expect(mesh.clock.now - joinedAt).toBeLessThan(1_000)
  mesh.run({ forMs: 1_000 })
  for (const name of ['A', 'B', 'N'])
    expect(mesh.peer('S').state.tasks.assignedTo(mesh.peer(name).life)).toHaveLength(1)
  expect(mesh.result(program)).toBe('all')
  expect(mesh.clock.now - joinedAt).toBeLessThan(10 * 3_000 + 500)
  mesh.endsWell()
})

/** What the mesh could do at best, from when to when. */
const slowPeer = { S: 0, A: 1, B: 1, C: 1, slow: 1 }
const capacity = 3.1

it.each([
  { ms: 2, count: 800 },
  { ms: 50, count: 400 },
  { ms: 1_000, count: 400 },
])('a peer at a tenth of its speed does not set the pace: %o', ({ ms, count }) => {
  const mesh = new Scenario(slowPeer)
  mesh.peer('slow').slowness = 10
  const { tookMs } = flood(mesh, count, ms)
  expect(tookMs()).toBeLessThan(((count * ms) / capacity) * 1.03)
  mesh.endsWell()
})

it('a peer that slows down in the middle of it keeps nothing that others do sooner', () => {
  const mesh = new Scenario(slowPeer)
  const { tookMs } = flood(mesh, 400, 100, () => {
    mesh.run({ forMs: 2_000 })
    mesh.peer('slow').slowness = 10
  })
  expect(tookMs()).toBeLessThan(2_000 + ((320 * 100) / capacity) * 1.03)
  mesh.endsWell()
})

it('the end of a queue waits for those that are through with it sooner than a slow peer with room would be', () => {
  const mesh = new Scenario(slowPeer)
  mesh.peer('slow').slowness = 10
  // Before anything is known of it a slow peer gets as much as the others.
  flood(mesh, 4, 500).tookMs()
  const { tookMs } = flood(mesh, 4, 500)
  expect(tookMs()).toBeLessThan(2 * 500 * 1.1)
  mesh.endsWell()
})

it('a slow peer gets what a faster one has given back', () => {
  const mesh = new Scenario({ S: 0, A: 1, slow: 1 })
  mesh.peer('slow').slowness = 10
  mesh.fn('weigh', function* (_context, block: { n: number }) {
    yield* elapse(50)
    return block.n
  })
  const program = mesh.ask('S', function* (context) {
    const weigh = (n: number) => context.call('weigh', [context.put(new Big({ n }, 1e6))], { retries: 0 })
    for (const ref of Array.from({ length: 12 }, (_, n) => weigh(n))) yield* get(ref)
    mesh.peer('A').full = true
    mesh.ran.length = 0
    return yield* get(weigh(42))
  })
  expect(mesh.result(program)).toBe(42)
  expect(mesh.runs('weigh')).toEqual(['slow'])
  expect(mesh.ran[0]?.attempt).toBeLessThanOrEqual(2)
  mesh.peer('A').full = false
  mesh.endsWell()
})

it('it waits for no longer than it would have taken there', () => {
  const mesh = new Scenario({ S: 0, A: 1, slow: 1 })
  mesh.peer('slow').slowness = 10
  mesh.fn('work', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
  const program = mesh.ask('S', function* (context) {
    for (const ref of [200, 201, 202, 203].map((ms) => context.call('work', [ms]))) yield* get(ref)
    const long = context.call('work', [60_000], { needs: { peer: 'A' } })
    yield* elapse(1_000)
    const from = mesh.clock.now
    yield* get(context.call('work', [200]))
    const took = mesh.clock.now - from
    context.cancel(long, 'enough')
    return took
  })
  expect(mesh.result(program)).toBeGreaterThan(2_000)
  expect(mesh.result(program)).toBeLessThan(2 * 2_000 * 1.1)
  expect(mesh.runs('work').at(-1)).toBe('slow')
  mesh.endsWell()
})

it('who gave a task back is asked again last, even when everybody has failed it once', () => {
  const mesh = new Scenario({ S: 0, A: 1, Z: { slots: 3, memoryBytes: 0 } })
  mesh.fn('weigh', function* (context, big: { n: number }) {
    yield* elapse(10)
    if (context.attempt < 5) throw new RangeError(`attempt ${context.attempt}`)
    return big.n
  })
  const program = mesh.ask('S', function* (context) {
    const big = context.put(new Big({ n: 7 }, 1e5))
    return yield* get(context.call('weigh', [big], { retryErrors: true }))
  })
  expect(mesh.result(program)).toBe(7)
  // Z has no room for what it is to read, and says so once for each time that A fails.
  expect(mesh.peer('S').state.counters.executions).toBeLessThanOrEqual(10)
  mesh.endsWell()
})

it('what comes back in a turn makes room, in that turn, for what waits', () => {
  replay({
    seed: 4195,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: false,
    seats: [{ name: 'p0' }, { name: 'p1' }],
    jobs: [
      { at: 0, host: 'p0', work: { kind: 'couriers', count: 1, ms: 0, hops: 3, isFresh: true, boxes: 1, options: {} } },
      { at: 0, host: 'p0', work: { kind: 'tinies', count: 1 } },
      { at: 0, host: 'p0', work: { kind: 'mapReduce', count: 14, ms: 42, n: 1, copies: 1, options: {} } },
      {
        at: 0,
        host: 'p0',
        work: { kind: 'couriers', count: 1, ms: 0, hops: 1, isFresh: false, boxes: 1, options: {} },
      },
    ],
    faults: [{ at: 20, kind: 'lastStand', survivor: 'p0', backMs: null }],
    safetyMs: 682,
    rescuer: {},
  })
})

it('a chain of tasks that wait for each other is not taken for a queue: none waits for a faster peer longer than its own time', () => {
  const mesh = new Scenario({ S: 1, E: 1, W: 0 })
  mesh.fn('down', function* (context, n: number) {
    yield* elapse(100)
    return n === 0 ? 0 : 1 + ((yield* get(context.call('down', [n - 1]))) as number)
  })
  mesh.fn('long', function* () {
    yield* elapse(600_000)
  })
  const down = (n: number, where = {}): number => {
    const from = mesh.clock.now
    const program = mesh.ask('S', function* (context) {
      return yield* get(context.call('down', [n], where))
    })
    expect(mesh.result(program, 600_000)).toBe(n)
    return mesh.clock.now - from
  }
  mesh.peer('S').slowness = 20
  down(0, only('S'))
  mesh.peer('S').slowness = 1
  down(0, only('E'))
  mesh.ask('W', function* (context) {
    return yield* get(context.call('long', [], only('E')))
  })
  mesh.until(() => mesh.timesRun('long') === 1, 'the faster one has no room for long')
  const depth = 12
  expect(down(depth)).toBeLessThan((depth + 1) * 2 * 2_100)
})

it('a peer at which tasks waited for others is not taken for a slow one', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1 })
  mesh.fn('child', function* (_context, ms: number) {
    yield* elapse(ms)
  })
  mesh.fn('parent', function* (context, ms: number) {
    yield* elapse(20)
    yield* get(context.call('child', [ms]))
  })
  const parents = (count: number, ms: number, where = {}): void => {
    const program = mesh.ask('S', function* (context) {
      for (const ref of Array.from({ length: count }, () => context.call('parent', [ms], where))) yield* get(ref)
    })
    mesh.result(program, 600_000)
  }
  parents(1, 30_000, only('A'))
  parents(1, 100, only('B'))
  const before = mesh.runs('parent').length
  parents(40, 100)
  const atA = mesh
    .runs('parent')
    .slice(before)
    .filter((peer) => peer === 'A').length
  expect(atA).toBeGreaterThan(10)
  mesh.endsWell()
})

it.each([
  { when: 'before its owner is gone, who never hears of it', patienceMs: 250, runsAt: 'Q' },
  { when: 'when another has taken over from its owner', patienceMs: 4_000, runsAt: 'Q' },
  { when: 'before its owner is gone, and may run nowhere else', patienceMs: 250, runsAt: 'X' },
])(
  'what waits behind a long task is given back $when: it runs where there is room, and is not asked for again and again',
  ({ patienceMs, runsAt }) => {
    const there = { slots: 1, labels: { zone: 'b' } }
    const mesh = new Scenario({ S: keepsNothing, P: 1, X: there, Y: 0 }, { config: { patienceMs } })
    mesh.fn('work', function* (_context, ms: number) {
      yield* elapse(ms)
      return ms
    })
    const times = [1, 2, 3, 4, 6_000, 5, 6, 7, 8]
    mesh.fn('parent', function* (context) {
      let sum = 0
      const asked = times.map((ms) => context.call('work', [ms], { needs: { labels: { zone: 'b' } } }))
      for (const ref of asked) sum += (yield* get(ref)) as number
      return sum
    })
    const program = mesh.ask('S', function* (context) {
      return yield* get(context.call('parent', [], { prefer: { peer: 'P' } }))
    })
    const { executor } = mesh.peer('X').state
    mesh.until(() => mesh.timesRun('work') === 5 && executor.readyCount > 0, 'some wait behind the long one')
    mesh.run({ forMs: 200 })
    mesh.cut(['X'], ['P'])
    mesh.run({ forMs: 200 })
    mesh.kill('P')
    mesh.add('Q', runsAt === 'Q' ? there : { slots: 1 })
    expect(mesh.result(program)).toBe(6_036)
    const later = mesh.ran.filter(({ fn }) => fn === 'work').slice(5)
    expect(later.map(({ at }) => at)).toEqual(later.map(() => runsAt))
    expect(Math.max(...later.map(({ attempt }) => attempt))).toBeLessThan(5)
    mesh.endsWell()
  },
)

it('what was given back to one program of a job is no answer to the next one, which asks for the same', () => {
  replay({
    seed: 1464,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: false,
    seats: [{ name: 'p0' }, { name: 'p1', slots: 2 }, { name: 'p2' }],
    jobs: [
      { at: 0, host: 'p0', work: { kind: 'unpacked', count: 1, boxes: 1, hops: 2, ms: 0 } },
      {
        at: 0,
        host: 'p2',
        work: { kind: 'resumed', count: 7, ms: 208 },
        named: { name: 'again', detached: true },
      },
      {
        at: 36,
        host: 'p1',
        work: { kind: 'resumed', count: 1, ms: 0 },
        named: { name: 'again', detached: false },
      },
    ],
    faults: [{ kind: 'freeze', whom: 'p0', ms: 819, at: 220 }],
    safetyMs: 802,
    rescuer: {},
  })
})

it('what two programs ask for runs once, and counts to both: neither takes its peer to have more room for it than it has granted', () => {
  const again = { name: 'again', detached: false }
  const work = { kind: 'resumed', count: 3, ms: 298.3256358425133 } as const
  replay({
    seed: 69,
    config: {},
    spreadsCode: false,
    distanceMs: 0,
    isScattered: false,
    seats: [
      { name: 'p0', slots: 2 },
      { name: 'p1', slots: 2 },
      { name: 'p2', slots: 3 },
      { name: 'p4', slots: 2 },
    ],
    jobs: [
      { at: 1776, host: 'p2', work, named: again },
      { at: 1824, host: 'p4', work, named: again },
    ],
    faults: [],
    safetyMs: 0,
    rescuer: {},
  })
})
