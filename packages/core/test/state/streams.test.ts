// Names of items, counts as bytes, and the table of streams by itself.

import { describe, expect, test } from 'vitest'
import type { ObjectId, TaskId } from '../../src/model/ids.ts'
import { itemIn, itemOf } from '../../src/model/ids.ts'
import { countBytes, countIn, isWanted } from '../../src/model/stream.ts'
import { decode } from '../../src/runtime/values.ts'
import { Streams } from '../../src/state/streams.ts'

const task = 'job.7' as TaskId

describe('an item', () => {
  test('has its stream and its index for a name', () => {
    expect(itemIn(itemOf(task, 12))).toEqual({ task, index: 12 })
    for (const other of ['job.7', '[3]', 'job.7[-1]', 'job.7[1.5]', 'job.7[x]', 'a]', ']'])
      expect(itemIn(other as ObjectId), other).toBeNull()
  })

  test('is sent when it is wanted', () => {
    const order = { from: 6, also: [2], taken: 4 }
    expect([0, 2, 4, 5, 6, 9].filter((index) => isWanted(order, index))).toEqual([2, 6, 9])
    expect([6, 7, 8].filter((index) => isWanted(order, index, 7))).toEqual([7, 8])
  })
})

test('a count is a value that the machine can read', () => {
  for (const count of [0, 1, 255, 65_536, 2 ** 40]) {
    expect(countIn(countBytes(count))).toBe(count)
    expect(decode(countBytes(count))).toBe(count)
  }
  expect(countIn(new Uint8Array([1, 7]))).toBeNull()
})

test('items are listed whether their stream is known or not, and go with their entries', () => {
  const streams = new Streams()
  streams.entered(itemOf(task, 0))
  const row = streams.add({ id: task } as Parameters<Streams['add']>[0])
  streams.entered(itemOf(task, 3))
  expect([...row.items]).toEqual([0, 3])
  streams.left(itemOf(task, 0))
  streams.check()
  expect([...row.items]).toEqual([3])
  streams.left(task as string as ObjectId)
  streams.left(itemOf(task, 3))
  expect(streams.size).toBe(0)
})
