// Where a task runs: at its bytes, apart from its like when that is asked for, on a peer that is named.

import { Big } from '@murmuration/sim-peer'
import { describe, expect, it, test } from 'vitest'
import { allTold, oneTo, told } from './actor-stage.ts'
import { Scenario, elapse, only } from './scenario.ts'

/** `make` gives something large; `read` wants it as an argument, `wait` takes its time. */
function define(mesh: Scenario): void {
  mesh.fn('make', function* (_context, n: number) {
    yield* elapse(5)
    return new Big({ n }, 2e6)
  })
  mesh.fn('read', function* (_context, from: { n: number }, ms: number) {
    yield* elapse(ms)
    return from.n
  })
  mesh.fn('wait', function* (_context, ms: number) {
    yield* elapse(ms)
    return ms
  })
}

const spacious = { slots: 2 }
const flock = { S: spacious, A: spacious, B: spacious, C: spacious, D: spacious, E: spacious }

describe('a task runs where its argument is', () => {
  test('put here: here', () => {
    const mesh = new Scenario(flock)
    define(mesh)
    const program = mesh.ask('S', function* (context) {
      const ref = context.put(new Big({ n: 4 }, 2e6), { copies: 1 })
      return yield* allTold(oneTo(5).map((ms) => context.call('read', [ref, ms])))
    })
    expect(mesh.result(program)).toEqual([4, 4, 4, 4, 4])
    expect(mesh.runs('read')[0]).toBe('S')
    mesh.endsWell()
  })

  test.each(['A', 'B', 'C', 'D', 'E'])('made by %s: there', (there) => {
    const mesh = new Scenario(flock)
    define(mesh)
    const program = mesh.ask('S', function* (context) {
      const ref = context.call('make', [1], { ...only(there), copies: 1 })
      yield { type: 'durable', ref }
      return yield* told(context.call('read', [ref, 5]))
    })
    expect(mesh.result(program)).toBe(1)
    expect(mesh.runs('read')).toEqual([there])
    mesh.endsWell()
  })

  test('moved to the disk of the one that has it: there all the same', () => {
    const mesh = new Scenario({ ...flock, D: { slots: 2, memoryBytes: 5e6, diskBytes: 1e8 } })
    define(mesh)
    const program = mesh.ask('S', function* (context) {
      const refs = oneTo(8).map((n) => context.call('make', [n], { ...only('D'), copies: 1 }))
      for (const ref of refs) yield { type: 'durable', ref }
      const onDisk = mesh.peer('D').state.holdings.diskBytes
      const all: unknown[] = []
      for (const ref of refs) all.push(yield* told(context.call('read', [ref, 5])))
      return [onDisk, all]
    })
    const [onDisk, all] = mesh.result(program) as [number, number[]]
    expect(onDisk).toBeGreaterThan(2e6)
    expect(all).toEqual(oneTo(8))
    expect(new Set(mesh.runs('read'))).toEqual(new Set(['D']))
    mesh.endsWell()
  })

  test('borrowed, and asked for elsewhere: not where it is asked for, but where it is', () => {
    const mesh = new Scenario(flock)
    define(mesh)
    mesh.fn('asks', function* (context, box: { ref: never }) {
      return yield* told(context.call('read', [box.ref, 5]))
    })
    const program = mesh.ask('S', function* (context) {
      const ref = context.call('make', [3], { ...only('C'), copies: 1 })
      yield { type: 'durable', ref }
      return yield* told(context.call('asks', [{ ref }], only('E')))
    })
    expect(mesh.result(program)).toBe(3)
    expect(mesh.runs('read')).toEqual(['C'])
    mesh.endsWell()
  })
})

it('spread counts for more than where the bytes are', () => {
  const mesh = new Scenario({ S: 0, A: 8, B: 8, C: 8, D: 8 })
  define(mesh)
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [1], { ...only('B'), copies: 1 })
    yield { type: 'durable', ref }
    return yield* allTold(oneTo(4).map((n) => context.call('read', [ref, 500 + n], { spread: true })))
  })
  expect(mesh.result(program)).toEqual([1, 1, 1, 1])
  expect(mesh.runs('read').sort()).toEqual(['A', 'B', 'C', 'D'])
  mesh.endsWell()
})

describe('a peer that is named', () => {
  test.each([
    { how: 'needed', is: 'idle', at: 'A', soon: true },
    { how: 'needed', is: 'busy', at: 'A', soon: false },
    { how: 'preferred', is: 'idle', at: 'A', soon: true },
    { how: 'preferred', is: 'busy', at: 'B', soon: true },
    { how: 'preferred', is: 'dead', at: 'B', soon: true },
    { how: 'preferred', is: 'unable', at: 'B', soon: true },
  ])('$how and $is', ({ how, is, at, soon }) => {
    const mesh = new Scenario({ S: 0, A: is === 'unable' ? 0 : 1, B: 1 })
    define(mesh)
    if (is === 'dead') mesh.kill('A')
    const program = mesh.ask('S', function* (context) {
      if (is === 'busy') context.call('wait', [60_000], only('A'))
      yield* elapse(5_000)
      const began = mesh.clock.now
      const place = how === 'needed' ? only('A') : { prefer: { peer: 'A' } }
      const waited = yield* told(context.call('wait', [100], place))
      return [waited, mesh.clock.now - began < 5_000]
    })
    expect(mesh.result(program)).toEqual([100, soon])
    expect(mesh.runs('wait').at(-1)).toBe(at)
    mesh.endsWell()
  })

  test('needed and not here, and who asks sleeps for longer than that waits: awake it waits anew, and it comes', () => {
    const mesh = new Scenario({ S: 0, B: 1 })
    define(mesh)
    const program = mesh.ask('S', (context) => told(context.call('wait', [100], only('A'))))
    mesh.run({ forMs: mesh.config.placeTimeoutMs / 2 })
    mesh.peer('S').sleep()
    mesh.run({ forMs: 3 * mesh.config.placeTimeoutMs })
    mesh.peer('S').thaw()
    mesh.run({ forMs: mesh.config.placeTimeoutMs / 2 })
    expect(program.end).toBeNull()
    mesh.add('A', { slots: 1, entries: ['B'] })
    expect(mesh.result(program)).toBe(100)
    mesh.endsWell()
  })

  test.each([
    { is: 'dead', sentence: /^UNPLACEABLE: .*only A was asked for/ },
    { is: 'unable', sentence: /^UNPLACEABLE: .*it runs nothing \(slots: 0\)/ },
  ])('needed and $is: said so, after a while', ({ is, sentence }) => {
    const mesh = new Scenario({ S: 0, A: is === 'unable' ? 0 : 1, B: 1 })
    define(mesh)
    if (is === 'dead') mesh.kill('A')
    const program = mesh.ask('S', function* (context) {
      yield* elapse(5_000)
      return yield* told(context.call('wait', [100], only('A')))
    })
    expect(mesh.result(program, 5_000 + 2 * mesh.config.placeTimeoutMs)).toMatch(sentence)
    mesh.endsWell()
  })
})
