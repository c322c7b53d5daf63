// Results that are lost with their peers and made again, many at once and time after time: shared inputs, what was
// on disks, what comes out otherwise, what takes for ever, and what is said of it meanwhile.

import { inspect } from '@murmuration/core/seeing'
import type { InspectRow } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { Context, SimRef } from '@murmuration/sim-peer'
import { describe, expect, it, test } from 'vitest'
import { allTold, oneTo, told } from './actor-stage.ts'
import { Scenario, elapse, keepsNothing } from './scenario.ts'

/** Something large, made from a number, or from something large. */
function defineBlocks(mesh: Scenario): void {
  mesh.fn('make', function* (_context, n: number) {
    yield* elapse(10)
    return new Big({ n }, 2e5)
  })
  mesh.fn('refine', function* (_context, from: { n: number }, by: number) {
    yield* elapse(10)
    return new Big({ n: from.n + by }, 2e5)
  })
  mesh.fn('read', function* (_context, from: { n: number }) {
    yield* elapse(1)
    return from.n
  })
}

const once = { copies: 1 }

/** Everybody who holds any of these dies, and is started again. */
function loseAll(mesh: Scenario, refs: readonly SimRef[]): void {
  const holders = mesh.alive().filter(({ state }) => refs.some(({ object }) => state.holdings.has(object)))
  for (const { peer } of holders) {
    mesh.kill(peer)
    mesh.restart(peer)
  }
}

function listed(mesh: Scenario, what: 'tasks' | 'objects'): InspectRow[] {
  const S = mesh.peer('S')
  return inspect(S.state, { what, id: null, limit: 1_000 }, S.now())
}

it('what four results were made from is lost with them, twice: each time all are made again, from one', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 2, Y: 2, Z: 2 })
  defineBlocks(mesh)
  const program = mesh.ask('S', function* (context) {
    const from = context.call('make', [100], once)
    const results = oneTo(4).map((by) => context.call('refine', [from, by], once))
    context.release(from)
    const all: unknown[] = []
    for (let round = 0; round < 3; round++) {
      all.push(yield* allTold(results.map((ref) => context.call('read', [ref]))))
      yield* elapse(1_000)
      if (round < 2) loseAll(mesh, [from, ...results])
    }
    return all
  })
  const numbers = [101, 102, 103, 104]
  expect(mesh.result(program)).toEqual([numbers, numbers, numbers])
  expect(mesh.timesRun('make')).toBe(3)
  mesh.endsWell()
})

it('a result that is small one time and large another is there every time', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  let runs = 0
  mesh.fn('varies', function* () {
    yield* elapse(10)
    return new Big({ n: 7 }, ++runs % 2 === 1 ? 2e5 : 20)
  })
  mesh.fn('read', function* (_context, from: { n: number }) {
    yield* elapse(1)
    return from.n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = oneTo(4).map(() => context.call('varies', [], once))
    const all: unknown[] = []
    for (let round = 0; round < 6; round++) {
      all.push(yield* allTold(refs.map((ref) => context.call('read', [ref]))))
      for (const peer of ['X', 'Y', 'Z'].slice(0, 1 + (round % 3))) {
        mesh.kill(peer)
        mesh.restart(peer)
      }
      yield* elapse(1_500)
    }
    return all
  })
  const sevens = [7, 7, 7, 7]
  expect(mesh.result(program)).toEqual(Array.from({ length: 6 }, () => sevens))
  expect(runs).toBeGreaterThan(6)
  mesh.endsWell()
})

it('what only the disk of a peer had is made again when that is gone', () => {
  const mesh = new Scenario({ S: keepsNothing, X: { slots: 1, memoryBytes: 5e5, diskBytes: 1e8 }, Y: 0 })
  defineBlocks(mesh)
  const program = mesh.ask('S', function* (context) {
    const refs = oneTo(10).map((n) => context.call('make', [n], once))
    for (const ref of refs) yield { type: 'durable', ref }
    const onDisk = mesh.peer('X').state.holdings.diskBytes
    mesh.kill('X')
    mesh.add('Z', { slots: 1 })
    return [onDisk, yield* allTold(refs.map((ref) => context.call('read', [ref])))]
  })
  const [onDisk, numbers] = mesh.result(program) as [number, number[]]
  expect(onDisk).toBeGreaterThan(1e6)
  expect(numbers).toEqual(oneTo(10))
  expect(mesh.timesRun('make')).toBe(20)
  mesh.endsWell()
})

