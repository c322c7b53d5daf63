// What a WorkerPool promises of generator methods of actors: their items in order, no further ahead than their readers
// allow; one that waits for its reader lets others have their turn and goes on in its own.

import { describe, expect, test } from 'vitest'
import {
  type ActorOrder,
  countIn,
  decode,
  type LifeId,
  type ObjectId,
  type Outcome,
  type RunOrder,
  type WorkerPool,
} from '@murmuration/core/internal'
import { FakeRef, type Reports } from './worker-pool-support.ts'

export interface ActorStage {
  readonly reports: Reports
  readonly pool: WorkerPool
  readonly worker: number
  readonly spawn: (fn: string, args?: readonly unknown[], more?: Partial<ActorOrder>) => RunOrder
  readonly order: (fn: string, args: readonly unknown[], more?: Partial<RunOrder>) => RunOrder
  readonly outcomeOf: (order: RunOrder) => Promise<Outcome>
  readonly give: (...calls: RunOrder[]) => void
}

const all = { from: 0, also: [], taken: 0, ahead: 100, aheadBytes: 0 } as const

export function actorStreamContract(stage: () => ActorStage): void {
  const items = (): unknown[] =>
    stage().reports.items.map(([, item]) => (item.type === 'inline' ? decode(item.bytes) : item.type))
  const valueOf = async (one: RunOrder): Promise<unknown> => {
    const outcome = await stage().outcomeOf(one)
    return outcome.type === 'inline' ? decode(outcome.bytes) : outcome
  }
  const countOf = async (one: RunOrder): Promise<unknown> => {
    const outcome = await stage().outcomeOf(one)
    return outcome.type === 'inline' ? countIn(outcome.bytes) : outcome
  }
  const call = (fn: string, ...args: readonly unknown[]): RunOrder => stage().order(fn, args, { isCall: true })
  const stream = (fn: string, args: readonly unknown[], ahead = 100): RunOrder =>
    stage().order(fn, args, { isCall: true, stream: { ...all, ahead } })

  describe('generator methods', () => {
    test('give items in order, then how many there were, and see what the actor is', async () => {
      const { spawn, give, reports } = stage()
      spawn('Counter', [5])
      const [before, counts, between, laters] = [
        call('add', 1),
        stream('counts', [3]),
        call('add', 1),
        stream('laters', [2]),
      ]
      give(before, counts, between, laters)
      expect([await countOf(counts), await countOf(laters), await valueOf(between)]).toEqual([3, 2, 7])
      expect(items()).toEqual([0, 1, 2, [0, 7, laters.task], [1, 7, laters.task]])
      expect(reports.lines).toContain('log: left at 6')
    })

    test('that wait for their reader let others have their turn, and go on with what has become of it', async () => {
      const { spawn, give, reports, pool } = stage()
      spawn('Counter', [0])
      const laters = stream('laters', [4], 2)
      give(laters)
      await reports.until(() => reports.items.length === 2)
      const [slow, add] = [call('addLater', 1), call('add', 1)]
      give(slow, add)
      expect([await valueOf(slow), await valueOf(add)]).toEqual([1, 2])
      pool.proceed(laters.id, 2)
      await reports.until(() => reports.items.length === 4)
      pool.proceed(laters.id, 4)
      expect(await countOf(laters)).toBe(4)
      expect(items()).toEqual([0, 1, 2, 3].map((n) => [n, n < 2 ? 0 : 2, laters.task]))
    })

    test('go on when whoever had its turn is through, not in the middle of it', async () => {
      const { spawn, give, reports, pool } = stage()
      const gate = spawn('Gate', [])
      const [waits, wait, open] = [stream('waits', [], 1), call('wait'), call('open')]
      give(waits)
      await reports.until(() => reports.items.length === 1)
      give(wait)
      await reports.until(() => reports.lines.length === 1)
      pool.proceed(waits.id, 1)
      pool.abort(wait.id, 'enough')
      expect(await stage().outcomeOf(wait)).toEqual({ type: 'cancelled', reason: 'enough' })
      await reports.until(() => reports.items.length === 2)
      give(open)
      await valueOf(open)
      pool.proceed(waits.id, 2)
      expect(await countOf(waits)).toBe(2)
      pool.snapshot(gate.id)
      await reports.until(() => reports.snapshots.length === 1)
      const { bytes } = reports.snapshots[0] as { bytes: Uint8Array }
      expect(decode(bytes)).toEqual(['waiting', 'not any more', 'goes on', 'open'])
    })

    test('told to stop while they wait run their finally blocks, and the next call comes', async () => {
      const { spawn, give, reports, pool } = stage()
      spawn('Counter', [0])
      const counts = stream('counts', [5], 1)
      give(counts)
      await reports.until(() => reports.items.length === 1)
      pool.abort(counts.id, 'enough')
      expect(await stage().outcomeOf(counts)).toEqual({ type: 'cancelled', reason: 'enough' })
      expect(reports.lines).toContain('log: left at 0')
      const add = call('add', 1)
      give(add)
      expect(await valueOf(add)).toBe(1)
    })

    test('that wait for their reader keep nobody from a snapshot', async () => {
      const { spawn, give, reports, pool } = stage()
      const counter = spawn('Counter', [7])
      const counts = stream('counts', [5], 1)
      give(counts)
      await reports.until(() => reports.items.length === 1)
      pool.snapshot(counter.id)
      await reports.until(() => reports.snapshots.length === 1)
      expect(decode((reports.snapshots[0] as { bytes: Uint8Array }).bytes)).toEqual({ total: 7 })
      pool.proceed(counts.id, 5)
      expect(await countOf(counts)).toBe(5)
    })

    test('yield what the actor holds as well', async () => {
      const { spawn, give, reports } = stage()
      const link = { object: 'far' as ObjectId, owner: 'there/2' as LifeId }
      spawn('Counter', [[new FakeRef(link.object, link.owner)]])
      const keeps = stream('keeps', [])
      give(keeps)
      expect(await countOf(keeps)).toBe(1)
      expect(reports.items[0]![1]).toMatchObject({ type: 'inline', refs: [{ ...link, top: false }] })
    })

    test('were running when their worker ends, and so was what had its turn meanwhile', async () => {
      const { spawn, give, reports, pool, worker } = stage()
      const gate = spawn('Gate', [])
      const [waits, wait, behind] = [stream('waits', [], 1), call('wait'), call('wait')]
      give(waits)
      await reports.until(() => reports.items.length === 1)
      give(wait, behind)
      await reports.until(() => reports.lines.length === 1)
      pool.terminate(worker, 'killed')
      await reports.until(() => reports.exits.length > 0)
      expect(reports.exits).toMatchObject([{ running: [gate.id, waits.id, wait.id], unstarted: [behind.id] }])
    })
  })
}
