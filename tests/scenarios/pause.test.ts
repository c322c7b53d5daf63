// A peer that gives no slots any more, from one moment to the next: what it runs goes back uncharged and is done
// elsewhere, and when it gives some again it takes part again.

import { expect, it } from 'vitest'
import { Scenario, elapse, get } from './scenario.ts'

it('what runs when a peer pauses goes back uncharged', () => {
  const mesh = new Scenario({ S: 0, P: 2, E: 1 })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(20_000)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = [1, 2, 3, 4].map((n) => context.call('work', [n], { retries: 0 }))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  mesh.until(() => mesh.runs('work').filter((at) => at === 'P').length === 2, 'P works')
  const P = mesh.peer('P')
  P.event({ type: 'described', slots: 0 })
  mesh.until(() => P.state.executor.size === 0, 'nothing is left at P')
  P.event({ type: 'described', slots: 2 })
  mesh.until(() => mesh.runs('work').filter((at) => at === 'P').length > 2, 'P works again')
  expect(mesh.result(program)).toBe(10)
  expect(mesh.peer('S').state.counters.retried).toBe(0)
  mesh.endsWell()
})
