// A page that nobody looks at says so: everybody is told, nobody takes it for silent, it keeps what it has and is
// given what others have no slot for; what is in a hurry, and ledgers and copies while others are there, pass it by.

import type { Instant, PeerId } from '@murmuration/core/internal'
import { inspect } from '@murmuration/core/seeing'
import { expect, it } from 'vitest'
import { Scenario, elapse, get } from './scenario.ts'

function stateOf(mesh: Scenario, seenBy: string, peer: string): unknown {
  const rows = inspect(mesh.peer(seenBy).state, { what: 'members', id: null, limit: 100 }, mesh.clock.now as Instant)
  return rows.find((row) => row['peer'] === peer)?.['state']
}

function hide(mesh: Scenario, peer: string, hidden = true): void {
  mesh.peer(peer).event({ type: 'described', hidden })
  const shown = hidden ? 'hidden' : 'alive'
  mesh.until(() => ['S', 'A'].every((by) => stateOf(mesh, by, peer) === shown), `everybody knows ${peer} as ${shown}`)
}

function works(mesh: Scenario, ms: number): void {
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
}

it('hidden is shown, costs neither work nor trust, and ends when somebody looks again', () => {
  const mesh = new Scenario({ S: 0, A: 0, P: 1 })
  works(mesh, 10_000)
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [1], { retries: 0 }))
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'P works')
  hide(mesh, 'P')
  const since = mesh.peer('S').state.members.get('P' as PeerId)?.since
  mesh.run({ forMs: 1_000 })
  expect(mesh.peer('S').state.members.get('P' as PeerId)?.since).toBe(since)
  expect(mesh.result(program)).toBe(1)
  const more = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [2]))
  })
  expect(mesh.result(more)).toBe(2)
  hide(mesh, 'P', false)
  expect(mesh.runs('work')).toEqual(['P', 'P'])
  expect(mesh.said('peer:suspected')).toBe(0)
  mesh.endsWell()
})

it('what there is a slot for elsewhere runs there, and all slots run when there is enough for all', () => {
  const mesh = new Scenario({ S: 0, P: 1, A: 1 })
  works(mesh, 200)
  for (const [hidden, seen] of [
    ['A', 'P'],
    ['P', 'A'],
  ] as const) {
    mesh.ran.length = 0
    hide(mesh, hidden)
    const one = mesh.ask('S', function* (context) {
      for (let n = 0; n < 10; n++) yield* get(context.call('work', [n]))
    })
    mesh.result(one)
    expect(new Set(mesh.runs('work'))).toEqual(new Set([seen]))
    hide(mesh, hidden, false)
  }
  hide(mesh, 'P')
  const many = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 20 }, (_, n) => context.call('work', [100 + n]))
    for (const ref of refs) yield* get(ref)
  })
  mesh.result(many)
  expect(mesh.runs('work').filter((at) => at === 'P').length).toBeGreaterThan(5)
  mesh.endsWell()
})

it('no second attempt goes there while it is hidden', () => {
  const mesh = new Scenario({ S: 0, A: 1, P: 1 })
  let ms = 100
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
  const known = mesh.ask('S', function* (context) {
    for (let n = 0; n < 8; n++) yield* get(context.call('work', [n]))
  })
  mesh.result(known)
  hide(mesh, 'P')
  ms = 60_000
  const late = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', [42], { hedge: true }))
  })
  mesh.run({ forMs: 5_000 })
  expect(mesh.said('task:hedged')).toBe(0)
  hide(mesh, 'P', false)
  mesh.until(() => mesh.said('task:hedged') === 1, 'somebody looks, and it may help')
  expect(mesh.result(late)).toBe(42)
  mesh.endsWell()
})
