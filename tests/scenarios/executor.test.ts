// What an executor does with what it was given: inputs that cannot be kept, work that is handed back,
// cancels that reach the children, errors that may be tried again.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { Scenario, get, only, elapse } from './scenario.ts'

it('a peer without room for an input gives the attempt back, and nothing is charged', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('weigh', function* (_context, block: { n: number }) {
    yield* elapse(10)
    return block.n
  })
  mesh.peer('E').full = true
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 6 }, (_, n) =>
      context.call('weigh', [context.put(new Big({ n }, 1e6))], { retries: 0 }),
    )
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  expect(mesh.result(program)).toBe(15)
  expect(new Set(mesh.runs('weigh'))).toEqual(new Set(['X']))
  mesh.peer('E').full = false
  mesh.endsWell()
})

it('a cancel reaches waiting, ready, assigned and running tasks, and the children of those', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('child', function* () {
    yield* elapse(1e6)
    return 'never'
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [], only('X')))
  })
  const codes: unknown[] = []
  const program = mesh.ask('S', function* (context) {
    const running = context.call('parent', [], only('E'))
    const queued = Array.from({ length: 4 }, (_, n) => context.call('child', [n], only('E')))
    const waiting = context.call('child', [running], only('E'))
    yield* elapse(1_000)
    for (const ref of [running, ...queued]) context.cancel(ref, 'enough')
    for (const ref of [running, ...queued, waiting]) {
      const got = yield { type: 'get', ref }
      codes.push(got.type === 'failure' ? got.failure.code : got.value)
    }
    return 'seen'
  })
  expect(mesh.result(program)).toBe('seen')
  expect(codes).toEqual([...Array.from({ length: 5 }, () => 'TASK_CANCELLED'), 'ARGUMENT_FAILED'])
  mesh.endsWell()
})

it('errors are tried again only when they match, and as often as was said', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  // oxlint-disable-next-line require-yield -- it throws at once
  mesh.fn('broken', function* (_context, text: string) {
    throw new TypeError(text)
  })
  const program = mesh.ask('S', function* (context) {
    const codes: unknown[] = []
    for (const retryErrors of [false, true, [{ text: 'RangeError' }], [{ pattern: '^Type', flags: '' }]]) {
      const got = yield { type: 'get', ref: context.call('broken', ['no'], { retries: 2, retryErrors }) }
      codes.push(got.type === 'failure' ? [got.failure.code, got.failure.attempt] : null)
    }
    return codes
  })
  expect(mesh.result(program)).toEqual([
    ['TASK_FAILED', 1],
    ['TASK_FAILED', 3],
    ['TASK_FAILED', 1],
    ['TASK_FAILED', 3],
  ])
  mesh.endsWell()
})

it('an attempt that is out of time is tried again elsewhere, and its children go on', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, Z: 1 })
  mesh.fn('child', function* () {
    yield* elapse(1_500)
    return 'grown up'
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [], only('Z')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { attemptTimeoutMs: 1_000, retries: 5 }))
  })
  expect(mesh.result(program)).toBe('grown up')
  expect(mesh.timesRun('child')).toBe(1)
  expect(mesh.timesRun('parent')).toBeGreaterThan(1)
  mesh.endsWell()
})

it('nobody can run it: it fails with the reasons of all, unless somebody comes in time', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('special', function* () {
    yield* elapse(1)
    return 'done'
  })
  const lost = mesh.ask('S', function* (context) {
    const refs = [context.call('special', [1], only('nobody')), context.call('special', [2], { needs: { slots: 9 } })]
    const reasons: unknown[] = []
    for (const ref of refs) {
      const got = yield { type: 'get', ref }
      reasons.push(got.type === 'failure' ? got.failure.code : got.value)
    }
    return reasons
  })
  const found = mesh.ask('S', function* (context) {
    return yield* get(context.call('special', [3], only('late')))
  })
  mesh.run({ forMs: 2_000 })
  mesh.add('late', { slots: 1 })
  expect(mesh.result(found)).toBe('done')
  expect(mesh.result(lost)).toEqual(['UNPLACEABLE', 'UNPLACEABLE'])
  mesh.endsWell()
})

