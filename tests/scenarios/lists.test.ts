// What lists and events say of ends: each in what it ended and why, those that were meant apart from failures; and deaths,
// once to everybody.

import { inspect } from '@murmuration/core/seeing'
import { expect, it } from 'vitest'
import { allTold, hostOf, stage, told } from './actor-stage.ts'
import { elapse, only } from './scenario.ts'
import type { Scenario } from './scenario.ts'

function rows(mesh: Scenario): { readonly [fn: string]: { readonly state: unknown; readonly why: unknown } } {
  const S = mesh.peer('S')
  const listed = inspect(S.state, { what: 'tasks', id: null, limit: 100 }, S.now())
  return Object.fromEntries(listed.map(({ fn, state, why }) => [String(fn), { state, why }]))
}

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string

it('tasks by what they ended in, each with its reason', () => {
  const mesh = stage({ S: 0, X: 4, Y: 1 })
  const names = ['works', 'throws', 'crashes', 'cancelled', 'late', 'dies']
  for (const name of names)
    mesh.fn(name, function* (context) {
      yield* elapse(10)
      if (name === 'works') return 1
      if (name === 'throws') throw new RangeError('not so')
      const { workers, peer } = mesh.peer(context.at)
      if (name === 'crashes') mesh.clock.after(0, () => workers.crash(workers.busy()[0] as number, 'exit'))
      if (name === 'dies') mesh.clock.after(0, () => mesh.kill(peer))
      yield* elapse(60_000)
      return 2
    })
  const program = mesh.ask('S', function* (context) {
    for (const name of names) {
      const ref = context.call(name, [], { retries: 0, timeoutMs: 5_000, ...only(name === 'dies' ? 'Y' : 'X') })
      yield* elapse(100)
      if (name === 'cancelled') context.cancel(ref, 'not wanted')
      yield* told(ref)
    }
    return rows(mesh)
  })
  expect(mesh.result(program)).toEqual({
    works: { state: 'value', why: '' },
    throws: { state: 'failure', why: matching(/^throws threw RangeError: not so$/) },
    crashes: { state: 'failure', why: matching(/its worker died \(exit\)/) },
    cancelled: { state: 'cancelled', why: matching(/not wanted/) },
    late: { state: 'failure', why: matching(/timeoutMs/) },
    dies: { state: 'failure', why: matching(/peer Y died/) },
  })
  mesh.endsWell()
})

it('an actor that nobody needs any more, or that was ended, is no failure; one that died is', () => {
  const mesh = stage({ S: 0, X: 2, Y: 2 })
  const program = mesh.ask('S', function* (context) {
    const dropped = context.spawn('Counter', [0])
    const stopped = context.spawn('Tally', [0])
    const died = context.spawn('Shelf', [])
    yield* allTold([
      context.send(dropped, 'read', []),
      context.send(stopped, 'read', []),
      context.send(died, 'all', []),
    ])
    context.release(dropped)
    yield { type: 'stop', ref: stopped, reason: 'enough' }
    mesh.kill(hostOf(mesh, died))
    yield* elapse(5_000)
    return rows(mesh)
  })
  expect(mesh.result(program)).toMatchObject({
    Counter: { state: 'cancelled' },
    Tally: { state: 'cancelled', why: matching(/enough/) },
    Shelf: { state: 'failure', why: matching(/peer [XY] died/) },
  })
  mesh.endsWell()
})

it('a death is told once by everybody, a goodbye as what it is, and neither twice', () => {
  const mesh = stage({ S: 0, A: 1, B: 1, C: 1, D: 1 })
  const saidBy = (type: string, peer: string): string[] =>
    mesh.notices
      .filter(({ notice }) => notice.type === type && 'peer' in notice && notice.peer === peer)
      .map(({ by }) => by)
  mesh.kill('C')
  mesh.run({ forMs: 10_000 })
  mesh.peer('D').event({ type: 'leave' })
  mesh.run({ forMs: 30_000 })
  expect(saidBy('peer:died', 'C').sort()).toEqual(['A', 'B', 'D', 'S'])
  expect(saidBy('peer:left', 'D').sort()).toEqual(['A', 'B', 'S'])
  expect(mesh.said('peer:died')).toBe(4)
  mesh.endsWell()
})
