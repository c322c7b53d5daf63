// A stream whose owner seems dead: somebody else answers for it and has it run, too, and what had ended for the
// first owner is kept for it until its grace is over.

import { expect, it } from 'vitest'
import type { Program, SimRef } from '@murmuration/sim-peer'
import { Big, each, emit } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

/** S has a stream that E yields and R reads. It falls silent while what is put in it waits for S, a guardian of E, and E has it run anew. */
function silenced(): { readonly mesh: Scenario; readonly program: Program } {
  const mesh = new Scenario({ S: 0, E: 2, R: 1 })
  mesh.fn('boxes', function* (context) {
    for (let n = 0; n < 6; n++) {
      yield* elapse(100)
      yield* emit({ inside: context.put(new Big({ n }, 1e6)) })
    }
  })
  mesh.fn('count', function* (_context, box: { stream: SimRef }) {
    return yield* each(box.stream, () => {})
  })
  const program = mesh.ask('S', function* (context) {
    const stream = context.call('boxes', [], { ahead: 8, ...only('E') })
    return yield* get(context.call('count', [{ stream }], only('R')))
  })
  mesh.until(() => mesh.timesRun('count') === 1, 'R reads it')
  mesh.run({ forMs: 450 })
  mesh.peer('S').sleep()
  mesh.until(() => mesh.timesRun('boxes') === 2, 'it runs for whoever answers for it now')
  mesh.run({ forMs: 50 })
  return { mesh, program }
}

const endedAt = (mesh: Scenario, peer: string): number =>
  [...mesh.peer(peer).state.executor.all()].filter(({ state }) => state === 'done').length

it('a generator ended for an owner that seemed dead, and runs for another as well: back, that owner has what came of it', () => {
  const { mesh, program } = silenced()
  expect(endedAt(mesh, 'E')).toBe(1)
  mesh.peer('S').thaw()
  expect(mesh.result(program)).toBe(6)
  expect(mesh.timesRun('boxes')).toBe(2)
  mesh.endsWell()
})

it('that owner is gone for good: what had ended for it goes when its grace is over', () => {
  const { mesh } = silenced()
  mesh.kill('S')
  expect(endedAt(mesh, 'E')).toBe(1)
  mesh.until(() => mesh.peer('E').state.graves.size === 0, 'its grace is over')
  expect(endedAt(mesh, 'E')).toBe(0)
  mesh.endsWell()
})
