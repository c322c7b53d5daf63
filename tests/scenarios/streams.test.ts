// Streams: items read as they are yielded, by whoever reads them, whatever dies in between.

import { expect, it } from 'vitest'
import type { Context, SimRef } from '@murmuration/sim-peer'
import { Big, each, emit, end, next } from '@murmuration/sim-peer'
import { Scenario, elapse, only } from './scenario.ts'

/** Yields 0, 1, … count - 1, each as large as that. */
function counting(mesh: Scenario, { count = 20, ms = 10, size = 0 } = {}): void {
  mesh.fn('counting', function* () {
    for (let n = 0; n < count; n++) {
      yield* elapse(ms)
      yield* emit(size > 0 ? new Big(n, size) : n)
    }
  })
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A program that reads all of it. */
function* read(context: Context, options: object = {}, pauseMs = 0) {
  const stream = context.call('counting', [], { ahead: 4, ...options })
  const items: unknown[] = []
  for (;;) {
    const item = yield* next(stream)
    if (item === end) return items
    items.push(item)
    if (pauseMs > 0) yield* elapse(pauseMs)
  }
}

it('items are read in order, here and from elsewhere', () => {
  const mesh = new Scenario({ S: 1, E: 1 })
  counting(mesh)
  expect(mesh.result(mesh.ask('S', (context) => read(context, only('S'))))).toEqual(upTo(20))
  expect(mesh.result(mesh.ask('S', (context) => read(context, only('E'))))).toEqual(upTo(20))
  expect(mesh.timesRun('counting')).toBe(2)
  mesh.endsWell()
})
