// A second attempt beside one that takes unusually long: when it begins, which of the two counts, what becomes
// of the other, and that it costs nothing.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import { Scenario, elapse, get } from './scenario.ts'

const hedge = { hedge: true }

/** A function that takes 100 ms, known to S; at a peer named in `slow` it takes `slowMs` from then on. */
function usual(peers: Readonly<Record<string, number>>, slowMs = 60_000): { mesh: Scenario; slow: Set<string> } {
  const mesh = new Scenario(peers)
  const slow = new Set<string>()
  mesh.fn('work', function* (context, n: number) {
    yield* elapse(slow.has(context.at) ? slowMs : 100)
    return n
  })
  const known = mesh.ask('S', function* (context) {
    for (let n = 0; n < 8; n++) yield* get(context.call('work', [n]))
    return 'known'
  })
  mesh.result(known)
  mesh.ran.length = 0
  return { mesh, slow }
}

it('a run past what is usual gets a second attempt elsewhere; the first outcome wins, the other is stopped, uncharged', () => {
  const { mesh, slow } = usual({ S: 0, A: 1, B: 1 })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('work', [42], { ...hedge, retries: 0 })
    const from = mesh.clock.now
    const value = yield* get(ref)
    return [value, mesh.clock.now - from]
  })
  slow.add('A')
  slow.add('B')
  mesh.until(() => mesh.timesRun('work') === 1, 'it runs')
  slow.clear()
  const [value, ms] = mesh.result(program) as [number, number]
  expect(value).toBe(42)
  // 1.5 times the usual, what it may have waited in line, and the run itself.
  expect(ms).toBeGreaterThan(250)
  expect(ms).toBeLessThan(400)
  expect(new Set(mesh.runs('work'))).toEqual(new Set(['A', 'B']))
  expect(mesh.said('task:hedged')).toBe(1)
  expect(mesh.said('task:retried')).toBe(0)
  mesh.run({ forMs: 100 })
  for (const name of ['A', 'B']) expect(mesh.peer(name).state.executor.size).toBe(0)
  mesh.endsWell()
})

it('without the option, with the first one done in time, or with all slots taken, nothing runs twice', () => {
  const { mesh, slow } = usual({ S: 0, A: 1, B: 1 }, 3_000)
  const plain = mesh.ask('S', function* (context) {
    slow.add('A').add('B')
    return yield* get(context.call('work', [1]))
  })
  expect(mesh.result(plain)).toBe(1)
  slow.clear()
  const quick = mesh.ask('S', function* (context) {
    for (let n = 0; n < 5; n++) yield* get(context.call('work', [n], hedge))
    return 'all'
  })
  expect(mesh.result(quick)).toBe('all')
  const full = mesh.ask('S', function* (context) {
    slow.add('A').add('B')
    const refs = [1, 2].map((n) => context.call('work', [n], hedge))
    for (const ref of refs) yield* get(ref)
    return 'all'
  })
  mesh.run({ forMs: 2_900 })
  expect(mesh.said('task:hedged')).toBe(0)
  expect(mesh.timesRun('work')).toBe(8)
  expect(mesh.result(full)).toBe('all')
  mesh.endsWell()
})

it('nothing is known of the function: nothing is unusual, until enough others have run', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1, C: 1 })
  mesh.fn('work', function* (context, n: number) {
    yield* elapse(context.at === 'A' && n === 0 ? 60_000 : 100)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const first = context.call('work', [0], { ...hedge, prefer: { peer: 'A' } })
    yield* elapse(2_000)
    expect(mesh.said('task:hedged')).toBe(0)
    for (let n = 1; n < 5; n++) yield* get(context.call('work', [n], { needs: { labels: { 'is A': { not: 'yes' } } } }))
    return yield* get(first)
  })
  expect(mesh.result(program)).toBe(0)
  expect(mesh.said('task:hedged')).toBe(1)
  mesh.endsWell()
})

it.each(['first', 'second'])(
  'the peer of the %s one dies: the other one stands in, and no retry is counted',
  (which) => {
    const { mesh, slow } = usual({ S: 0, A: 1, B: 1 }, 5_000)
    const program = mesh.ask('S', function* (context) {
      return yield* get(context.call('work', [42], { ...hedge, retries: 0 }))
    })
    slow.add('A').add('B')
    mesh.until(() => mesh.timesRun('work') === 2, 'it runs twice')
    const victim = mesh.runs('work')[which === 'first' ? 0 : 1] as string
    mesh.kill(victim)
    expect(mesh.result(program)).toBe(42)
    expect(mesh.timesRun('work')).toBe(2)
    expect(mesh.said('task:retried')).toBe(0)
    mesh.endsWell()
  },
)

it('both die: that costs one retry, and the next attempt may be hedged again', () => {
  const { mesh, slow } = usual({ S: 0, A: 1, B: 1, C: 1, D: 1 }, 8_000)
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [42], { ...hedge, retries: 1 }))
  })
  for (const name of ['A', 'B', 'C', 'D']) slow.add(name)
  mesh.until(() => mesh.timesRun('work') === 2, 'it runs twice')
  for (const name of mesh.runs('work')) mesh.kill(name)
  expect(mesh.result(program)).toBe(42)
  expect(mesh.timesRun('work')).toBe(4)
  expect(mesh.said('task:retried')).toBe(1)
  expect(mesh.said('task:hedged')).toBe(2)
  mesh.endsWell()
})

