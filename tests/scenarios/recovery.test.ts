// Peers die with work, with bytes, with what they answer for: attempts are run again and paid for
// justly, results are made again from their lineage, and a parent that was cut off does no harm.

import { expect, it } from 'vitest'
import { inspect } from '@murmuration/core/seeing'
import type { ObjectId } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { Scenario, get, only, elapse } from './scenario.ts'

it('7: both lives of a cut-off parent ask for the same child: it runs once, and nothing is cancelled', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1, W: 0 })
  mesh.fn('child', function* () {
    yield* elapse(8_000)
    return 'grown up'
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [], only('Z')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { needs: { labels: { 'is Z': { not: 'yes' } } } }))
  })
  mesh.until(() => mesh.timesRun('child') === 1, 'the child runs at Z')
  const first = mesh.runs('parent')[0] as string
  mesh.cut([first], ['S', 'W', 'Z', ...['X', 'Y'].filter((name) => name !== first)])
  mesh.until(() => mesh.timesRun('parent') === 2, 'the parent is run again elsewhere')
  mesh.network.heal()
  expect(mesh.result(program)).toBe('grown up')
  expect(mesh.timesRun('child')).toBe(1)
  mesh.endsWell()
})

it('15: the outcome of a first attempt arrives when the second has begun: one value, and its children exist', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, W: 0 })
  mesh.fn('parent', function* (context) {
    yield* elapse(3_000)
    return [context.put({ n: 5 })]
  })
  const program = mesh.ask('S', function* (context) {
    const [ref] = (yield* get(context.call('parent', []))) as SimRef[]
    return yield* get(ref as SimRef)
  })
  mesh.until(() => mesh.timesRun('parent') === 1, 'the first attempt runs')
  const first = mesh.runs('parent')[0] as string
  mesh.cut(
    ['S', 'W', 'X', 'Y'].filter((name) => name !== first),
    [first],
  )
  mesh.until(() => mesh.timesRun('parent') === 2, 'the second attempt runs')
  mesh.network.heal()
  expect(mesh.result(program)).toEqual({ n: 5 })
  mesh.endsWell()
})

it('16: the holders of a tile die after the handle of its scene was dropped: the tile is made again', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('render', function* (_context, scene: { n: number }) {
    yield* elapse(50)
    return new Big({ n: scene.n + 1 }, 1e6)
  })
  const program = mesh.ask('S', function* (context) {
    const scene = context.put(new Big({ n: 1 }, 1e6))
    const tile = context.call('render', [scene], { copies: 1 })
    context.release(scene)
    yield* elapse(5_000)
    return yield* get(tile)
  })
  mesh.until(() => mesh.timesRun('render') === 1, 'the tile is rendered')
  mesh.run({ forMs: 1_000 })
  mesh.kill(mesh.runs('render')[0] as string)
  expect(mesh.result(program)).toEqual({ n: 2 })
  expect(mesh.timesRun('render')).toBe(2)
  mesh.endsWell()
})

it('25: two thousand tiny tasks are credited to E and E dies: what may have run is charged, none fails', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('tiny', function* (_context, n: number) {
    yield* elapse(0.05)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 2_000 }, (_, n) => context.call('tiny', [n], { retries: 1 }))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  mesh.until(() => mesh.timesRun('tiny') > 300, 'E is busy')
  mesh.kill('E')
  expect(mesh.result(program)).toBe(1_999_000)
  expect(mesh.peer('S').state.counters.retried).toBeLessThanOrEqual(mesh.config.maxBatch)
  mesh.endsWell()
})

