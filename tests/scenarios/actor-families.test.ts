// Actors that have others, or hold one another, and many at once: what becomes of them while peers and workers die.

import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { expect, test } from 'vitest'
import { again, allTold, hostOf, nothingLives, oneTo, stage, told } from './actor-stage.ts'
import { elapse, get } from './scenario.ts'

test('an actor that begins again makes its child again, and whoever calls it does not notice', () => {
  const scene = stage({ S: 0, G: 0, X: 2, Y: 2, Z: 2 })
  scene.actors.set('Parent', {
    build: () => ({ child: null }),
    methods: {
      *ask(context: Context, state: { child: { actor: SimRef } | null }): Body {
        state.child ??= { actor: context.spawn('Tally', [100], again) }
        return yield* get(context.send(state.child.actor, 'add', [1, 1], again))
      },
    },
    snapshots: false,
  })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Parent', [], again)
    const ask = (): SimRef => context.send(actor, 'ask', [], again)
    const seen = [yield* told(ask()), yield* told(ask())]
    scene.kill(hostOf(scene, actor))
    return [...seen, yield* told(ask()), yield* told(ask())]
  })
  expect(scene.result(program)).toEqual([101, 102, 101, 102])
  scene.endsWell()
})

test('two actors that hold one another end when the peer of their program leaves', () => {
  const scene = stage({ S: 0, X: 2, Y: 2 })
  const program = scene.ask('S', function* (context) {
    const actors = [context.spawn('Shelf', []), context.spawn('Shelf', [])] as const
    for (const n of [0, 1] as const) yield* get(context.send(actors[n], 'keep', [{ refs: [actors[1 - n]] }]))
    return 'kept'
  })
  expect(scene.result(program)).toBe('kept')
  scene.run({ forMs: 5_000 })
  expect(nothingLives(scene)).toBe(false)
  scene.peer('S').event({ type: 'leave' })
  scene.until(() => nothingLives(scene), 'nothing lives')
  scene.endsWell()
})

test('many actors, peers killed one by one: every sequence goes on by one, or begins anew', () => {
  const scene = stage({ S: 0, G: 0, A: 4, B: 4, C: 4, D: 4, E: 4, F: 4 })
  const program = scene.ask('S', function* (context) {
    const actors = oneTo(12).map(() => context.spawn('Tally', [0], again))
    const rounds: SimRef[][] = actors.map(() => [])
    for (let round = 0; round < 40; round++) {
      for (const [n, actor] of actors.entries()) rounds[n]?.push(context.send(actor, 'add', [5, 1], again))
      yield* elapse(100)
      if (round % 8 === 7) scene.kill(['A', 'B', 'C', 'D', 'E'][(round - 7) / 8] as string)
    }
    const all: unknown[] = []
    for (const refs of rounds) all.push(yield* allTold(refs))
    return all
  })
  for (const replies of scene.result(program) as number[][])
    for (const [at, reply] of replies.entries()) expect([(replies[at - 1] ?? 0) + 1, 1]).toContain(reply)
  expect(scene.said('actor:restarted')).toBeGreaterThan(5)
  scene.endsWell()
})

test('parents and their children, one of which dies now and then: every round is answered by all', () => {
  const scene = stage({ S: 0, G: 0, A: 20, B: 20, C: 20 })
  scene.actors.set('Parent', {
    build: (count: number) => ({ count, children: [] }),
    methods: {
      *round(context: Context, state: { count: number; children: { actor: SimRef }[] }): Body {
        while (state.children.length < state.count) state.children.push({ actor: context.spawn('Tally', [0]) })
        const replies = yield* allTold(state.children.map(({ actor }) => context.send(actor, 'add', [1, 1])))
        const all = replies as (number | string)[]
        state.children = state.children.filter((_, n) => typeof all[n] === 'number')
        return all.filter((reply) => typeof reply === 'number').length
      },
    },
    snapshots: false,
  })
  const program = scene.ask('S', function* (context) {
    const parents = oneTo(4).map(() => context.spawn('Parent', [5], again))
    const rounds: unknown[] = []
    for (let round = 0; round < 20; round++) {
      if (round % 4 === 3) {
        const [unlucky] = [...scene.peer(['A', 'B', 'C'][round % 3] as string).state.residents.all()].filter(
          (row) => row.state === 'open',
        )
        const at = scene.peer(['A', 'B', 'C'][round % 3] as string)
        if (unlucky) at.workers.crash(unlucky.worker, 'uncaught')
      }
      rounds.push(yield* allTold(parents.map((parent) => context.send(parent, 'round', [], again))))
    }
    return rounds
  })
  const rounds = scene.result(program) as number[][]
  expect(rounds).toHaveLength(20)
  for (const replies of rounds) for (const reply of replies) expect(reply).toBeGreaterThanOrEqual(4)
  scene.endsWell()
})

test('a counter goes round a ring of named actors, on ways of 200 ms', () => {
  const scene = stage({ S: 0, A: 2, B: 2, C: 2 })
  scene.network.weather = { ...scene.network.weather, delayMs: [200, 220] }
  scene.actors.set('Seat', {
    build: () => ({}),
    methods: {
      *pass(context: Context, _state: never, count: number, left: { actor: SimRef }[]): Body {
        const [next, ...rest] = left
        if (!next) return count
        return yield* get(context.send(next.actor, 'pass', [count + 1, rest], again))
      },
    },
    snapshots: false,
  })
  const program = scene.ask('S', function* (context) {
    const seats = oneTo(5).map((n) => ({
      actor: context.spawn('Seat', [], { ...again, name: `seat ${n}`, spread: true, concurrency: 4 }),
    }))
    const [first, ...others] = seats
    const round = [...others, first, ...others, first]
    return yield* get(context.send((first as { actor: SimRef }).actor, 'pass', [0, round], again))
  })
  expect(scene.result(program)).toBe(10)
  expect(scene.said('peer:died')).toBe(0)
  scene.endsWell()
})
