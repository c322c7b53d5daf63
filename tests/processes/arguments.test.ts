// An argument that came by a ref is shared by the attempts in a worker: who writes into it is told so, and spoils it for nobody.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { Flock } from './flock.ts'
import type * as tasks from './arguments.task.ts'

let flock: Flock

beforeEach(async () => {
  flock = await Flock.start(1, { preset: 'test' })
})
afterEach(() => flock.end())

test('a task that writes into it fails, and those behind it read what was put', async () => {
  const mesh = await flock.join({ preset: 'test' })
  const { total, takeLast, Keeper } = await mesh.use<typeof tasks>(new URL('./arguments.task.ts', import.meta.url))
  const list = await mesh.put(Array.from({ length: 20_000 }, (_, n) => n))
  const sum = (19_999 * 20_000) / 2
  const refs = [total(list), takeLast('it', list), total(list), takeLast('again', list), total(list)]
  const came = await Promise.all(refs.map((ref) => ref.get().catch((error: unknown) => error)))
  expect([came[0], came[2], came[4]]).toEqual([sum, sum, sum])
  for (const failed of [came[1], came[3]])
    expect(failed).toMatchObject({
      code: 'ARGUMENT_MUTATED',
      message: expect.stringMatching(/^takeLast wrote into its argument args\[1\].*structuredClone/) as string,
    })
  // What an actor was given is part of it.
  expect(await Keeper.spawn(list).takeLast().get()).toBe(19_999)
})