it('the same task id with other code or arguments is other work: it runs apart, and is no answer', () => {
  const mesh = new Scenario({ S: 0, X: 0, E: 2 })
  for (const name of ['good', 'evil']) {
    mesh.fn(name, function* () {
      yield* elapse(2_000)
      return name
    })
  }
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('good', []))
  })
  const [E, X] = [mesh.peer('E'), mesh.peer('X')]
  mesh.until(() => mesh.timesRun('good') === 1, 'it runs')
  const [row] = [...E.state.executor.all()]
  if (!row) throw new Error('E runs it')
  const spec = { ...row.spec, fn: 'evil' }
  X.state.outbox.push({
    to: E.life,
    message: { type: 'assign', epoch: { ...row.epoch, by: X.life }, attempts: [{ spec, attempt: 1, inputs: [] }] },
  })
  mesh.until(() => mesh.timesRun('evil') === 1, 'the other runs too')
  expect(E.state.executor.ofTask(spec.id).map(({ id }) => id)).toHaveLength(2)
  expect(mesh.result(program)).toBe('good')
  // The record of causes knows nothing of forged work: only that nothing is left of it.
  mesh.run({ forMs: 60_000 })
  expect(E.state.executor.size).toBe(0)
})

/** E says that it has so much of something. */
function gives(mesh: Scenario, peer: string, resources: Record<string, number>): void {
  const { members } = mesh.peer(peer).state
  const { profile } = members.me
  if (profile) members.me.profile = { ...profile, version: profile.version + 1, resources }
  const { version } = members.me.profile ?? {}
  const known = (): boolean =>
    mesh.others(peer).every(({ state }) => state.members.get(members.self)?.profile?.version === version)
  mesh.until(known, 'all know of it')
}

it('no more run at once on a peer than it has of a resource they need, however many slots it has', () => {
  const mesh = new Scenario({ S: 0, E: 8 })
  gives(mesh, 'E', { gpu: 2 })
  let running = 0
  let most = 0
  mesh.fn('render', function* (_context, n: number) {
    most = Math.max(most, ++running)
    yield* elapse(100)
    running--
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 10 }, (_, n) => context.call('render', [n], { needs: { resources: { gpu: 1 } } }))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  expect(mesh.result(program)).toBe(45)
  expect(most).toBe(2)
  mesh.endsWell()
})

it('a child may need what its parent has, on the only peer that has it', () => {
  const mesh = new Scenario({ S: 2 })
  gives(mesh, 'S', { gpu: 1 })
  const needs = { needs: { resources: { gpu: 1 } } }
  mesh.fn('child', function* () {
    yield* elapse(10)
    return 5
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [], needs))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], needs))
  })
  expect(mesh.result(program)).toBe(5)
  mesh.endsWell()
})

it('calls with spread go to different peers, though one has slots for all of them', () => {
  const mesh = new Scenario({ S: 0, A: 16, B: 2, C: 2, D: 2 })
  mesh.fn('probe', function* () {
    yield* elapse(500)
    return 1
  })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 4 }, () => context.call('probe', [], { spread: true }))
    for (const ref of refs) yield* get(ref)
    return 'done'
  })
  expect(mesh.result(program)).toBe('done')
  expect(mesh.runs('probe').sort()).toEqual(['A', 'B', 'C', 'D'])
  mesh.endsWell()
})

