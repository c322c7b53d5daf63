import { expect, test } from 'vitest'
import type { PeerEvent } from '../../src/model/events.ts'
import type { LifeId, ObjectId } from '../../src/model/ids.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import { Waiters } from '../../src/runtime/waiters.ts'

const object = 'o' as ObjectId
const owner = 'here/1' as LifeId

function waiters(): Waiters & { posted: PeerEvent['type'][] } {
  const posted: PeerEvent['type'][] = []
  const made = new Waiters({ post: ({ type }) => posted.push(type), store: new MemoryStore(100) })
  return Object.assign(made, { posted })
}

test('who stops waiting for copies leaves the others waiting', async () => {
  const all = waiters()
  const first = all.untilDurable(object)
  all.durable(object, null)
  await first.settled
  const [second, third] = [all.untilDurable(object), all.untilDurable(object)]
  first.stop()
  second.stop()
  expect(all.size).toBe(1)
  all.durable(object, null)
  await third.settled
  third.stop()
  expect(all.size).toBe(0)
})

test('what broke first is what everybody is told, then and later', async () => {
  const all = waiters()
  const before = all.watch(object, owner, true)
  all.fail(new Error('it broke'))
  const between = all.watch(object, owner, true)
  all.fail(new Error('it left'))
  const after = all.watch(object, owner, true)
  for (const { settled } of [before, between, after]) await expect(settled).rejects.toThrow('it broke')
  await expect(all.untilDurable(object).settled).rejects.toThrow('it broke')
})
