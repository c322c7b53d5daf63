// Refs that are handed on while whoever answered for them is gone: whom those who get them ask.

import { expect, it } from 'vitest'
import type { SimRef } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

it('a guardian never heard of what it holds, and gets it back as its own to read: nobody says that it let go of it', () => {
  const mesh = new Scenario({ S: 2, X: 1, W: { slots: 2, role: 'worker' } })
  mesh.fn('note', function* (context) {
    yield* elapse(1)
    return [context.put({ n: 1 })]
  })
  let held: SimRef | null = null
  mesh.fn('hold', function* (_context, { ref }: { ref: SimRef }) {
    held = ref
    yield* elapse(60_000)
  })
  mesh.fn('pass', function* (context, box: { ref: SimRef }) {
    return yield* get(context.call('hold', [box], only('S')))
  })
  mesh.fn('put', function* (context) {
    yield* elapse(1_000)
    return yield* get(context.call('pass', [{ ref: context.put({ n: 7 }) }], only('W')))
  })
  mesh.fn('read', function* (_context, { ref }: { ref: SimRef }) {
    return yield* get(ref)
  })
  mesh.fn('ask', function* (context, box: { ref: SimRef }) {
    return yield* get(context.call('read', [box], only('S')))
  })
  mesh.ask('S', function* (context) {
    const notes = yield* get(context.call('note', [], only('X')))
    yield* elapse(500)
    yield { type: 'get', ref: context.call('put', [], only('X')) }
    return notes
  })
  mesh.until(() => mesh.timesRun('put') === 1, 'it runs at X')
  expect(mesh.guardiansOf('X')).toEqual(['S'])
  mesh.cut(['X'], ['S'])
  mesh.until(() => held !== null, 'S holds what X has put, of which it was told nothing')
  mesh.kill('X')
  mesh.until(() => mesh.knowsDead('S', 'X') && mesh.knowsDead('W', 'X'), 'both know that X is dead')
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('ask', [{ ref: held }], only('W')))
  })
  expect(String(mesh.result(program))).toMatch(/OBJECT_LOST.*the peer that answered for it is gone/)
  mesh.endsWell()
})

it('a guardian is only asked when a ref is handed on: whoever gets it looks for its owner, which is back before the guardian answers', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, G: 0, T: { slots: 1, role: 'worker' } })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return [context.put({ n: 7 })]
  })
  const [hasAsked, isBack] = [new Gate(), new Gate()]
  mesh.fn('read', function* (_context, { ref }: { ref: SimRef }) {
    yield* isBack.passed()
    return ((yield* get(ref)) as { n: number }).n
  })
  const program = mesh.ask('S', function* (context) {
    const [ref] = (yield* get(context.call('make', [], only('X')))) as [SimRef]
    yield* hasAsked.passed()
    return yield* get(context.call('read', [{ ref }], only('T')))
  })
  mesh.until(() => mesh.borrows('S', 'X') && mesh.guardiansOf('X').length === 1, 'S has the ref, and G knows')
  mesh.peer('X').sleep()
  mesh.until(() => mesh.borrows('S', 'G'), 'S asks G')
  mesh.peer('G').sleep()
  hasAsked.isOpen = true
  mesh.until(() => mesh.timesRun('read') === 1, 'T has the ref')
  mesh.peer('X').thaw()
  mesh.until(() => mesh.borrows('S', 'X') && mesh.borrows('T', 'X'), 'X is asked again')
  mesh.peer('G').thaw()
  mesh.run({ forMs: 1_000 })
  isBack.isOpen = true
  expect(mesh.result(program)).toBe(7)
  mesh.endsWell()
})
