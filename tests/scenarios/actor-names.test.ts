// Actors with names: found by them, one at a time.

import { defineActors, get } from '@murmuration/sim-peer'
import type { SpawnOptions } from '@murmuration/sim-peer'
import { expect, test } from 'vitest'
import { Scenario } from './scenario.ts'

function stage(): Scenario {
  const scene = new Scenario({ S: 0, T: 0, X: 1, Y: 1 })
  defineActors(scene)
  return scene
}

/** Spawns it by that name and counts once. */
function counts(scene: Scenario, peer: string, options: SpawnOptions): ReturnType<Scenario['ask']> {
  return scene.ask(peer, function* (context) {
    const actor = context.spawn('Counter', [0], { name: 'hits', ...options })
    return yield* get(context.send(actor, 'add', [1, 1]))
  })
}

test('an actor with a name begins when it has it', () => {
  const scene = stage()
  expect(scene.result(counts(scene, 'S', {}))).toBe(1)
  scene.endsWell()
})

test('two who ask for one at once get the same', () => {
  const scene = stage()
  const both = [counts(scene, 'S', { getIfExists: true }), counts(scene, 'T', { getIfExists: true })]
  expect(both.map((program) => Number(scene.result(program))).sort((a, b) => a - b)).toEqual([1, 2])
  scene.endsWell()
})

test('whoever has a name and is slow to answer has it: silence is no until it is a death', () => {
  const scene = stage()
  const first = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { name: 'hits' })
    yield* get(context.send(actor, 'add', [1, 1]))
    yield { type: 'elapse', ms: 60_000 }
    return yield* get(context.send(actor, 'add', [1, 1]))
  })
  scene.run({ forMs: 1_500 })
  // Not one word between them, and both are heard by the others.
  scene.cut(['S'], ['T'])
  const second = counts(scene, 'T', { getIfExists: true })
  scene.run({ forMs: 3_000 })
  scene.network.heal()
  expect(scene.result(second)).toBe(2)
  expect(scene.result(first)).toBe(3)
  scene.endsWell()
})