it('what is made again by a run that never ends fails nobody: it is listed and explained, and a cancel ends it', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1 })
  let runs = 0
  mesh.fn('endless', function* () {
    yield* elapse(++runs === 1 ? 10 : 1e8)
    return new Big({ n: 1 }, 2e5)
  })
  mesh.fn('read', function* (_context, from: { n: number }) {
    yield* elapse(1)
    return from.n
  })
  let reader: SimRef | undefined
  let made: SimRef | undefined
  const program = mesh.ask('S', function* (context) {
    made = context.call('endless', [], once)
    yield { type: 'durable', ref: made }
    loseAll(mesh, [made])
    reader = context.call('read', [made])
    return yield* told(reader)
  })
  mesh.until(() => runs === 2, 'it is made again')
  mesh.run({ forMs: 600_000 })
  expect(program.end).toBeNull()
  expect(listed(mesh, 'tasks').filter(({ fn, state }) => fn === 'endless' && state === 'assigned')).toHaveLength(1)
  const S = mesh.peer('S')
  const lines = inspect(S.state, { what: 'explain', id: (reader as SimRef).object, limit: 100 }, S.now())
  expect(JSON.stringify(lines)).toMatch(/endless .* is at .* for 6\d\d\.\d s, attempt 2/)
  S.event({ type: 'cancel', object: (made as SimRef).object, owner: S.life, reason: 'enough' })
  expect(mesh.result(program)).toMatch(/^ARGUMENT_FAILED: .*enough/)
  expect(listed(mesh, 'tasks').filter(({ state }) => state === 'assigned')).toEqual([])
  mesh.endsWell()
})

it('what is being made again is listed and counted, and no longer listed when it is there', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1 })
  defineBlocks(mesh)
  const pending = (): InspectRow[] => listed(mesh, 'objects').filter(({ state }) => state === 'pending')
  const program = mesh.ask('S', function* (context) {
    const refs = oneTo(3).map((n) => context.call('make', [n], once))
    for (const ref of refs) yield { type: 'durable', ref }
    const before = pending().length
    loseAll(mesh, refs)
    const reads = refs.map((ref) => context.call('read', [ref]))
    yield* elapse(5)
    const during = pending().length
    yield* allTold(reads)
    return [before, during, pending().length]
  })
  expect(mesh.result(program)).toEqual([0, 6, 0])
  expect(mesh.peer('S').state.counters.rebuilt).toBe(3)
  mesh.endsWell()
})

it('a cancel that comes too late takes nothing away: what is lost later is made again', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1 })
  defineBlocks(mesh)
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [5], once)
    yield { type: 'durable', ref }
    context.cancel(ref, 'too late')
    yield* elapse(500)
    loseAll(mesh, [ref])
    return yield* told(context.call('read', [ref]))
  })
  expect(mesh.result(program)).toBe(5)
  expect(mesh.timesRun('make')).toBe(2)
  mesh.endsWell()
})

describe('three hundred results and what is made from each, while every peer that works is killed three times', () => {
  const seats = {
    'with room for all': { slots: 4 },
    'with less memory than objects': { slots: 4, memoryBytes: 2e7, diskBytes: 1e9 },
  }

  test.each(Object.entries(seats))('%s: all are there in the end', (_name, seat) => {
    const mesh = new Scenario({ S: keepsNothing, X: seat, Y: seat, Z: seat })
    defineBlocks(mesh)
    const program = mesh.ask('S', function* (context: Context) {
      const sums = Array.from({ length: 300 }, (_, n) => {
        const block = context.call('make', [n], once)
        const refined = context.call('refine', [block, 1_000], once)
        const read = context.call('read', [refined], { retries: -1 })
        context.release(block)
        context.release(refined)
        return read
      })
      return yield* allTold(sums)
    })
    for (let round = 0; round < 3; round++) {
      for (const peer of ['X', 'Y', 'Z']) {
        const before = mesh.timesRun('make')
        mesh.until(() => mesh.timesRun('make') >= before + 20 || program.end !== null, 'it goes on')
        mesh.kill(peer)
        mesh.run({ forMs: 50 })
        mesh.restart(peer)
      }
    }
    expect(mesh.result(program, 600_000)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1_000))
    mesh.endsWell()
  })
})
