// When nothing moves it is said, once, with the reason; what only takes long is left alone.

import { expect, it } from 'vitest'
import type { Scenario as Mesh } from './scenario.ts'
import { Scenario, elapse, get, keepsNothing, longTask, only } from './scenario.ts'

/** What programs on that peer were told of it. */
function reports(mesh: Mesh, peer: string): { waiting: number; why: readonly string[] }[] {
  return mesh.notices.flatMap(({ by, notice }) =>
    by === mesh.peer(peer).peer && notice.type === 'task:stuck' ? [notice] : [],
  )
}

it('what gets no slot, as others have them all, is told once', () => {
  const mesh = new Scenario({ S: keepsNothing, T: keepsNothing, A: 1 }, { config: { stuckMs: 3_000 } })
  mesh.fn('hog', function* () {
    yield* elapse(20_000)
    return 1
  })
  mesh.fn('small', function* (_context, n: number) {
    yield* elapse(10)
    return n
  })
  const hog = mesh.ask('T', function* (context) {
    return yield* get(context.call('hog', []))
  })
  mesh.until(() => mesh.timesRun('hog') === 1, 'it runs')
  const program = mesh.ask('S', function* (context) {
    const refs = [1, 2].map((n) => context.call('small', [n], only('A')))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  mesh.run({ forMs: 12_000 })
  const [report, ...more] = reports(mesh, 'S')
  expect(more).toEqual([])
  expect(report).toMatchObject({ waiting: 2 })
  expect(report?.why[0]).toMatch(/^small .* is ready and waits for a slot \(.*A.*busy/)
  expect(mesh.result(program)).toBe(3)
  expect(mesh.result(hog)).toBe(1)
  expect(reports(mesh, 'T')).toEqual([])
  mesh.endsWell()
})

it('a task that runs for long is not stuck', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1 }, { config: { stuckMs: 2_000 } })
  expect(mesh.result(longTask(mesh, 30_000))).toBe(7)
  expect(mesh.said('task:stuck')).toBe(0)
  mesh.endsWell()
})

it('nobody has what it needs: told before it fails as unplaceable', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1 }, { config: { stuckMs: 2_000, placeTimeoutMs: 10_000 } })
  mesh.fn('moon', function* () {
    yield* elapse(10)
    return 1
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('moon', [], { needs: { labels: { zone: 'moon' } } }))
  })
  mesh.result(program)
  const [report, ...more] = reports(mesh, 'S')
  expect(more).toEqual([])
  expect(report).toMatchObject({ waiting: 1 })
  expect(report?.why[0]).toMatch(/moon .* is ready and waits for a slot \(.*zone.*\); UNPLACEABLE in [\d.]+ s/)
  mesh.endsWell()
})
