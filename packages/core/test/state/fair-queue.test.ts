import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContextId, TaskId } from '../../src/model/ids.ts'
import { FairQueue } from '../../src/state/fair-queue.ts'

const a = 'a' as ContextId
const b = 'b' as ContextId
const id = (name: string): TaskId => name as TaskId

function filled(counts: Readonly<Record<string, number>>): FairQueue {
  const queue = new FairQueue()
  for (const [context, count] of Object.entries(counts))
    for (let n = 0; n < count; n++) queue.push(id(`${context}${n}`), context as ContextId)
  return queue
}

/** The first so many, `ms` each by context. */
function taken(queue: FairQueue, count: number, ms: Readonly<Record<string, number>>): string[] {
  return Array.from({ length: count }, () => queue.take((task) => ms[task.charAt(0)] ?? 0) as string)
}

describe('a fair queue', () => {
  it('gives turns to contexts, whatever each has asked for', () => {
    const order = taken(filled({ a: 1_000, b: 3 }), 8, { a: 20, b: 20 })
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'a4'])
  })

  it('counts time, not tasks', () => {
    const order = taken(filled({ a: 100, b: 100 }), 30, { a: 100, b: 20 })
    expect(order.filter((task) => task.startsWith('a'))).toHaveLength(5)
  })

  it('keeps short families together', () => {
    expect(taken(filled({ a: 3, b: 3, c: 3 }), 9, { a: 1, b: 1, c: 1 })).toEqual(
      'a0 a1 a2 b0 b1 b2 c0 c1 c2'.split(' '),
    )
  })

  it('owes nothing to whoever asked for nothing meanwhile', () => {
    const queue = filled({ a: 100, b: 1 })
    taken(queue, 50, { a: 20, b: 20 })
    for (let n = 1; n < 50; n++) queue.push(id(`b${n}`), b)
    const order = taken(queue, 10, { a: 20, b: 20 })
    expect(order.filter((task) => task.startsWith('b'))).toHaveLength(5)
  })

  it('nor forgets what somebody has had who comes back at once', () => {
    const queue = filled({ a: 100 })
    const order: string[] = []
    // One at a time, each five times as long.
    for (let n = 0; n < 60; n++) {
      if (!order.includes(`b${n}`) && (n === 0 || order.at(-1)?.startsWith('b'))) queue.push(id(`b${n}`), b)
      order.push(...taken(queue, 1, { a: 20, b: 100 }))
    }
    expect(order.filter((task) => task.startsWith('b')).length).toBeLessThan(15)
  })

  it('has what was put back as its next, and charges it once', () => {
    const queue = filled({ a: 10, b: 10 })
    const ms = () => 20
    const first = queue.take(ms) as TaskId
    const second = queue.take(ms) as TaskId
    expect([first, second]).toEqual(['a0', 'b0'])
    queue.putBack(second, b, 20)
    queue.putBack(first, a, 20)
    expect(taken(queue, 4, { a: 20, b: 20 })).toEqual(['a0', 'b0', 'a1', 'b1'])
  })

  it('loses nothing, doubles nothing, and keeps the order within a context', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('push' as const), context: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ type: fc.constant('take' as const), ms: fc.integer({ min: 0, max: 200 }) }),
      fc.record({ type: fc.constant('try' as const), ms: fc.integer({ min: 0, max: 200 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FairQueue()
        const waiting = new Map<string, TaskId[]>(['a', 'b', 'c'].map((name) => [name, []]))
        let nth = 0
        for (const one of steps) {
          if (one.type === 'push') {
            const task = id(`${one.context}${nth++}`)
            queue.push(task, one.context as ContextId)
            waiting.get(one.context)?.push(task)
            continue
          }
          const task = queue.take(() => one.ms)
          const lane = task === undefined ? undefined : waiting.get(task.charAt(0))
          expect(task).toBe(lane?.[0])
          if (task === undefined) expect([...waiting.values()].flat()).toEqual([])
          else if (one.type === 'try') queue.putBack(task, task.charAt(0) as ContextId, one.ms)
          else lane?.shift()
          expect(queue.length).toBe([...waiting.values()].flat().length)
        }
        expect(new Set(queue.all())).toEqual(new Set([...waiting.values()].flat()))
      }),
    )
  })
})
