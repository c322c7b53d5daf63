import { expect, it } from 'vitest'
import type { LifeId, Message, ObjectId, TaskId } from '../../src/internal.ts'
import { Transits, sayingOf } from '../../src/state/transits.ts'

const said = { task: 'job.1' as TaskId, attempt: 1 }
const saying = sayingOf(said)
const there = 'there/1' as LifeId
const [x, y] = ['x' as ObjectId, 'y' as ObjectId]
const again = { type: 'outcome', ...said } as Message

it('what is said twice is kept until both are answered', () => {
  const transits = new Transits()
  transits.add(saying, there, [x])
  transits.add(saying, there, [y])
  expect(transits.delivered(saying, there)).toEqual([])
  expect(transits.delivered(saying, there)).toEqual([x, y])
  expect(transits.size).toBe(0)
})

it('what came in a conversation that is over is answered once if it is listed, and not kept if it is not', () => {
  for (const listed of [true, false]) {
    const transits = new Transits()
    transits.add(saying, there, [x])
    transits.add(saying, there, [y])
    transits.conversationEnded(there, [])
    expect(transits.takeUnlisted(there, listed ? [saying] : [])).toEqual(listed ? [] : [x, y])
    expect(transits.delivered(saying, there)).toEqual(listed ? [x, y] : [])
    expect(transits.size).toBe(0)
  }
})

it('what came and is said again is answered for both', () => {
  const transits = new Transits()
  transits.add(saying, there, [x])
  transits.conversationEnded(there, [again])
  expect(transits.takeUnlisted(there, [saying])).toEqual([])
  expect(transits.delivered(saying, there)).toEqual([])
  expect(transits.delivered(saying, there)).toEqual([x])
})

it('what is on its way again and owed by nobody is answered once', () => {
  const transits = new Transits()
  transits.add(saying, there, [x])
  transits.conversationEnded(there, [again])
  expect(transits.takeUnlisted(there, [])).toEqual([])
  expect(transits.delivered(saying, there)).toEqual([x])
})
