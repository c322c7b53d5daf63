// One large object, wanted by many at once: those who have it by now give it on, and its origin does
// not send it as often as it is wanted.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { Context, SimRef } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

const size = 100e6
const readers = Array.from({ length: 16 }, (_, n) => `R${n}`)

function flock(): Scenario {
  const mesh = new Scenario({ S: 0, ...Object.fromEntries(readers.map((name) => [name, 1])) })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(10)
    return n
  })
  return mesh
}

function* readAll(context: Context, ref: SimRef) {
  const refs = readers.map((name) => context.call('read', [ref], only(name)))
  let sum = 0
  for (const each of refs) sum += (yield* get(each)) as number
  return sum
}

it('sixteen peers want the same hundred megabytes: the origin sends less than half, and the readers the rest', () => {
  const mesh = flock()
  const program = mesh.ask('S', function* (context) {
    return yield* readAll(context, context.put(new Big({ n: 1 }, size)))
  })
  expect(mesh.result(program)).toBe(readers.length)
  const sent = mesh.alive().map(({ keeper }) => keeper.uploadedBytes / size)
  const [origin, ...others] = sent as [number, ...number[]]
  expect(origin).toBeLessThan(readers.length / 2)
  expect(sent.reduce((sum, count) => sum + count)).toBe(readers.length)
  expect(others.filter((count) => count > 0).length).toBeGreaterThan(2)
  // And nobody gives more at once than it may.
  expect(mesh.alive().map(({ keeper }) => keeper.uploads)).toEqual(mesh.alive().map(() => 0))
  mesh.endsWell()
})

it('the origin dies in the middle of it: whoever has it by then is enough', () => {
  const mesh = flock()
  mesh.add('O', { slots: 1 })
  mesh.run({ forMs: 3_000 })
  mesh.fn('make', function* () {
    yield* elapse(10)
    return new Big({ n: 1 }, size)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { ...only('O'), copies: 1 })
    yield* elapse(500)
    return yield* readAll(context, ref)
  })
  mesh.until(() => mesh.alive().filter(({ store }) => store.size > 0).length >= 3, 'some have it')
  mesh.kill('O')
  expect(mesh.result(program)).toBe(readers.length)
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})