it.each(['cancel', 'timeout'])('a %s stops both', (how) => {
  const { mesh, slow } = usual({ S: 0, A: 1, B: 1 })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('work', [42], how === 'cancel' ? hedge : { ...hedge, timeoutMs: 2_000 })
    yield* elapse(1_500)
    if (how === 'cancel') yield { type: 'stop', ref, reason: 'enough' }
    const got = yield { type: 'get', ref }
    return got.type === 'failure' ? got.failure.code : got.value
  })
  slow.add('A').add('B')
  mesh.until(() => mesh.timesRun('work') === 2, 'it runs twice')
  expect(mesh.result(program)).toBe(how === 'cancel' ? 'TASK_CANCELLED' : 'TASK_TIMEOUT')
  for (const name of ['A', 'B']) expect(mesh.peer(name).state.executor.running).toBe(0)
  mesh.endsWell()
})

it('the first is out of its time: the second one has its own', () => {
  const { mesh, slow } = usual({ S: 0, A: 1, B: 1 }, 900)
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [42], { ...hedge, retries: 0, attemptTimeoutMs: 1_000 }))
  })
  slow.add('A').add('B')
  mesh.until(() => mesh.timesRun('work') === 1, 'it runs')
  mesh.peer(mesh.runs('work')[0] as string).slowness = 10
  expect(mesh.result(program)).toBe(42)
  expect(mesh.timesRun('work')).toBe(2)
  mesh.peers().forEach((peer) => (peer.slowness = 1))
  mesh.endsWell()
})

it('a second attempt that submits or puts is dropped, and the first one has asked for it once', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1, C: 2 })
  const late = new Set<string>()
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(10)
    return n
  })
  mesh.fn('parent', function* (context, n: number, puts: boolean) {
    yield* elapse(late.has(context.at) ? 2_000 : 50)
    const ref = puts ? context.put(new Big({ n }, 1e6)) : context.call('child', [n], { needs: { peer: 'C' } })
    const got = yield* get(ref)
    return puts ? (got as { n: number }).n : got
  })
  const here = { needs: { labels: { 'is C': { not: 'yes' } } } }
  const program = mesh.ask('S', function* (context) {
    for (let n = 0; n < 8; n++) yield* get(context.call('parent', [n, n % 2 === 0], here))
    late.add('A').add('B')
    const seen: unknown[] = []
    for (const puts of [false, true]) {
      const from = mesh.clock.now
      const ref = context.call('parent', [42, puts], { ...here, ...hedge, retries: 0 })
      yield* elapse(60)
      late.clear()
      seen.push(yield* get(ref))
      // The first one's.
      expect(mesh.clock.now - from).toBeGreaterThan(2_000)
      late.add('A').add('B')
    }
    return seen
  })
  expect(mesh.result(program)).toEqual([42, 42])
  expect(mesh.said('task:hedged')).toBe(2)
  expect(mesh.timesRun('parent')).toBe(8 + 2 * 2)
  expect(mesh.timesRun('child')).toBe(4 + 1)
  expect(mesh.said('task:retried')).toBe(0)
  mesh.endsWell()
})

it('the peer of the first dies before the second asks for work of its own: a third one is said to be tried, which costs no retry', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1, C: 2 })
  const late = new Map<string, number>()
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(10)
    return n
  })
  mesh.fn('parent', function* (context, n: number) {
    yield* elapse(late.get(context.at) ?? 50)
    return yield* get(context.call('child', [n], { needs: { peer: 'C' } }))
  })
  const here = { needs: { labels: { 'is C': { not: 'yes' } } } }
  const program = mesh.ask('S', function* (context) {
    for (let n = 0; n < 8; n++) yield* get(context.call('parent', [n], here))
    late.set('A', 5_000).set('B', 5_000)
    return yield* get(context.call('parent', [42], { ...here, ...hedge, retries: 0 }))
  })
  mesh.until(() => mesh.said('task:hedged') === 1 && mesh.timesRun('parent') === 10, 'it runs twice')
  mesh.kill(mesh.runs('parent').at(-2) as string)
  expect(mesh.result(program)).toBe(42)
  expect(mesh.timesRun('parent')).toBe(8 + 3)
  expect(mesh.timesRun('child')).toBe(8 + 1)
  expect(mesh.said('task:retried')).toBe(1)
  mesh.endsWell()
})

it('large results of both are one object with its copies', () => {
  const mesh = new Scenario({ S: 0, A: 1, B: 1 })
  const late = new Set<string>()
  mesh.fn('block', function* (context, n: number) {
    yield* elapse(late.has(context.at) ? 500 : 100)
    return new Big({ n }, 1e6)
  })
  const program = mesh.ask('S', function* (context) {
    for (let n = 0; n < 8; n++) yield* get(context.call('block', [n]))
    late.add('A').add('B')
    const ref = context.call('block', [42], hedge)
    yield* elapse(60)
    const value = ((yield* get(ref)) as { n: number }).n
    yield* elapse(3_000)
    return value
  })
  expect(mesh.result(program)).toBe(42)
  expect(mesh.said('task:hedged')).toBe(1)
  mesh.endsWell()
})
