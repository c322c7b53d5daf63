// Bad input from peers that speak the protocol: ledgers of lives that never were, answers that nobody asked
// for, more than is kept for one peer. All of it is dropped and counted, and nothing grows.

import { expect, it } from 'vitest'
import type { ContextId, LedgerRow, LifeId, Message, ObjectId, TaskId } from '@murmuration/core/internal'
import { Scenario, elapse, get, only } from './scenario.ts'

const bytes = new TextEncoder().encode('"wrong"')

function row(object: string, context: string, size = bytes.length): LedgerRow {
  return {
    object: object as ObjectId,
    task: null,
    context: context as ContextId,
    spec: null,
    copies: 1,
    attempt: 0,
    at: null,
    faded: false,
    located: { type: 'inline', bytes: size === bytes.length ? bytes : new Uint8Array(size), refs: [] },
  }
}

function guard(rows: readonly LedgerRow[], more: Partial<Extract<Message, { type: 'guard' }>> = {}): Message {
  return { type: 'guard', nth: 1, begin: true, more: false, rows, gone: [], jobs: [], ...more }
}

/** Everything that a stranger could make grow. */
function sizes(mesh: Scenario, name: string): Record<string, number> {
  const { state } = mesh.peer(name)
  const { guarded, directory, holds, tasks, claims, jobs, missing, shared, ledger } = state
  return {
    ledgers: guarded.owners().length,
    guarded: guarded.size,
    directory: directory.size,
    holds: holds.size,
    tasks: tasks.size,
    claims: claims.size,
    jobs: jobs.size,
    missing: missing.size,
    shared: shared.size,
    rows: ledger.size,
  }
}

it('38: ledgers and answers that nobody asked for, claims of nothing, findings of strangers change nothing', () => {
  const mesh = new Scenario({ S: 0, E: 1, M: 1, N: 0 })
  mesh.fn('work', function* () {
    yield* elapse(3_000)
    return 'right'
  })
  let task = '' as TaskId
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('work', [], only('E'))
    task = ref.object as string as TaskId
    return yield* get(ref)
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'the work runs at E')
  mesh.run({ forMs: 500 })
  const before = sizes(mesh, 'S')
  const strayed = mesh.peer('S').state.counters.strayed
  const context = 'job-1' as ContextId
  const says = (message: Message): void => mesh.says('M', 'S', message)
  // A change of a ledger whose beginning never came, and what is said of it.
  says(guard([row('never', 'nobody')], { begin: false }))
  says({ type: 'guarded', nth: 7, full: false })
  says({ type: 'guarded', nth: 1, full: true })
  says({ type: 'claimed', context, rows: [row(task, 'job-1')], more: false })
  const names = [['x', task as string as ObjectId]] as const
  says({ type: 'sought', context, isTaken: true, has: true, detached: true, opened: 9, names })
  says({ type: 'claim', context: 'nobody' as ContextId })
  says({ type: 'seek', context: 'nobody' as ContextId })
  says({ type: 'unguard' })
  says({ type: 'end-job', context, reason: 'because' })
  says({ type: 'holding', object: 'never' as ObjectId, size: 1, hash: 'x' })
  says({
    type: 'compare',
    object: task as string as ObjectId,
    located: { type: 'inline', bytes, refs: [] },
    isFirst: true,
    reply: true,
  })
  mesh.run({ forMs: 500 })
  expect(sizes(mesh, 'S')).toEqual(before)
  expect(mesh.peer('S').state.counters.strayed - strayed).toBeGreaterThanOrEqual(6)
  expect(mesh.peer('S').state.members.me.profile?.guards ?? []).not.toContain(mesh.peer('M').life)
  expect(mesh.result(program)).toBe('right')
  expect(mesh.said('task:conflict')).toBe(0)
  mesh.endsWell()
})

it('38: a guardian keeps no more of one peer than ledgerBytes, and says so', () => {
  const mesh = new Scenario({ S: 0, M: 0 }, { config: { ledgerBytes: 100_000 } })
  const S = mesh.peer('S')
  for (let n = 0; n < 8; n++)
    mesh.says('M', 'S', guard([row(`heavy-${n}`, 'job', 20_000)], { nth: n + 1, begin: n === 0, more: n < 7 }))
  mesh.run({ forMs: 500 })
  expect([S.state.guarded.size, S.state.guarded.owners()]).toEqual([0, []])
  expect(S.state.members.me.profile?.guards ?? []).toEqual([])
  mesh.endsWell()
})

it('38: a peer that says that it guards a life that never was is asked, and that is all', () => {
  const mesh = new Scenario({ S: 0, M: 0, N: 0 })
  const nobody = 'nobody/1' as LifeId
  const M = mesh.peer('M').state
  M.gossip.spread(M.members.describe({ guards: [nobody, mesh.peer('N').life] }, M.timers.turnAt))
  const program = mesh.ask('S', function* (context) {
    const ref = context.put({ n: 1 })
    yield* elapse(1_000)
    return yield* get(ref)
  })
  mesh.run({ forMs: 1_000 })
  const S = mesh.peer('S')
  S.event({ type: 'hold', object: 'nothing' as ObjectId, owner: nobody })
  S.event({ type: 'watch', object: 'nothing' as ObjectId, owner: nobody, bytes: false })
  mesh.run({ forMs: 20_000 })
  expect(S.state.watches.size).toBe(0)
  expect(mesh.result(program)).toEqual({ n: 1 })
  S.event({ type: 'release', object: 'nothing' as ObjectId })
  M.gossip.spread(M.members.describe({ guards: [] }, M.timers.turnAt))
  mesh.endsWell()
})
