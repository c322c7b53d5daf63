// What a WorkerPool promises of generators: items one by one and in order, no further ahead than their reader allows,
// none of those that are there already; and that their `finally` blocks run, however they end.

import { expect, test } from 'vitest'
import {
  countIn,
  decode,
  encode,
  encodeArgs,
  type Encoded,
  itemOf,
  type LifeId,
  type ObjectId,
  type Outcome,
  resultOf,
  type RunOrder,
  type WorkerPool,
} from '@murmuration/core/internal'
import { FakeRef, type Reports, type TestContext } from './worker-pool-support.ts'
import type { WorkerPoolSetup } from './worker-pool.ts'

export interface Stage {
  readonly fixture: WorkerPoolSetup
  readonly reports: Reports
  readonly pool: WorkerPool
  readonly order: (fn: string, args?: Encoded | readonly unknown[], more?: Partial<RunOrder>) => RunOrder
  readonly outcomeOf: (order: RunOrder) => Promise<Outcome>
  readonly onContext: (then: (context: TestContext) => void) => void
}

const all = { from: 0, also: [], taken: 0, ahead: 100, aheadBytes: 0 } as const

export function streamContract(stage: () => Stage): void {
  const values = (): unknown[] =>
    stage().reports.items.map(([, item]) => (item.type === 'inline' ? decode(item.bytes) : item.type))
  const countOf = (outcome: Outcome): unknown => (outcome.type === 'inline' ? countIn(outcome.bytes) : outcome)

  async function run(one: RunOrder): Promise<Outcome> {
    stage().pool.run(0, [one])
    return stage().outcomeOf(one)
  }

  test('a generator’s items come in order, and then how many there were', async () => {
    const { order, reports } = stage()
    expect(countOf(await run(order('counts', [200], { stream: { ...all, ahead: 1_000 } })))).toBe(200)
    expect(values()).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(reports.items.map(([index]) => index)).toEqual(values())
    expect(reports.log.at(-1)).toMatch(/^done/)
  })

  test('it is no further ahead than it may be, and waits without its slot', async () => {
    const { order, reports, pool, outcomeOf } = stage()
    const one = order('counts', [5], { stream: { ...all, ahead: 2 } })
    pool.run(0, [one])
    await reports.until(() => reports.log.includes(`blocked ${one.id}`))
    expect(values()).toEqual([0, 1])
    pool.proceed(one.id, 2)
    await reports.until(() => reports.items.length === 4)
    pool.proceed(one.id, 10)
    expect(countOf(await outcomeOf(one))).toBe(5)
    expect(reports.log).toContain(`unblocked ${one.id}`)
  })

  test('what its reader has taken is known to it, whichever comes first: that or the order', async () => {
    const { order, pool, outcomeOf } = stage()
    const orders = [1, 2, 3].map(() => order('counts', [3], { stream: { ...all, ahead: 1 } }))
    for (const one of orders) {
      pool.run(0, [one])
      pool.proceed(one.id, 10)
    }
    for (const one of orders) expect(countOf(await outcomeOf(one))).toBe(3)
  })

  test('what is there already is not sent again', async () => {
    const { order, reports } = stage()
    const stream = { from: 6, also: [2], taken: 4, ahead: 100, aheadBytes: 0 }
    expect(countOf(await run(order('counts', [8], { stream })))).toBe(8)
    expect(reports.items.map(([index]) => index)).toEqual([2, 6, 7])
  })

  test('large items are in the store before they are told, and nothing overtakes them', async () => {
    const { order, reports, fixture } = stage()
    const one = order('mixed', [], { stream: all })
    expect(countOf(await run(one))).toBe(4)
    expect(reports.items.map(([index, { type }]) => [index, type])).toEqual([
      [0, 'inline'],
      [1, 'stored'],
      [2, 'inline'],
      [3, 'stored'],
    ])
    const bytes = await fixture.store.get(itemOf(one.task, 3))
    expect(decode(bytes!)).toEqual(new Uint8Array(20_000).fill(3))
    expect(await fixture.store.get(resultOf(one.task))).toBeUndefined()
  })

  test('items before an error come first', async () => {
    const { order } = stage()
    const outcome = await run(order('counts', [3, true], { stream: all }))
    expect(outcome).toMatchObject({ type: 'error', name: 'RangeError', message: 'after 3' })
    expect(values()).toEqual([0, 1, 2])
  })

  test('told to stop while it waits, it runs its finally blocks', async () => {
    const { order, reports, pool, outcomeOf } = stage()
    const one = order('counts', [5], { stream: { ...all, ahead: 1 } })
    pool.run(0, [one])
    await reports.until(() => reports.items.length === 1)
    pool.abort(one.id, 'enough')
    expect(await outcomeOf(one)).toEqual({ type: 'cancelled', reason: 'enough' })
    expect(reports.lines).toContain('log: left')
  })

  test('async generators, and those that were lowered, are the same', async () => {
    const { order } = stage()
    expect(countOf(await run(order('large', [3], { stream: all })))).toBe(3)
    expect(countOf(await run(order('lowered', [], { stream: all })))).toBe(3)
    expect(values().slice(3)).toEqual([0, 1, 2])
  })

  test('what gives nothing to loop over, and what gives a generator where a value is expected, say so', async () => {
    const { order } = stage()
    expect(await run(order('notOne', [], { stream: all }))).toMatchObject({
      type: 'error',
      message: 'notOne is a generator function, and gave nothing to loop over',
    })
    expect(await run(order('wraps'))).toMatchObject({
      type: 'error',
      code: 'UNSERIALIZABLE',
      message: expect.stringMatching(/make it a generator function itself: export async function\* wraps/) as string,
    })
  })

  test('what cannot travel ends it, by its path', async () => {
    const { order, reports } = stage()
    const outcome = await run(order('yieldsCamera', [], { stream: all }))
    expect(outcome).toMatchObject({
      type: 'error',
      code: 'UNSERIALIZABLE',
      message: expect.stringMatching(/^item.lens is a Camera/) as string,
    })
    expect(reports.items).toHaveLength(1)
  })

  test('a task reads a stream that it is handed', async () => {
    const { order, onContext } = stage()
    let seen: TestContext | undefined
    onContext((context) => {
      seen = context
      context.toRead = [1, 2].map((n) => ({ type: 'value', ...encode(n) }) as const)
    })
    const stream = new FakeRef('s' as ObjectId, 'there/1' as LifeId, true)
    const outcome = await run(order('readsAll', encodeArgs([{ stream }])))
    expect(outcome.type === 'inline' && decode(outcome.bytes)).toEqual([1, 2])
    expect(seen?.held.slice(0, 2)).toEqual(['+s of there/1', 'left the stream'])
  })
}
