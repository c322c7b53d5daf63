// A peer that gives no slots any more, from one moment to the next: what it runs goes back uncharged and is done
// elsewhere, and when it gives some again it takes part again.

import { expect, it } from 'vitest'
import { Scenario, sumOf } from './scenario.ts'

it('what runs when a peer pauses goes back uncharged', () => {
  const mesh = new Scenario({ S: 0, P: 2, E: 1 })
  const program = sumOf(mesh, [1, 2, 3, 4], 20_000, { options: { retries: 0 } })
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
