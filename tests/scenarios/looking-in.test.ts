// What a peer tells of itself to whoever draws the mesh: whom it is linked with, what it runs and for how long; and
// being asked to vanish, which it leaves to its program.

import { expect, it } from 'vitest'
import { inspect } from '@murmuration/core/seeing'
import { Scenario, elapse, get } from './scenario.ts'

it('tells whom it is linked with, and what it runs and for how long', () => {
  const mesh = new Scenario({ S: 0, E: 2 })
  mesh.fn('work', function* () {
    yield* elapse(1_000)
    return 1
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('work', []))
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'it runs')
  mesh.run({ forMs: 300 })
  const E = mesh.peer('E')
  const ask = (what: 'attempts' | 'members') => inspect(E.state, { what, id: null, limit: 10 }, E.now())
  const [attempt] = ask('attempts')
  expect(attempt).toMatchObject({ fn: 'work', state: 'running', owner: 'S' })
  expect(attempt?.['ms']).toBeGreaterThan(250)
  expect(ask('members').find(({ peer }) => peer === mesh.peer('S').peer)).toMatchObject({ linked: true })
  expect(mesh.result(program)).toBe(1)
  mesh.endsWell()
})

it('is told who wants it to vanish, and stays', () => {
  const mesh = new Scenario({ S: 0, E: 2 })
  mesh.peer('S').event({ type: 'unplug', peer: mesh.peer('E').life })
  mesh.until(() => mesh.said('peer:unplug') === 1, 'it was told')
  mesh.run({ forMs: 2_000 })
  expect(mesh.peer('E').alive).toBe(true)
  mesh.endsWell()
})