it.each([
  { S: 0, X: 1, Y: 1, Z: 1 },
  { S: 1, X: 1, Y: 1 },
])('quick tasks that were handed out behind a long one are taken back and run where there is room: %o', (peers) => {
  const mesh = new Scenario(peers)
  mesh.fn('spin', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
  const program = mesh.ask('S', function* (context) {
    // Measured as tiny, so it is handed out by the dozen, several to a worker.
    for (const ref of Array.from({ length: 30 }, (_, n) => context.call('spin', [n / 1_000]))) yield* get(ref)
    const long = context.call('spin', [100_000])
    const quick = Array.from({ length: 60 }, (_, n) => context.call('spin', [1 + n / 1_000]))
    const from = mesh.clock.now
    for (const ref of quick) yield* get(ref)
    const took = mesh.clock.now - from
    context.cancel(long, 'enough')
    return took
  })
  expect(mesh.result(program)).toBeLessThan(2_000)
  expect(mesh.timesRun('spin')).toBe(91)
  // Taken back once, not again and again.
  expect(Math.max(...mesh.ran.map(({ attempt }) => attempt))).toBeLessThan(5)
  mesh.endsWell()
})

it('with nobody else there the quick ones wait at their owner, and the long one is not disturbed', () => {
  const mesh = new Scenario({ S: 0, X: 1 })
  mesh.fn('spin', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
  const program = mesh.ask('S', function* (context) {
    for (const ref of Array.from({ length: 30 }, (_, n) => context.call('spin', [n / 1_000]))) yield* get(ref)
    const refs = [5_000, ...Array.from({ length: 20 }, (_, n) => 1 + n / 1_000)].map((ms) => context.call('spin', [ms]))
    for (const ref of refs) yield* get(ref)
    return 'all'
  })
  mesh.until(() => mesh.timesRun('spin') === 31, 'the long one runs')
  mesh.run({ forMs: 2_000 })
  const { state } = mesh.peer('S')
  expect([...state.tasks.all()].filter((row) => row.state === 'assigned').length).toBe(1)
  expect(mesh.result(program)).toBe('all')
  expect(mesh.timesRun('spin')).toBe(51)
  expect(mesh.said('task:retried')).toBe(0)
  mesh.endsWell()
})

it('what ends while it is queued leaves the queue, where nobody could run it and behind what waits', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('work', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    for (let n = 0; n < 10; n++) context.release(context.call('work', [n], { needs: { labels: { zone: 'nowhere' } } }))
    const first = [5_000, 5_001, 5_002].map((ms) => context.call('work', [ms]))
    yield* elapse(1_000)
    for (let n = 0; n < 500; n++) context.cancel(context.call('work', [n]), 'never mind')
    yield* elapse(1_000)
    const behind = S.state.scheduler.readyCount
    let sum = 0
    for (const ref of first) sum += (yield* get(ref)) as number
    return [behind < 100, sum]
  })
  expect(mesh.result(program)).toEqual([true, 15_003])
  mesh.run({ forMs: 10_000 })
  expect(S.state.scheduler.readyCount).toBe(0)
  mesh.endsWell()
})

it('a cancel that comes when time is up already ends as well', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.fn('work', function* () {
    yield* elapse(60_000)
    return 'done'
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('work', [], { timeoutMs: 100 })
    yield* elapse(50)
    mesh.peer('E').freeze()
    yield* elapse(100)
    yield { type: 'stop', ref, reason: 'too late' }
    const got = yield { type: 'get', ref }
    return got.type === 'failure' ? got.failure.code : got.value
  })
  mesh.run({ forMs: 500 })
  mesh.peer('E').thaw()
  expect(mesh.result(program)).toBe('TASK_TIMEOUT')
  mesh.endsWell()
})

it('what all workers wait for may be queued behind them: after a while one more is taken, and nothing waits for ever', () => {
  const mesh = new Scenario({ S: 1 }, { config: { maxWorkers: 2 } })
  mesh.fn('leaf', function* (_context, n: number) {
    yield* elapse(10)
    return n
  })
  mesh.fn('waits', function* (_context, box: { ref: SimRef }) {
    return yield* get(box.ref)
  })
  const program = mesh.ask('S', function* (context) {
    const leaves = Array.from({ length: 6 }, (_, n) => context.call('leaf', [n]))
    const waiting = leaves.map((ref) => context.call('waits', [{ ref }], { priority: 1 }))
    let sum = 0
    for (const ref of waiting) sum += (yield* get(ref)) as number
    return sum
  })
  expect(mesh.result(program)).toBe(15)
  expect(mesh.peer('S').workers.size).toBeLessThanOrEqual(7)
  mesh.endsWell()
})

it('all workers waited once, then something runs in one more: nothing wakes the peer again and again meanwhile', () => {
  const mesh = new Scenario({ S: 1 }, { config: { maxWorkers: 2 } })
  mesh.fn('leaf', function* (_context, n: number) {
    yield* elapse(100)
    return n
  })
  mesh.fn('waits', function* (_context, box: { ref: SimRef }) {
    return yield* get(box.ref)
  })
  const program = mesh.ask('S', function* (context) {
    const leaves = Array.from({ length: 60 }, (_, n) => context.call('leaf', [n]))
    const last = leaves.at(-1) as SimRef
    const waiting = [0, 1].map((n) => context.call('waits', [{ ref: last }, n], { priority: 1 }))
    let sum = 0
    for (const ref of [...leaves, ...waiting]) sum += (yield* get(ref)) as number
    return sum
  })
  // The first of them stands in line until the peer has been seen to stand still.
  mesh.until(() => mesh.timesRun('leaf') > 10, 'one more worker is taken')
  const { turnCount } = mesh
  mesh.run({ forMs: 3_500 })
  expect(mesh.turnCount - turnCount).toBeLessThan(1_000)
  expect(mesh.result(program)).toBe(1_888)
  mesh.endsWell()
})
