// A page is told that it is about to be frozen. What waits and runs there goes back in that very turn, so nobody has to
// find out by its silence; when it goes on it takes part again, and nothing of before comes to life.

import type { PeerId } from '@murmuration/core/internal'
import { expect, it } from 'vitest'
import { Scenario, elapse, get, only, sumOf } from './scenario.ts'

/** What a page gets to do: one turn. */
function freezes(mesh: Scenario, peer: string): void {
  const page = mesh.peer(peer)
  page.event({ type: 'standstill' })
  page.turn()
  page.freeze()
}

function goesOn(mesh: Scenario, peer: string, slots: number): void {
  mesh.peer(peer).thaw()
  mesh.peer(peer).event({ type: 'described', slots })
  mesh.peer(peer).event({ type: 'slept' })
}

it('what runs and what waits is begun elsewhere before anybody suspects, uncharged', () => {
  const mesh = new Scenario({ S: 0, P: 2, E: 8 })
  const program = sumOf(mesh, [...Array(14).keys()], 5_000, { options: { retries: 0 } })
  mesh.until(() => mesh.runs('work').filter((at) => at === 'P').length === 2, 'P works')
  const before = mesh.peer('S').state.tasks.assignedTo(mesh.lifeOf('P')).length
  expect(before).toBeGreaterThanOrEqual(2)
  freezes(mesh, 'P')
  mesh.until(() => mesh.peer('S').state.tasks.assignedTo(mesh.lifeOf('P')).length === 0, 'S has all of it back', 100)
  expect(mesh.said('peer:suspected')).toBe(0)
  mesh.run({ forMs: 20_000 })
  goesOn(mesh, 'P', 2)
  expect(mesh.result(program)).toBe(91)
  expect(mesh.peer('S').state.counters.retried).toBe(0)
  expect(mesh.runs('work').filter((at) => at === 'P').length).toBe(2)
  const more = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [7], only('P')))
  })
  expect(mesh.result(more)).toBe(7)
  mesh.endsWell()
})

it('back before anybody missed it, it starts nothing of before, and what it is given runs once', () => {
  const mesh = new Scenario({ S: 0, P: 1 })
  const program = sumOf(mesh, [1, 2, 3, 4], 300, { options: { retries: 0 } })
  mesh.until(() => mesh.timesRun('work') === 1, 'P works')
  freezes(mesh, 'P')
  mesh.run({ forMs: 200 })
  expect(mesh.peer('S').state.members.get('P' as PeerId)?.state).toBe('alive')
  goesOn(mesh, 'P', 1)
  expect(mesh.result(program)).toBe(10)
  expect(mesh.timesRun('work')).toBe(5)
  mesh.endsWell()
})

it('with nothing to hand back it says so as well, though it has said something else a moment before', () => {
  const mesh = new Scenario({ S: 0, P: 2 })
  mesh.run({ forMs: 5_000 })
  mesh.peer('P').event({ type: 'described', hidden: true })
  mesh.peer('P').turn()
  freezes(mesh, 'P')
  const slots = (): number | undefined => mesh.peer('S').state.members.get('P' as PeerId)?.profile?.slots
  mesh.until(() => slots() === 0, 'S knows that P gives none', 1_000)
  expect(mesh.said('peer:suspected')).toBe(0)
  goesOn(mesh, 'P', 2)
  mesh.until(() => slots() === 2, 'S knows that P gives them again')
  mesh.endsWell()
})

it('what only waited in a worker goes back as well, and is not begun when the page goes on', () => {
  const mesh = new Scenario({ S: 0, P: 1, E: 1 })
  const program = sumOf(mesh, [...Array(2_000).keys()], 0.4, { options: { retries: 0 } })
  const { executor } = mesh.peer('P').state
  mesh.until(() => executor.crowded().length > 0, 'several wait in a worker of P')
  const page = mesh.peer('P')
  page.event({ type: 'standstill' })
  page.turn()
  // Thawed at once, it gives its slot again in the turn in which it hears that its worker is gone.
  page.event({ type: 'described', slots: 1 })
  expect(mesh.result(program)).toBe((2_000 * 1_999) / 2)
  // Twice only what ran when it froze.
  expect(mesh.timesRun('work')).toBeLessThanOrEqual(2_001)
  expect(executor.size).toBe(0)
  mesh.endsWell()
})

const inA = { slots: 1, labels: { zone: 'a' } }

it('a parent that waits for its children goes on elsewhere, and they are not asked for twice', () => {
  const mesh = new Scenario({ S: 0, P: inA, E: inA, F: 2 })
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(6_000)
    return n
  })
  mesh.fn('parent', function* (context) {
    const refs = [1, 2].map((n) => context.call('child', [n], only('F')))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { retries: 0, needs: { labels: inA.labels } }))
  })
  mesh.until(() => mesh.timesRun('child') === 2, 'the children run')
  const [host] = mesh.runs('parent')
  mesh.run({ forMs: 1_000 })
  freezes(mesh, host as string)
  mesh.until(() => mesh.timesRun('parent') === 2, 'the parent goes on elsewhere', 500)
  mesh.run({ forMs: 10_000 })
  goesOn(mesh, host as string, 1)
  expect(mesh.result(program)).toBe(3)
  expect(mesh.timesRun('child')).toBe(2)
  mesh.endsWell()
})
