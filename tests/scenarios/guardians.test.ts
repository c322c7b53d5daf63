// Owners that die: what others hold of them goes on, what they ran is adopted, and nothing that is done
// is done again.

import { expect, it } from 'vitest'
import { Big } from '@murmuration/sim-peer'
import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

it('9: a ref inside an outcome can be read when its owner dies right after', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('leaf', function* () {
    yield* elapse(5)
    return { n: 9 }
  })
  mesh.fn('parent', function* (context) {
    const child = context.call('leaf', [], only('Y'))
    yield* get(child)
    return { child }
  })
  const program = mesh.ask('S', function* (context) {
    const box = (yield* get(context.call('parent', [], only('X')))) as { child: SimRef }
    yield* elapse(6_000)
    return yield* get(box.child)
  })
  mesh.until(() => mesh.peer('S').state.holds.ofLife(mesh.peer('X').life).length > 0, 'S has the ref')
  mesh.kill('X')
  expect(mesh.result(program)).toEqual({ n: 9 })
  expect(mesh.timesRun('parent')).toBe(1)
  mesh.endsWell()
})

it('a ref inside what an owner tells of its own can be read when that one dies right after', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('leaf', function* () {
    yield* elapse(5)
    return { n: 9 }
  })
  mesh.fn('second', function* (context) {
    yield* elapse(200)
    return { next: context.call('leaf', [], only('Y')) }
  })
  mesh.fn('first', function* (context) {
    yield* elapse(5)
    return { next: context.call('second', [], only('X')) }
  })
  const program = mesh.ask('S', function* (context) {
    const first = context.call('first', [], only('X'))
    const { next: second } = (yield* get(first)) as { next: SimRef }
    context.release(first)
    const { next: leaf } = (yield* get(second)) as { next: SimRef }
    context.release(second)
    mesh.kill('X')
    return yield* get(leaf)
  })
  expect(mesh.result(program)).toEqual({ n: 9 })
  mesh.endsWell()
})

it('a ref inside what a child has put can be read when its owner dies right after', () => {
  const mesh = new Scenario({ S: 0, A: 1, Y: 1, Z: 1 })
  mesh.fn('leaf', function* () {
    yield* elapse(5)
    return { n: 9 }
  })
  mesh.fn('wrap', function* (context, box: { ref: SimRef }) {
    yield* elapse(1)
    return { p: context.put({ ref: box.ref }) }
  })
  mesh.fn('parent', function* (context) {
    yield* elapse(1)
    const leaf = context.call('leaf', [], only('Y'))
    const { p } = (yield* get(context.call('wrap', [{ ref: leaf }], only('Z')))) as { p: SimRef }
    return { p }
  })
  mesh.fn('note', function* (context) {
    yield* elapse(1)
    return [context.put({ n: 1 })]
  })
  const program = mesh.ask('S', function* (context) {
    // By then A has its guardians.
    yield* get(context.call('note', [], only('A')))
    yield* elapse(500)
    const parent = context.call('parent', [], only('A'))
    const { p } = (yield* get(parent)) as { p: SimRef }
    context.release(parent)
    const { ref } = (yield* get(p)) as { ref: SimRef }
    context.release(p)
    mesh.kill('A')
    return yield* get(ref)
  })
  expect(mesh.result(program)).toEqual({ n: 9 })
  mesh.endsWell()
})

it('a put inside a task outlives the peer that ran it', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return [context.put(new Big({ n: 1 }, 1e6)), context.put({ n: 2 })]
  })
  const program = mesh.ask('S', function* (context) {
    const [big, small] = (yield* get(context.call('make', [], only('X')))) as SimRef[]
    yield* elapse(6_000)
    return [yield* get(big as SimRef), yield* get(small as SimRef)]
  })
  mesh.until(() => mesh.peer('S').state.holds.ofLife(mesh.peer('X').life).length > 1, 'S has the refs')
  mesh.kill('X')
  expect(mesh.result(program)).toEqual([{ n: 1 }, { n: 2 }])
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})

it('a task is run again, its children are not: done or running, they are adopted', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 })
  mesh.fn('quick', function* () {
    yield* elapse(10)
    return 1
  })
  mesh.fn('slow', function* () {
    yield* elapse(4_000)
    return 2
  })
  mesh.fn('parent', function* (context) {
    const quick = context.call('quick', [], only('Z'))
    const slow = context.call('slow', [], only('Z'))
    return [yield* get(quick), yield* get(slow)]
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { prefer: { peer: 'X' } }))
  })
  mesh.until(() => mesh.timesRun('slow') === 1, 'both children have begun')
  mesh.run({ forMs: 500 })
  mesh.kill(mesh.runs('parent')[0] as string)
  expect(mesh.result(program)).toEqual([1, 2])
  expect(mesh.timesRun('parent')).toBe(2)
  expect(mesh.timesRun('quick')).toBe(1)
  expect(mesh.timesRun('slow')).toBe(1)
  mesh.endsWell()
})

it('what could not be made again before its owner died is known for that by whoever answers for it then', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1 }, { config: { lineageBytes: 1 } })
  mesh.fn('block', function* () {
    yield* elapse(5)
    return new Big({ n: 9 }, 1e6)
  })
  mesh.fn('parent', function* (context) {
    const child = context.call('block', [], { ...only('Y'), copies: 1 })
    yield* get(child)
    return { child }
  })
  const program = mesh.ask('S', function* (context) {
    const box = (yield* get(context.call('parent', [], only('X')))) as { child: SimRef }
    yield* elapse(12_000)
    return yield* get(box.child)
  })
  mesh.until(() => mesh.peer('S').state.holds.ofLife(mesh.peer('X').life).length > 0, 'S has the ref')
  mesh.kill('X')
  mesh.run({ forMs: 6_000 })
  mesh.kill('Y')
  expect(String(mesh.result(program))).toMatch(/OBJECT_LOST.*its lineage was dropped/)
  mesh.endsWell()
})

it('a guardian that slept for longer than the dead are remembered keeps nothing of what it guarded', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: 1, Z: 1, V: 1 }, { config: { tombstoneMs: 10_000 } })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(10)
    return n
  })
  const main = function* (context: Context): Body {
    return yield* get(context.call('work', [7]))
  }
  expect(mesh.result(mesh.program(mesh.peer('S'), main, { job: 'kept' }))).toBe(7)
  mesh.until(() => mesh.guardiansOf('S').length === 2, 'S has its guardians')
  const sleeper = mesh.peer(mesh.guardiansOf('S')[0] as string)
  sleeper.sleep()
  mesh.run({ forMs: 30_000 })
  expect(mesh.peer('S').state.members.get(sleeper.peer)).toBeUndefined()
  sleeper.thaw()
  mesh.run({ forMs: 5_000 })
  expect(mesh.guardiansOf('S')).not.toContain(sleeper.peer)
  expect(sleeper.state.guarded.has(mesh.peer('S').life)).toBe(false)
})
