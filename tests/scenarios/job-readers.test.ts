// What a job is after others have opened it: as it was and what they added, whoever keeps it by then; and
// nothing is kept of one of which nothing was ever asked.

import type { ContextId, InspectRow, ObjectId } from '@murmuration/core/internal'
import { inspect } from '@murmuration/core/seeing'
import type { Body, Context, Program } from '@murmuration/sim-peer'
import { expect, it } from 'vitest'
import { Scenario, elapse, get } from './scenario.ts'

const context = 'named-nu' as ContextId

function mesh(seed: number): Scenario {
  const stage = new Scenario({ S: 0, M: 0, N: 0, X: 2, Y: 2, Z: 2 }, { seed })
  stage.fn('work', function* (_context, n: number) {
    yield* elapse(200)
    return n
  })
  return stage
}

/** A program of the job whose work is given that name. */
function asks(name: string, n: number): (context: Context) => Body {
  return function* (context) {
    return yield* get(context.call('work', [n], { name }))
  }
}

function open(stage: Scenario, peer: string, main: (context: Context) => Body, lifetime = ''): Program {
  return stage.program(stage.peer(peer), main, { job: 'nu', detached: lifetime === 'detached' })
}

/** What that peer finds by that name in the job that it has opened. */
function reads(stage: Scenario, peer: string, name: string): () => Body {
  return function* () {
    const { state, life } = stage.peer(peer)
    const object = state.jobs.get(context)?.names.get(name) as ObjectId
    return yield* get({ object, owner: life })
  }
}

/** As `mesh.leave()` does: the job is closed, then goodbye is said. */
function leaves(stage: Scenario, name: string): void {
  const peer = stage.peer(name)
  peer.event({ type: 'close-job', context })
  peer.event({ type: 'leave' })
  stage.until(() => peer.left, `${name} has left`)
  stage.run({ forMs: 10 })
  stage.kill(name)
  stage.run({ forMs: 2_000 })
}

/** What those say who answer for the job. */
function told(stage: Scenario): InspectRow[] {
  const query = { what: 'jobs', id: null, limit: 10, where: { job: 'nu' } } as const
  return stage.alive().flatMap((peer) => inspect(peer.state, query, peer.now()))
}

it.each([1, 2, 3, 4, 5, 6])('a job has its names when a reader of it has left: seed %i', (seed) => {
  const stage = mesh(seed)
  expect(stage.result(open(stage, 'S', asks('sum', 6), 'detached'))).toBe(6)
  leaves(stage, 'S')
  for (const reader of ['M', 'N']) {
    expect(stage.result(open(stage, reader, reads(stage, reader, 'sum')))).toBe(6)
    leaves(stage, reader)
    const rows = told(stage)
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) {
      expect(row).toMatchObject({ lifetime: 'detached', state: 'kept', done: '["sum"]' })
      expect(namesIn(row)).toEqual(['sum'])
    }
  }
})

function namesIn(row: InspectRow | undefined): string[] {
  return Object.keys(JSON.parse(String(row?.['names'])) as object)
}

it.each([1, 2, 3, 4])('of what two programs gave one name to, the later one’s has it: seed %i', (seed) => {
  const stage = mesh(seed)
  expect(stage.result(open(stage, 'S', asks('sum', 6), 'detached'))).toBe(6)
  leaves(stage, 'S')
  const second = function* (context: Context): Body {
    const more = yield* asks('more', 8)(context)
    return [yield* asks('sum', 7)(context), more] as never
  }
  expect(stage.result(open(stage, 'M', second))).toEqual([7, 8])
  leaves(stage, 'M')
  const [last] = told(stage).sort((one, other) => Number(other['opened']) - Number(one['opened']))
  expect(namesIn(last)).toEqual(['sum', 'more'])
  const third = open(stage, 'N', function* () {
    return [yield* reads(stage, 'N', 'sum')(), yield* reads(stage, 'N', 'more')()] as never
  })
  expect(stage.result(third)).toEqual([7, 8])
})

it.each(['leaves', 'closes', 'dies'])(
  'of a job of which nothing was asked nothing stays when its program %s',
  (how) => {
    const stage = mesh(1)
    // oxlint-disable-next-line require-yield -- it looks for what is not there
    const reader = open(stage, 'M', function* () {
      return stage.peer('M').state.jobs.get(context)?.names.size
    })
    expect(stage.result(reader)).toBe(0)
    stage.run({ forMs: 500 })
    if (how === 'leaves') leaves(stage, 'M')
    else if (how === 'dies') stage.kill('M')
    else stage.peer('M').event({ type: 'close-job', context })
    stage.run({ forMs: 10_000 })
    expect(told(stage)).toEqual([])
    for (const { state } of stage.alive()) expect([state.jobs.size, state.guarded.size]).toEqual([0, 0])
    expect(stage.result(open(stage, 'N', asks('sum', 6)))).toBe(6)
  },
)
