// What a task prints reaches the program that asked for it, also through its parent, and a loop that prints does
// not fill the wire.

import { expect, it } from 'vitest'
import { inspect } from '@murmuration/core/seeing'
import type { Scenario as Mesh } from './scenario.ts'
import { Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

function prints(mesh: Mesh, peer: string, text: string): void {
  const [row] = [...mesh.peer(peer).state.executor.all()].filter(({ state }) => state === 'running')
  if (row) mesh.peer(peer).event({ type: 'logged', attempt: row.id, level: 'log', text })
}

interface Said {
  readonly type: string
  readonly text?: string
  readonly fn?: string
  readonly name?: string
  readonly again?: number
}

/** What programs on that peer were told. */
function told(mesh: Mesh, peer: string): Said[] {
  return mesh.notices
    .filter((one) => one.by === mesh.peer(peer).peer && one.notice.type === 'task:printed')
    .map(({ notice }) => notice)
}

it('from the executor to the owner, and of a child on to the program', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: 1 })
  mesh.fn('child', function* () {
    yield* elapse(2_000)
    return 1
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [], only('B')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], only('A')))
  })
  mesh.until(() => mesh.timesRun('child') === 1, 'the child runs')
  prints(mesh, 'B', 'half way')
  expect(mesh.result(program)).toBe(1)
  expect(told(mesh, 'S')).toMatchObject([{ fn: 'child', name: 'B', text: 'half way', again: 0 }])
  // The parent's peer only passed it on.
  expect(told(mesh, 'A')).toEqual([])
  const kept = inspect(mesh.peer('B').state, { what: 'printed', id: null, limit: 10 }, mesh.peer('B').now())
  expect(kept).toMatchObject([{ fn: 'child', text: 'half way', name: 'B' }])
  mesh.endsWell()
})

it('a line that comes again and again is told twice: at once, and how often', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1 })
  mesh.fn('loop', function* () {
    yield* elapse(20_000)
    return 1
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('loop', []))
  })
  mesh.until(() => mesh.timesRun('loop') === 1, 'it runs')
  for (let i = 0; i < 500; i++) prints(mesh, 'A', 'still here')
  mesh.run({ forMs: 12_000 })
  const lines = told(mesh, 'S').map(({ text, again }) => [text, again])
  expect(lines).toEqual([
    ['still here', 0],
    ['still here', 499],
  ])
  expect(mesh.result(program)).toBe(1)
  mesh.endsWell()
})

it('of a run that is done once more beside the one that is kept for whoever was cut off: it goes to who asks now', () => {
  const at = (zone: string): object => ({ needs: { labels: { zone } } })
  const mesh = new Scenario({
    S: keepsNothing,
    X: { slots: 1, labels: { zone: 'first' } },
    Y: { slots: 1, labels: { zone: 'first' } },
    Z: { slots: 1, labels: { zone: 'second' } },
    B: { slots: 1, labels: { zone: 'third' } },
  })
  mesh.fn('child', function* () {
    yield* elapse(3_000)
    return 1
  })
  mesh.fn('parent', function* (context) {
    if (mesh.timesRun('parent') > 1) return yield* get(context.call('child', [], at('third')))
    yield* elapse(6_000)
    throw new Error('not yet')
  })
  mesh.fn('first', function* (context) {
    return yield* get(context.call('parent', [], { ...at('second'), retryErrors: true }))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('first', [], { ...at('first'), prefer: { peer: 'X' } }))
  })
  mesh.until(() => mesh.timesRun('parent') === 1, 'the parent runs')
  mesh.run({ forMs: 500 })
  mesh.cut(['X'], ['S', 'Y', 'Z', 'B'])
  mesh.until(() => mesh.timesRun('child') === 1, 'the child runs')
  expect(mesh.peer('Z').state.executor.size).toBe(2)
  prints(mesh, 'B', 'half way')
  expect(mesh.result(program)).toBe(1)
  expect(told(mesh, 'S')).toMatchObject([{ fn: 'child', text: 'half way' }])
  mesh.endsWell()
})
