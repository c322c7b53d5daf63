// Tasks that need one another: chains, values inside values, many who wait for one, what cancels end and what they
// leave alone, and that nothing of what a task was given stays, whatever becomes of it.

import { Big } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { describe, expect, it, test } from 'vitest'
import { allTold, oneTo, told } from './actor-stage.ts'
import { Scenario, elapse, get } from './scenario.ts'

/** Takes its time, and gives what it was given. */
function defineSlow(mesh: Scenario): void {
  mesh.fn('slow', function* (_context, ms: number, value: unknown) {
    yield* elapse(ms)
    return value
  })
}

it('a hundred tasks run one after the other, each with the result of the one before', () => {
  const mesh = new Scenario({ S: 0, X: 2, Y: 2 })
  mesh.fn('next', function* (_context, n: number) {
    yield* elapse(1)
    return n + 1
  })
  const program = mesh.ask('S', function* (context) {
    let ref = context.call('next', [0])
    for (let n = 1; n < 100; n++) {
      const before = ref
      ref = context.call('next', [before])
      context.release(before)
    }
    return yield* get(ref)
  })
  expect(mesh.result(program)).toBe(100)
  expect(mesh.timesRun('next')).toBe(100)
  mesh.endsWell()
})

it('a ref in a value in a value, twenty-five deep, is read step by step', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1 })
  mesh.fn('box', function* (context, depth: number) {
    yield* elapse(1)
    return depth === 0 ? { inner: null } : { inner: context.call('box', [depth - 1]) }
  })
  const program = mesh.ask('S', function* (context) {
    let at: SimRef | null = context.call('box', [25])
    let steps = 0
    while (at !== null) {
      const box = (yield* get(at)) as { inner: SimRef | null }
      context.release(at)
      at = box.inner
      steps++
    }
    return steps
  })
  expect(mesh.result(program)).toBe(26)
  expect(mesh.timesRun('box')).toBe(26)
  mesh.endsWell()
})

it('many tasks and a program wait for one value, and each of them has it', () => {
  const mesh = new Scenario({ S: 0, X: 8, Y: 8 })
  defineSlow(mesh)
  mesh.fn('reads', function* (_context, box: { ref: SimRef }) {
    return yield* get(box.ref)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('slow', [3_000, 'value'])
    const readers = oneTo(50).map(() => context.call('reads', [{ ref }]))
    return [yield* told(ref), ...((yield* allTold(readers)) as string[])]
  })
  expect(mesh.result(program)).toEqual(Array.from({ length: 51 }, () => 'value'))
  expect(mesh.timesRun('slow')).toBe(1)
  mesh.endsWell()
})

it('the first error of a chain is what the last one says, with every task on the way', () => {
  const mesh = new Scenario({ S: 0, X: 2 })
  mesh.fn('divides', function* (_context) {
    yield* elapse(1)
    throw new RangeError('by zero')
  })
  mesh.fn('asks', function* (context, depth: number) {
    return yield* get(depth === 0 ? context.call('divides', []) : context.call('asks', [depth - 1]))
  })
  mesh.fn('takes', function* (_context, value: unknown) {
    yield* elapse(1)
    return value
  })
  const program = mesh.ask('S', function* (context) {
    return yield* told(context.call('takes', [context.call('asks', [2])]))
  })
  const sentence = mesh.result(program) as string
  expect(sentence).toMatch(
    /^ARGUMENT_FAILED: .*asks threw .*asks threw .*asks threw .*divides threw RangeError: by zero/,
  )
  expect(mesh.timesRun('divides')).toBe(1)
  expect(mesh.timesRun('takes')).toBe(0)
  mesh.endsWell()
})

