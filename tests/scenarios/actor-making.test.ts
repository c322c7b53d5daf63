// How actors come to be: when their peers or workers die meanwhile, when what they need is lost, and when nobody wants
// them any more before they are there.

import { Big } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, stage, told } from './actor-stage.ts'
import { elapse, get, keepsNothing } from './scenario.ts'

describe('being made', () => {
  test('again, when what its constructor needs was lost as well', () => {
    const scene = stage({ S: keepsNothing, G: 0, X: 1, Y: 1, Z: 1 })
    scene.fn('plan', function* () {
      yield* elapse(10)
      return new Big(40, 5e5)
    })
    const program = scene.ask('S', function* (context) {
      const plan = context.call('plan', [], { copies: 1 })
      const actor = context.spawn('Tally', [plan], again)
      context.release(plan)
      yield* get(context.send(actor, 'add', [1, 1]))
      const host = hostOf(scene)
      for (const peer of scene.alive())
        if (peer.peer === host || peer.state.holdings.has(plan.object)) scene.kill(peer.peer)
      return yield* told(context.send(actor, 'add', [1, 1], again))
    })
    expect(scene.result(program)).toBe(41)
    expect(scene.timesRun('plan')).toBe(2)
    scene.endsWell()
  })

  test('when its host dies: it is made on another', () => {
    const scene = stage({ S: 0, G: 0, X: 1, Y: 1 })
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Tally', [0], again)
      const ref = context.send(actor, 'add', [1, 1], again)
      scene.peer('S')
      return yield* told(ref)
    })
    const building = (): string | undefined =>
      scene.alive().find(({ state }) => [...state.residents.all()].some((row) => row.state === 'building'))?.peer
    scene.until(() => building() !== undefined, 'it is being made')
    scene.kill(building() as string)
    expect(scene.result(program)).toBe(1)
    scene.endsWell()
  })

  test('by a constructor whose worker ends twice, and then does not', () => {
    const scene = stage({ S: 0, X: 1 })
    const program = scene.ask('S', function* (context) {
      return yield* told(context.send(context.spawn('Counter', [0], { retries: 3 }), 'add', [1, 1]))
    })
    const X = scene.peer('X')
    for (const nth of [1, 2]) {
      const building = () => [...X.state.residents.all()].find((row) => row.state === 'building')
      scene.until(() => building() !== undefined, `it is being made, time ${nth}`)
      X.workers.crash(building()?.worker as number, 'exit')
      scene.until(() => building() === undefined, 'it has ended')
    }
    expect(scene.result(program)).toBe(1)
    expect(scene.peer('S').state.counters.retried).toBe(2)
    scene.endsWell()
  })

  test('and ended before it was: it takes no slot, no worker and no name with it', () => {
    const scene = stage({ S: 0, X: 1 })
    scene.fn('slow', function* () {
      yield* elapse(60_000)
      return 1
    })
    const program = scene.ask('S', function* (context) {
      const argument = context.call('slow', [])
      const actor = context.spawn('Counter', [argument], { name: 'hits' })
      const ref = context.send(actor, 'add', [1, 1])
      yield* elapse(500)
      yield { type: 'stop', ref: actor, reason: 'not wanted' }
      context.cancel(argument, 'not wanted')
      const next = context.spawn('Counter', [5], { name: 'hits' })
      return yield* allTold([ref, context.send(next, 'add', [1, 1])])
    })
    scene.run({ forMs: 5_000 })
    const [ended, next] = scene.result(program, 0) as unknown[]
    expect(ended).toMatch(/^ACTOR_DIED: .*not wanted/)
    expect(next).toBe(6)
    scene.endsWell()
  })
})
