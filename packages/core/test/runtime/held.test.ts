import { expect, test } from 'vitest'
import type { LifeId, ObjectId } from '../../src/model/ids.ts'
import { Held } from '../../src/runtime/held.ts'

const [a, b] = ['a', 'b'] as unknown as [ObjectId, ObjectId]
const there = 'there/1' as LifeId

test('the machine counts one handle per object, however often it is asked for', () => {
  const posted: string[] = []
  const held = new Held((event) => posted.push(`${event.type} ${'object' in event ? event.object : ''}`))
  held.hold(a, there)
  held.hold(a, there)
  // Submitting has made a handle of its own.
  held.own(b)
  held.own(b)
  held.own(a)
  expect(posted).toEqual(['hold a', 'release b', 'release a'])
  held.release(b)
  held.release(b)
  held.close()
  expect(posted.slice(3)).toEqual(['release b', 'release a'])
  held.hold(b, there)
  expect([posted.length, held.isClosed]).toEqual([5, true])
})