it('26: a task that kills its peer ends as poison; the mesh stands', () => {
  const names = Array.from({ length: 12 }, (_, n) => `p${n}`)
  const mesh = new Scenario({ S: 0, ...Object.fromEntries(names.map((name) => [name, 1])) })
  mesh.fn('deadly', function* (context) {
    mesh.clock.after(0, () => mesh.kill(context.at))
    yield* elapse(1_000)
    return 'never'
  })
  mesh.fn('harmless', function* () {
    yield* elapse(500)
    return 'done'
  })
  const bad = mesh.ask('S', function* (context) {
    const got = yield { type: 'get', ref: context.call('deadly', [], { retries: -1 }) }
    return got.type === 'failure' ? [got.failure.code, got.failure.reason] : got.value
  })
  const good = mesh.ask('S', function* (context) {
    let last: unknown
    for (let n = 0; n < 20; n++) last = yield* get(context.call('harmless', [n], { retries: -1 }))
    return last
  })
  expect(mesh.result(good)).toBe('done')
  expect(mesh.result(bad)).toEqual(['PEER_DIED', 'poison'])
  expect(mesh.timesRun('deadly')).toBe(10)
  mesh.endsWell()
})

it('27: recursion on one slot ends, and at the limit takes one more worker per level, however wide it is', () => {
  const maxWorkers = 3
  const mesh = new Scenario({ S: 1 }, { config: { maxWorkers } })
  mesh.fn('down', function* (context, n: number) {
    return n === 0 ? 0 : ((yield* get(context.call('down', [n - 1]))) as number) + 1
  })
  mesh.fn('fib', function* (context, n: number) {
    // Long enough that no more are granted than start: those that may not must not be in the way.
    yield* elapse(30)
    if (n < 2) return n
    const both = [context.call('fib', [n - 1]), context.call('fib', [n - 2])] as const
    return ((yield* get(both[0])) as number) + ((yield* get(both[1])) as number)
  })
  const tree = mesh.ask('S', function* (context) {
    return yield* get(context.call('fib', [10]))
  })
  expect(mesh.result(tree)).toBe(55)
  // 88 calls wait for others, at 9 levels; one more when nothing ran for a while.
  expect(mesh.peer('S').workers.size).toBeLessThanOrEqual(maxWorkers + 10)
  const line = mesh.ask('S', function* (context) {
    return yield* get(context.call('down', [100]))
  })
  expect(mesh.result(line)).toBe(100)
  expect(mesh.peer('S').workers.size).toBeLessThanOrEqual(maxWorkers + 100)
  mesh.endsWell()
})

it('28: a parent waits in a worker while another task there times out: the parent is not run again', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('slow', function* () {
    yield* elapse(3_000)
    return 'at last'
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('slow', [], only('X')))
  })
  mesh.fn('endless', function* () {
    yield* elapse(1e9)
    return 'never'
  })
  const program = mesh.ask('S', function* (context) {
    const parent = context.call('parent', [], only('E'))
    yield* elapse(500)
    const got = yield { type: 'get', ref: context.call('endless', [], { ...only('E'), timeoutMs: 300 }) }
    return [got.type === 'failure' ? got.failure.code : got.value, yield* get(parent)]
  })
  expect(mesh.result(program)).toEqual(['TASK_TIMEOUT', 'at last'])
  expect(mesh.timesRun('parent')).toBe(1)
  mesh.endsWell()
})

it('a chain of tasks that return refs survives the peer in its middle', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('hop', function* (context, n: number) {
    yield* elapse(20)
    return n === 0 ? 'landed' : context.call('hop', [n - 1], only(['X', 'Y', 'Z'][n % 3] as string))
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('hop', [6])
    yield* elapse(3_000)
    return yield* get(ref)
  })
  mesh.run({ forMs: 1_500 })
  mesh.kill('Y')
  mesh.run({ forMs: 3_000 })
  mesh.restart('Y')
  expect(mesh.result(program)).toBe('landed')
  mesh.endsWell()
})

