// More functions than a peer keeps bundles: those that nothing needs go, here and where they ran, and
// come back when they are called.

import { afterEach, expect, test } from 'vitest'
import { Flock } from './flock.ts'

/** `maxCodes` of the preset. */
const most = 16
let flock: Flock

afterEach(() => flock.end())

test('what was called before three times as many others is called again', async () => {
  flock = await Flock.start(1, { preset: 'test' })
  const mesh = await flock.join({ preset: 'test' })
  // oxlint-disable-next-line typescript/no-implied-eval -- as no test runner has touched it
  const plus = new Function('return (x) => x + K')() as (x: number) => number
  const functions = Array.from({ length: 3 * most }, (_, K) => mesh.fn(plus, { constants: { K } }))
  for (const [n, add] of functions.entries()) expect(await add(1).get()).toBe(n + 1)
  const bundles = async (): Promise<unknown[]> => [
    (await mesh.counters())['bundles'],
    (await flock.peers[0]?.counters())?.['bundles'],
  ]
  expect(await bundles()).toEqual([most, most])
  expect(await mesh.get(functions.map((add) => add(2)))).toEqual(functions.map((_, n) => n + 2))
  expect(await mesh.all([functions[0]?.(3) as never]).get()).toEqual([3])
})
