// Peers that were thought dead for longer than their grace, and are back: what was done meanwhile counts once.

import { expect, it } from 'vitest'
import type { SimPeer } from '@murmuration/sim-peer'
import { again, lasting, stage } from './actor-stage.ts'
import { Scenario, get, keepsNothing, longTask } from './scenario.ts'

it('two that thought each other dead meet while a task runs at one of them: what it was given anew is what runs there', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: keepsNothing })
  const program = longTask(mesh, 8_000, 'X')
  mesh.until(() => mesh.timesRun('long') === 1, 'it runs')
  mesh.run({ forMs: 1_000 })
  mesh.cut(['X'], ['S', 'Y'])
  mesh.until(() => mesh.knowsDead('S', 'X') && mesh.knowsDead('X', 'S'), 'both sides have buried the other')
  mesh.network.heal()
  expect(mesh.result(program)).toBe(7)
  expect(mesh.timesRun('long')).toBe(1)
  mesh.endsWell()
})

it('without retries a call is not made once more by whoever was thought dead until its actor was ended: it may have run', () => {
  const scene = stage({ S: 0, X: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Tally', [0], again)
    yield* get(context.send(actor, 'add', [10, 1]))
    const got = yield { type: 'get', ref: context.send(actor, 'add', [1_000, 1]) }
    return [
      got.type === 'failure' ? [got.failure.code, got.failure.message] : got,
      yield* get(context.send(actor, 'add', [1, 1])),
    ]
  })
  scene.run({ forMs: 500 })
  scene.peer('S').sleep()
  scene.until(() => scene.peer('X').state.residents.size === 0, 'X has ended it')
  scene.peer('S').thaw()
  const [lost, then] = scene.result(program) as [string[], number]
  expect(lost[0]).toBe('ACTOR_UNAVAILABLE')
  expect(lost[1]).toMatch(/add may or may not have run/)
  expect(then).toBe(1)
  scene.endsWell()
})

it('an actor begins while its owner is thought dead: that one is told where it lives when it is back', () => {
  const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    yield { type: 'elapse', ms: 10 }
    return yield* get(context.send(actor, 'add', [1, 1], again))
  })
  const given = (): boolean => scene.alive().some(({ state }) => state.executor.size > 0)
  scene.until(given, 'it is given to a host')
  scene.peer('S').sleep()
  const lives = ({ state }: { state: SimPeer['state'] }): boolean =>
    state.members.ended(scene.lifeOf('S')) && [...state.residents.all()].some((row) => row.state === 'open')
  scene.until(() => scene.alive().some(lives), 'it lives, and its host thinks that S is dead')
  scene.peer('S').thaw()
  expect(scene.result(program)).toBe(1)
  expect(scene.said('actor:restarted')).toBe(0)
  scene.endsWell()
})

it.each([
  ['sleeps', 3_000],
  ['stands still for hardly longer than its lease, which its clock does not count', 100],
])(
  'a host %s, another takes its place, and all who knew of that are gone then: what it answered last may be lost',
  (_how, ms) => {
    const scene = stage({ S: 1, X: 2, G: 0 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Counter', [0], { ...lasting, prefer: { peer: 'S' } })
      const bumps = context.call('bump', [{ actor }, 100, 100], { prefer: { peer: 'X' } })
      yield { type: 'elapse', ms: 5_000 }
      const got = yield { type: 'get', ref: context.send(actor, 'add', [1, 1], again) }
      context.cancel(bumps, 'enough')
      return got.type === 'failure' ? [got.failure.code, got.failure.message] : got.value
    })
    const hosts = (name: string): boolean =>
      [...scene.peer(name).state.residents.all()].some((row) => row.state === 'open')
    scene.until(() => hosts('S'), 'S is its host')
    scene.run({ forMs: 500 })
    scene.peer('S').sleep()
    scene.until(() => hosts('X'), 'X is its host')
    scene.run({ forMs: 500 })
    for (const name of ['X', 'G']) scene.kill(name)
    for (const name of ['X', 'G']) scene.restart(name)
    scene.run({ forMs: ms })
    scene.peer('S').thaw()
    const [code, message] = scene.result(program) as string[]
    expect(code).toBe('ACTOR_DIED')
    expect(message).toMatch(/more than half of those who kept its state are gone/)
    scene.endsWell()
  },
)

it('a member of its group slept while an actor began, and another is gone: the host makes it one that knows', () => {
  const scene = stage({ T: 0, X: 2, G: 0 })
  scene.peer('G').sleep()
  scene.ask('T', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    return yield* get(context.call('bump', [{ actor }, 100, 10], { prefer: { peer: 'X' } }))
  })
  scene.until(() => [...scene.peer('X').state.residents.all()].some((row) => row.state === 'open'), 'it lives')
  scene.run({ forMs: 200 })
  scene.kill('T')
  scene.until(() => scene.knowsDead('X', 'G') && scene.knowsDead('X', 'T'), 'X thinks that nobody is left')
  scene.endsWell()
})

it('most of its group leaves while a lease of theirs runs: they have promised nobody else, and the host goes on with who is left', () => {
  const scene = stage({ S: 0, G: 0, H: 0, V: keepsNothing, X: { slots: 1, memoryBytes: 0 } })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    const replies: unknown[] = []
    for (let n = 0; n < 10; n++) replies.push(yield* get(context.send(actor, 'add', [300, 1], again)))
    return replies
  })
  scene.run({ forMs: 1_000 })
  const [resident] = scene.peer('X').state.residents.all()
  expect(resident?.tenure?.record.group.map((life) => life[0]).sort()).toEqual(['G', 'H', 'S'])
  scene.cut(['X'], ['S'])
  for (const name of ['G', 'H']) scene.peer(name).event({ type: 'leave' })
  scene.until(() => scene.alive().length === 3, 'they have left')
  scene.run({ forMs: 2 * scene.config.leaseMs })
  scene.network.heal()
  expect(scene.result(program)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  scene.endsWell()
})