it('who stood still for longer than its grace finds its holds gone: what became another object is made again', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1 })
  mesh.fn('inner', function* () {
    yield* elapse(20)
    return new Big({ n: 6 }, 1e6)
  })
  mesh.fn('outer', function* (context) {
    yield* elapse(20)
    return context.call('inner', [])
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('outer', [])
    yield* elapse(15_000)
    return yield* get(ref)
  })
  mesh.run({ forMs: 1_000 })
  mesh.peer('S').freeze()
  mesh.run({ forMs: 12_000 })
  expect(mesh.peer('X').state.directory.size + mesh.peer('Y').state.directory.size).toBe(0)
  mesh.peer('S').thaw()
  expect(mesh.result(program)).toEqual({ n: 6 })
  mesh.endsWell()
})

it.each([
  [1_500, 'before it was thought dead'],
  [4_000, 'while it was thought dead'],
])('an outcome that its owner never took (made after %i ms, %s) is said again when it is back', (ms) => {
  const mesh = new Scenario({ S: 0, E: 1, X: 0 })
  mesh.fn('work', function* () {
    yield* elapse(ms)
    return 'kept'
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [], only('E')))
  })
  mesh.run({ forMs: 500 })
  // S stands still, and what is sent to it is lost: it may not find the outcome unread when it goes on.
  mesh.peer('S').freeze()
  mesh.cut(['S'], ['E', 'X'])
  mesh.run({ forMs: 4_500 })
  expect([...mesh.peer('E').state.executor.all()].filter(({ state }) => state !== 'done')).toEqual([])
  expect(mesh.peer('E').state.members.ended(mesh.peer('S').life)).toBe(true)
  mesh.network.heal()
  mesh.peer('S').thaw()
  expect(mesh.result(program)).toBe('kept')
  expect(mesh.timesRun('work')).toBe(1)
  mesh.endsWell()
})

it('an outcome does not wait for the owner of a ref that nobody here holds any more', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(10)
    return [context.put({ n: 5 })]
  })
  mesh.fn('pass', function* (_context, refs: readonly SimRef[]) {
    yield* elapse(10)
    return refs.length
  })
  const program = mesh.ask('S', function* (context) {
    const refs = yield* get(context.call('make', [], only('X')))
    mesh.cut(['E'], ['X'])
    return yield* get(context.call('pass', [refs], only('E')))
  })
  // X never answers E, which asked it for the ref inside the argument, and let go of it.
  mesh.until(() => mesh.timesRun('pass') === 1, 'it is passed')
  mesh.run({ forMs: 100 })
  mesh.kill('X')
  mesh.until(() => program.end !== null, 'the program ends', 10_000)
  expect(program.end?.value).toBe(1)
  mesh.endsWell()
})

it('a leaving peer takes the children of what it still runs, and its last outcome goes before its goodbye', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 2 })
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(200)
    return n
  })
  mesh.fn('parent', function* (context) {
    let sum = 0
    for (let n = 0; n < 4; n++) sum += (yield* get(context.call('child', [n]))) as number
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { ...only('E'), retries: 0 }))
  })
  mesh.run({ forMs: 300 })
  mesh.peer('E').event({ type: 'leave' })
  expect(mesh.result(program)).toBe(6)
  expect(mesh.timesRun('parent')).toBe(1)
  mesh.endsWell()
})

it('a result that is made again has its time and its retries to itself', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1, V: 1 })
  let makings = 0
  mesh.fn('make', function* (context) {
    makings++
    // The first attempt fails by itself, the third takes its peer along.
    yield* elapse(20)
    if (makings === 1) throw new RangeError('not yet')
    if (makings === 3) {
      mesh.clock.after(0, () => mesh.kill(context.at))
      yield* elapse(1_000)
    }
    return new Big({ n: 7 }, 1e6)
  })
  const program = mesh.ask('S', function* (context) {
    const options = { copies: 1, retries: 1, retryErrors: [{ text: 'RangeError' }] }
    const ref = context.call('make', [], options)
    yield* elapse(3_000)
    mesh.kill(mesh.runs('make').at(-1) as string)
    return yield* get(ref)
  })
  expect(mesh.result(program)).toEqual({ n: 7 })
  expect(mesh.timesRun('make')).toBe(4)
  mesh.endsWell()
})

