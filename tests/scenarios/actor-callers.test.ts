// A task that calls an actor is run again, as the peer that ran it was thought dead: the calls of its later run count,
// whatever its earlier run has asked for, or asks for yet.

import { elapse, get } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { expect, test } from 'vitest'
import { again, lasting, oneTo, stage, told } from './actor-stage.ts'
import { keepsNothing, only } from './scenario.ts'

test('whoever ran it before is back and asks for the same calls: the later run has its replies', () => {
  const scene = stage({ S: 0, G: 0, H: 1, X: 1 })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { ...lasting, ...only('H') })
    yield* get(context.send(actor, 'read', [], again))
    const bump = context.call('bump', [{ actor }, 8, 3_000], { prefer: { peer: 'X' }, ...again })
    return [yield* get(bump), yield* get(context.send(actor, 'read', [], again))]
  })
  scene.run({ forMs: 1_000 })
  const askedFor = (by: string): number =>
    [...scene.peer('H').state.executor.all()].filter(({ owner, spec }) => spec.call && owner === scene.lifeOf(by))
      .length
  expect(askedFor('X')).toBe(8)
  scene.cut(['X'], ['S', 'G', 'H'])
  scene.until(() => askedFor('H') === 8, 'the later run has called')
  scene.network.heal()
  scene.until(() => askedFor('X') > 0, 'the earlier one asks as well')
  expect(scene.result(program)).toEqual([oneTo(8), 8])
  scene.endsWell()
})

test('whoever ran it before is gone for good, and its calls wait at their host: they are no answer to the later run', () => {
  const scene = stage({ S: keepsNothing, H: { slots: 1, memoryBytes: 0 }, X: 1, V: 0, W: 0, Y: 0, Z: 0 })
  // In one place all of them are made at once, in another each when the one before it is answered.
  scene.fn('adds', function* (context, { actor }: { actor: SimRef }) {
    const add = (): SimRef => context.send(actor, 'add', [10, 1], again)
    const made = context.at === 'X' ? oneTo(4).map(add) : []
    const replies: unknown[] = []
    for (let nth = 0; nth < 4; nth++) replies.push(yield* get(made[nth] ?? add()))
    return replies
  })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { ...lasting, ...only('H') })
    yield* get(context.send(actor, 'read', [], again))
    const long = context.send(actor, 'add', [4_000, 1], again)
    const adds = context.call('adds', [{ actor }], { prefer: { peer: 'X' }, ...again })
    return [yield* get(long), yield* get(adds), yield* get(context.send(actor, 'read', [], again))]
  })
  scene.run({ forMs: 1_000 })
  // Nobody is left who knows what it had asked for.
  const guardians = scene.guardiansOf('X')
  for (const name of ['X', ...guardians]) scene.kill(name)
  expect(scene.result(program)).toEqual([1, [2, 3, 4, 5], 5])
  expect(scene.runs('adds')).toEqual(['X', 'H'])
  scene.endsWell()
})

test('it has failed, and is asked for anew long after: what it asked of an actor has counted, and does not again', () => {
  const scene = stage({ S: 0, H: 1, X: 1, Y: 1, Z: { slots: 1, labels: { zone: 'z' } } })
  scene.fn('adds', function* (context, { actor }: { actor: SimRef }) {
    yield* get(context.send(actor, 'add', [10, 1], again))
    throw new Error('after all')
  })
  const graceMs = scene.config.orphanGraceMs
  scene.fn('asks', function* (context, { actor }: { actor: SimRef }) {
    const failed = yield* told(context.call('adds', [{ actor }], { needs: { labels: { zone: 'z' } } }))
    yield* elapse(scene.timesRun('asks') === 1 ? 10 * graceMs : 10)
    return failed
  })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], { ...lasting, ...only('H') })
    yield* get(context.send(actor, 'read', [], again))
    const elsewhere = { needs: { labels: { zone: { not: 'z' } } }, prefer: { peer: 'X' } }
    const asked = context.call('asks', [{ actor }], elsewhere)
    // Its host looks at what it keeps of replies when it is called.
    yield* elapse(4 * graceMs)
    yield* get(context.send(actor, 'add', [10, 0], again))
    return [yield* get(asked), yield* get(context.send(actor, 'read', [], again))]
  })
  scene.until(() => scene.timesRun('adds') === 1, 'it adds')
  scene.run({ forMs: 5 * graceMs })
  scene.kill(scene.runs('asks')[0] as string)
  expect(scene.result(program)).toEqual([expect.stringContaining('after all'), 1])
  expect(scene.timesRun('adds')).toBe(2)
  scene.endsWell()
})
