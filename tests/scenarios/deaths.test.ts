// Work of many tasks while one peer after the other is killed: long chains and wide fans, a shuffle, and a single task
// that is unlucky time after time. All of it ends with the right result, and says what it went through.

import { inspect } from '@murmuration/core/seeing'
import { Big } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { expect, it } from 'vitest'
import { allTold, oneTo, told } from './actor-stage.ts'
import { Scenario, elapse, keepsNothing } from './scenario.ts'

const workers = ['A', 'B', 'C', 'D']

/** Each of them in turn dies and comes back, one every so often, as long as the program runs. */
function killInTurn(mesh: Scenario, isOver: () => boolean, everyMs: number): void {
  for (const peer of workers) {
    mesh.run({ until: isOver, forMs: everyMs })
    mesh.kill(peer)
    mesh.run({ forMs: 100 })
    mesh.restart(peer)
  }
}

it('chains of tasks and a fan at the end, while every peer is killed in turn', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 2, B: 2, C: 2, D: 2 })
  mesh.fn('next', function* (_context, from: { n: number }) {
    yield* elapse(80)
    return new Big({ n: from.n + 1 }, 1e5)
  })
  mesh.fn('sum', function* (_context, ...all: { n: number }[]) {
    yield* elapse(10)
    return all.reduce((sum, { n }) => sum + n, 0)
  })
  const program = mesh.ask('S', function* (context) {
    const heads = oneTo(5).map((chain) => {
      let ref: SimRef = context.put({ n: chain * 1_000 })
      for (let n = 0; n < 40; n++) {
        const before = ref
        ref = context.call('next', [before], { copies: 1, retries: -1 })
        context.release(before)
      }
      return ref
    })
    return yield* told(context.call('sum', heads, { retries: -1 }))
  })
  killInTurn(mesh, () => program.end !== null, 700)
  expect(program.end).toBeNull()
  expect(mesh.result(program)).toBe(15_000 + 5 * 40)
  mesh.endsWell()
})

it('a shuffle: every part of everything reaches whom it is for, while every peer is killed in turn', () => {
  const count = 12
  const mesh = new Scenario({ S: 0, A: 2, B: 2, C: 2, D: 2 })
  // Its parts are objects of their own: each reader fetches its own and no others.
  mesh.fn('split', function* (context, from: number) {
    yield* elapse(500)
    return { parts: oneTo(count).map((to) => context.put(new Big({ n: from * 100 + to }, 1e5), { copies: 1 })) }
  })
  mesh.fn('gather', function* (_context, to: number, ...all: { parts: SimRef[] }[]) {
    yield* elapse(500)
    let sum = 0
    for (const { parts } of all) {
      const got = yield { type: 'get', ref: parts[to - 1] as SimRef }
      if (got.type === 'failure') throw new Error(`${got.failure.code}: ${got.failure.message}`)
      sum += (got.value as { n: number }).n
    }
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    const halves = oneTo(count).map((from) => context.call('split', [from], { retries: -1 }))
    const sums = oneTo(count).map((to) => context.call('gather', [to, ...halves], { retries: -1 }))
    for (const ref of halves) context.release(ref)
    return yield* allTold(sums)
  })
  killInTurn(mesh, () => program.end !== null, 1_500)
  const total = 100 * ((count * (count + 1)) / 2)
  expect(mesh.result(program)).toEqual(oneTo(count).map((to) => total + count * to))
  expect(mesh.timesRun('split')).toBeGreaterThan(count)
  mesh.endsWell()
})

it.each([3, 2])(
  'three deaths under one task with %d retries: every attempt is told, and what came of each',
  (retries) => {
    const mesh = new Scenario({ S: 0, A: 1, B: 1, C: 1, D: 1 })
    mesh.fn('unlucky', function* (context) {
      yield* elapse(500)
      return `attempt ${context.attempt}`
    })
    let task: SimRef | undefined
    const program = mesh.ask('S', function* (context) {
      task = context.call('unlucky', [], { retries })
      return yield* told(task)
    })
    for (const nth of [1, 2, 3]) {
      mesh.until(() => mesh.timesRun('unlucky') === nth, `attempt ${nth} runs`)
      mesh.kill(mesh.runs('unlucky').at(-1) as string)
    }
    if (retries === 3) expect(mesh.result(program)).toBe('attempt 4')
    else expect(mesh.result(program)).toMatch(/^PEER_DIED: unlucky failed after 3 attempts/)
    const S = mesh.peer('S')
    const row = inspect(S.state, { what: 'tasks', id: null, limit: 10 }, S.now()).find(({ fn }) => fn === 'unlucky')
    expect(row).toMatchObject({ state: retries === 3 ? 'value' : 'failure', attempt: retries + 1 })
    const story = inspect(S.state, { what: 'story', id: (task as SimRef).object, limit: 100 }, S.now())
    for (const peer of mesh.runs('unlucky').slice(0, 3)) expect(JSON.stringify(story)).toContain(peer)
    expect(JSON.stringify(story).match(/died/g)?.length).toBeGreaterThanOrEqual(3)
    mesh.endsWell()
  },
)