it('a result that is made again and takes longer than the task may, is timed out', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1 })
  mesh.fn('make', function* () {
    yield* elapse(mesh.timesRun('make') === 1 ? 100 : 1e6)
    return new Big({ n: 7 }, 1e6)
  })
  let lostAt = 0
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { copies: 1, timeoutMs: 2_000 })
    yield* elapse(3_000)
    mesh.kill(mesh.runs('make')[0] as string)
    lostAt = mesh.clock.now
    const got = yield { type: 'get', ref }
    return got.type === 'failure' ? got.failure.code : got.value
  })
  expect(mesh.result(program)).toBe('TASK_TIMEOUT')
  expect(mesh.clock.now - lostAt).toBeLessThan(10_000)
  mesh.endsWell()
})

it('puts that only lineage keeps count against its limit: past it the oldest go, and explain says so', () => {
  const mesh = new Scenario({ S: 0, E: 1 }, { config: { lineageBytes: 4e6 } })
  mesh.fn('weigh', function* (_context, block: { n: number }, note: { n: number }) {
    yield* elapse(10)
    return new Big({ n: block.n + note.n }, 1e6)
  })
  const S = mesh.peer('S')
  const puts: ObjectId[] = []
  const results: ObjectId[] = []
  const program = mesh.ask('S', function* (context) {
    const refs: SimRef[] = []
    for (let n = 0; n < 20; n++) {
      const [block, note] = [context.put(new Big({ n }, 1e6)), context.put({ n })]
      puts.push(block.object)
      refs.push(context.call('weigh', [block, note], { copies: 1 }))
      context.release(block)
      context.release(note)
    }
    for (const ref of refs) results.push(ref.object)
    let sum = 0
    for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
    yield* elapse(1_000)
    const kept = puts.filter((object) => S.state.directory.get(object) !== undefined)
    return [sum, kept, inspect(S.state, { what: 'explain', id: results[0] as ObjectId, limit: 10 }, S.now())]
  })
  const [sum, kept, why] = mesh.result(program) as [number, ObjectId[], unknown]
  expect(sum).toBe(380)
  expect(JSON.stringify(why)).toMatch(/its lineage was dropped: more than 4000000 bytes/)
  // With what is inline and in specs, a fourth one is too much.
  expect(kept).toEqual(puts.slice(-3))
  mesh.endsWell()
})

it('an input of a task is lost while that one stands in line: it waits again, and its owner does not take that for a sleep', () => {
  const gpu = { needs: { resources: { gpu: 1 } } }
  const mesh = new Scenario({ S: 0, E: { slots: 2, resources: { gpu: 1 } }, X: 1, Y: { slots: 1, memoryBytes: 0 } })
  mesh.fn('block', function* () {
    yield* elapse(10_000)
    return new Big({ n: 7 }, 1e6)
  })
  mesh.fn('long', function* () {
    yield* elapse(8_000)
    return 1
  })
  mesh.fn('read', function* (_context, block: { n: number }) {
    yield* elapse(1)
    return block.n
  })
  let stored = false
  const program = mesh.ask('S', function* (context) {
    const block = context.call('block', [], { ...only('X'), copies: 1 })
    yield { type: 'durable', ref: block }
    stored = true
    const long = context.call('long', [], gpu)
    const read = context.call('read', [block], gpu)
    return ((yield* get(long)) as number) + ((yield* get(read)) as number)
  })
  mesh.until(() => stored && mesh.timesRun('long') === 1, 'the reader stands in line')
  mesh.kill('X')
  mesh.restart('X')
  expect(mesh.result(program)).toBe(8)
  expect(mesh.timesRun('block')).toBe(2)
  mesh.endsWell()
})