describe('a cancel', () => {
  it('of a task fails those that need it; of those it leaves alone what they need', () => {
    const mesh = new Scenario({ S: 0, X: 1 })
    defineSlow(mesh)
    const program = mesh.ask('S', function* (context) {
      const dependents = (ref: SimRef): SimRef[] => oneTo(3).map(() => context.call('slow', [1, ref]))
      const cancelled = context.call('slow', [2_000, 1])
      const theirs = dependents(cancelled)
      const kept = context.call('slow', [2_000, 2])
      const ours = dependents(kept)
      yield* elapse(200)
      context.cancel(cancelled, 'enough')
      for (const ref of ours) context.cancel(ref, 'enough')
      return [yield* allTold([cancelled, ...theirs]), yield* allTold(ours), yield* told(kept)]
    })
    const [first, second, kept] = mesh.result(program) as [string[], string[], number]
    expect(first[0]).toMatch(/^TASK_CANCELLED: .*enough/)
    for (const one of first.slice(1)) expect(one).toMatch(/^ARGUMENT_FAILED: .*enough/)
    for (const one of second) expect(one).toMatch(/^TASK_CANCELLED: .*enough/)
    expect(kept).toBe(2)
    mesh.endsWell()
  })

  it('on one slot ends what runs and what stands in line, and something else runs then', () => {
    const mesh = new Scenario({ S: 0, X: 1 })
    defineSlow(mesh)
    const program = mesh.ask('S', function* (context) {
      const runs = context.call('slow', [1e7, 1])
      const waits = context.call('slow', [1e7, 2])
      const other = context.call('slow', [100, 3])
      yield* elapse(1_000)
      context.cancel(waits, 'enough')
      context.cancel(runs, 'enough')
      return yield* allTold([runs, waits, other])
    })
    mesh.run({ forMs: 20_000 })
    expect(mesh.result(program, 0)).toEqual([
      expect.stringMatching(/^TASK_CANCELLED/) as string,
      expect.stringMatching(/^TASK_CANCELLED/) as string,
      3,
    ])
    mesh.endsWell()
  })

  it('at any moment leaves a task with its value or cancelled, and all others as they were', () => {
    const mesh = new Scenario({ S: 0, X: 2, Y: 2 })
    mesh.fn('quick', function* (_context, n: number) {
      yield* elapse(n % 5)
      return n
    })
    const program = mesh.ask('S', function* (context) {
      const refs = Array.from({ length: 1_000 }, (_, n) => context.call('quick', [n]))
      const hit = new Set<number>()
      for (let n = 0; n < 1_000; n += 20) {
        yield* elapse(n % 3)
        // From the front, where they are over; to the back, where they wait.
        const at = n % 40 === 0 ? n : 999 - n
        context.cancel(refs[at] as SimRef, 'enough')
        hit.add(at)
      }
      return [yield* allTold(refs), [...hit]]
    })
    const [all, hit] = mesh.result(program) as [(number | string)[], number[]]
    const cancelled = all.flatMap((one, n) => (typeof one === 'string' ? [n] : []))
    for (const n of cancelled) expect(all[n]).toMatch(/^TASK_CANCELLED/)
    for (const [n, one] of all.entries()) if (typeof one === 'number') expect(one).toBe(n)
    expect(hit).toEqual(expect.arrayContaining(cancelled))
    expect(cancelled.length).toBeGreaterThan(5)
    expect(cancelled.length).toBeLessThan(hit.length)
    mesh.endsWell()
  })
})

describe('nothing of its arguments stays', () => {
  const ends = [
    'gives a value',
    'throws',
    'crashes its worker',
    'takes its peer down',
    'is cancelled',
    'is out of time',
  ]

  test.each(
    ends.flatMap((end) => [
      { end, size: 10 },
      { end, size: 1e6 },
    ]),
  )('of a task that $end, of $size bytes', ({ end, size }) => {
    const mesh = new Scenario({ S: 0, X: 1, Y: 1 })
    mesh.fn('uses', function* (context, _value: unknown, box: { ref: SimRef }) {
      yield* get(box.ref)
      yield* elapse(50)
      if (end === 'throws') throw new RangeError('no')
      if (end === 'crashes its worker') {
        const { workers } = mesh.peer(context.at)
        mesh.clock.after(0, () => workers.crash(workers.busy()[0] as number, 'uncaught'))
      }
      if (end === 'takes its peer down') mesh.clock.after(0, () => mesh.kill(context.at))
      if (end !== 'gives a value') yield* elapse(5_000)
      return 'done'
    })
    const program = mesh.ask('S', function* (context) {
      const value = context.put(new Big('argument', size))
      const nested = context.put(new Big('nested', size))
      const timeoutMs = end === 'is out of time' ? 2_000 : 60_000
      const ref = context.call('uses', [value, { ref: nested }], { retries: 0, timeoutMs })
      context.release(value)
      context.release(nested)
      yield* elapse(1_000)
      if (end === 'is cancelled') context.cancel(ref, 'enough')
      const said = yield* told(ref)
      yield* elapse(10_000)
      // Its ref is still held: what it was given is not.
      const kept = mesh.alive().flatMap(({ state }) => [...state.holdings.all(), ...state.directory.all()])
      return [said, kept.map(({ object }) => object).filter((object) => object !== ref.object)]
    })
    const [said, kept] = mesh.result(program) as [string, string[]]
    const codes: Record<string, RegExp> = {
      'gives a value': /^done$/,
      throws: /^TASK_FAILED/,
      'crashes its worker': /^WORKER_DIED/,
      'takes its peer down': /^PEER_DIED/,
      'is cancelled': /^TASK_CANCELLED/,
      'is out of time': /^TASK_TIMEOUT/,
    }
    expect(said).toMatch(codes[end] as RegExp)
    expect(kept).toEqual([])
    mesh.endsWell()
  })
})
