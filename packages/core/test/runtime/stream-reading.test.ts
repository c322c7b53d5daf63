// How a stream is read: a window ahead, told in strides, let go of as it goes.

import { expect, test } from 'vitest'
import type { PeerEvent } from '../../src/model/events.ts'
import type { ContextId, ObjectId } from '../../src/model/ids.ts'
import { pastTheEnd } from '../../src/model/stream.ts'
import type { Failure } from '../../src/model/object.ts'
import { Readings } from '../../src/runtime/stream-reading.ts'
import { decode, encode } from '../../src/runtime/values.ts'
import { FakePort, here } from '../support/fake-port.ts'

const stream = 's' as ObjectId
const reader = 'me' as ContextId
const base = { message: '', task: null, peer: null, attempt: 0, cause: null, story: [] }

function start(ahead: number, bytes = true) {
  const port = new FakePort()
  const taken: number[] = []
  const later: (() => void)[] = []
  const readings = new Readings((then) => later.push(then))
  const post = (event: PeerEvent): void => void (event.type === 'took' && taken.push(event.taken))
  const reading = readings.open({ port, post, stream, owner: here, reader, run: 1, ahead, bytes })
  const item = (index: number): ObjectId => `s[${index}]` as ObjectId
  return {
    port,
    taken,
    readings,
    reading,
    later,
    yields: (index: number): void => port.settle(item(index), { type: 'value', ...encode(index) }),
    fails: (index: number, code: Failure['code'], reason: string): void =>
      port.settle(item(index), { type: 'failure', failure: { ...base, code, reason } }),
    next: async (): Promise<unknown> => {
      const settlement = await reading.next().settled
      if (settlement?.type !== 'value') return settlement
      return settlement.bytes === null ? null : decode(settlement.bytes)
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many items are held and waited for ahead, and asked for again in strides', async () => {
  const { port, taken, yields, next } = start(4)
  expect(taken).toEqual([0])
  expect(port.holds).toEqual(['+s[0]', '+s[1]', '+s[2]', '+s[3]'])
  for (const index of [0, 1, 2]) yields(index)
  await turn()
  expect([await next(), await next()]).toEqual([0, 1])
  expect(taken).toEqual([0, 2])
  // The last may have refs inside that are yet to be held.
  expect(port.holds.slice(4)).toEqual(['-s[0]', '+s[4]', '+s[5]'])
})

test('the window begins small and doubles with every word, up to what is allowed', async () => {
  const { port, taken, yields, next } = start(20)
  const asked = (): number => port.holds.filter((hold) => hold.startsWith('+')).length
  expect(asked()).toBe(8)
  for (let index = 0; index < 22; index++) {
    yields(index)
    await turn()
    expect(await next()).toBe(index)
  }
  expect(taken).toEqual([0, 4, 12, 22])
  expect(asked()).toBe(42)
})

test('what was taken is told soon, though nobody asks for more', async () => {
  const { taken, later, yields, next } = start(8)
  yields(0)
  await turn()
  expect(await next()).toBe(0)
  expect(taken).toEqual([0])
  for (const then of later) then()
  expect(taken).toEqual([0, 1])
})

test('the end, a failure, and leaving let go of everything', async () => {
  const ended = start(2)
  ended.fails(0, 'OBJECT_LOST', pastTheEnd)
  expect(await ended.next()).toBeNull()
  expect(await ended.next()).toBeNull()
  expect(ended.port.holds).toEqual(['+s[0]', '+s[1]', '-s[0]', '-s[1]'])
  const failed = start(2)
  failed.fails(0, 'TASK_FAILED', 'RangeError')
  expect(await failed.next()).toMatchObject({ failure: { code: 'TASK_FAILED' } })
  const left = start(2)
  left.yields(0)
  expect(await left.next()).toBe(0)
  left.reading.close()
  expect(left.port.holds.filter((line) => line.startsWith('-')).sort()).toEqual(['-s[0]', '-s[1]', '-s[2]'])
})

test('an item for which there was no room is asked for again when it is its turn', async () => {
  const { yields, fails, next } = start(2)
  fails(1, 'OVERLOADED', 'memory')
  yields(0)
  await turn()
  yields(1)
  expect([await next(), await next()]).toEqual([0, 1])
  fails(2, 'OVERLOADED', 'memory')
  await turn()
  expect(await next()).toMatchObject({ failure: { code: 'OVERLOADED' } })
})

test('another reader is said so, while it waits and after', async () => {
  const { readings, next, port } = start(2)
  const waiting = next()
  readings.consumed(stream, 'somebody' as ContextId)
  readings.consumed(stream, reader)
  await expect(waiting).rejects.toMatchObject({ code: 'STREAM_CONSUMED' })
  await expect(next()).rejects.toMatchObject({ code: 'STREAM_CONSUMED' })
  expect(port.holds.slice(2)).toEqual(['-s[0]', '-s[1]'])
})

test('refs are the caller’s to let go of', async () => {
  const { port, yields, next, reading } = start(2, false)
  yields(0)
  expect(await next()).toBe(0)
  reading.close()
  expect(port.holds).not.toContain('-s[0]')
})
