// Actors that stay, got by their names: whoever has one goes on with it, and whoever asks finds it, whoever of those
// that answered for it dies.

import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, lasting, stage, told } from './actor-stage.ts'
import { Gate, get, only } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const named = { ...lasting, name: 'hits', getIfExists: true, detached: true }

function counter(context: Context): SimRef {
  return context.spawn('Counter', [0], named)
}

function* counts(context: Context, actor: SimRef): Body {
  return yield* told(context.send(actor, 'add', [1, 1], again))
}

/** Made by S, which has counted once. */
function made(): Scenario {
  const scene = stage({ S: 0, T: 0, G: 1, X: 2, Y: 2, Z: 2, U: 2, V: 2 })
  const first = scene.program(scene.peer('S'), (context) => counts(context, counter(context)), { lingers: true })
  expect(scene.result(first)).toBe(1)
  scene.run({ forMs: 1_000 })
  return scene
}

/** S and those dead, for longer than anybody waits for one that may be back. */
function without(scene: Scenario, others: readonly string[]): void {
  scene.kill('S')
  for (const name of others) scene.kill(name)
  scene.run({ forMs: 3 * scene.config.orphanGraceMs })
}

describe('whoever got it by its name', () => {
  /** T gets it, hands it to a task at once and to another one when the gate is open, and counts itself. */
  function second(scene: Scenario, gate: Gate): ReturnType<Scenario['ask']> {
    scene.fn('later', function* (context, { actor }: { actor: SimRef }) {
      yield* gate.passed()
      return yield* counts(context, actor)
    })
    return scene.ask('T', function* (context) {
      const actor = counter(context)
      const early = context.call('later', [{ actor }], only('G'))
      yield* get(context.send(actor, 'add', [1, 1], again))
      yield* gate.passed()
      const replies = yield* allTold([
        early,
        context.call('later', [{ actor }]),
        context.send(actor, 'add', [1, 1], again),
      ])
      yield { type: 'stop', ref: actor, reason: 'enough' }
      return replies
    })
  }

  test.each([
    ['its owner', () => []],
    ['its owner and its host', (scene: Scenario) => [hostOf(scene)]],
    ['its owner and the first who would take it over', (scene: Scenario) => scene.guardiansOf('S').sort().slice(0, 1)],
  ])('goes on, and so do those it is handed to, when %s died long ago', (_who, others) => {
    const scene = made()
    const gate = new Gate()
    const program = second(scene, gate)
    scene.run({ forMs: 1_000 })
    without(scene, others(scene))
    gate.isOpen = true
    const replies = scene.result(program) as number[]
    expect([...replies].sort((a, b) => a - b)).toEqual([3, 4, 5])
    scene.endsWell()
  })

  test('learns that it is gone when all who could have answered for it died at once', () => {
    const scene = made()
    const gate = new Gate()
    const program = second(scene, gate)
    scene.run({ forMs: 1_000 })
    without(scene, scene.guardiansOf('S'))
    gate.isOpen = true
    const [, , mine] = scene.result(program) as string[]
    expect(mine).toBe('ACTOR_DIED: add did not run: its actor is gone with whoever answered for it')
  })
})

describe('under its name it is found', () => {
  test.each([
    ['at once', 0],
    ['before anybody could have noticed', 300],
    ['when the guardian has taken it over', 5_000],
  ])('long after its owner has died and, %s, the first of its guardians', (_when, ms) => {
    const scene = made()
    const [heir] = scene.guardiansOf('S').sort()
    scene.kill('S')
    scene.run({ forMs: ms })
    scene.kill(heir as string)
    // Nobody remembers them any more.
    scene.run({ forMs: 1.5 * scene.config.tombstoneMs })
    const program = scene.ask('T', function* (context) {
      const actor = counter(context)
      const reply = yield* counts(context, actor)
      yield { type: 'stop', ref: actor, reason: 'enough' }
      return reply
    })
    expect(scene.result(program)).toBe(2)
    scene.endsWell()
  })
})
