// What peers remember of a task when one of them has died: whoever had to do with it tells its part.

import { expect, it } from 'vitest'
import { inspect } from '@murmuration/core/seeing'
import type { SimFailure } from '@murmuration/sim-peer'
import type { Scenario as Mesh } from './scenario.ts'
import { Scenario, elapse, get, keepsNothing, longTask, only } from './scenario.ts'

/** What that peer tells of it, in words. */
function storyOf(mesh: Mesh, peer: string, id: string): string[] {
  const { state } = mesh.peer(peer)
  const rows = inspect(state, { what: 'story', id, limit: 100 }, mesh.peer(peer).now())
  return rows.map(({ what, attempt }) => `${String(what)} ${Number(attempt)}`)
}

function taskOf(mesh: Mesh, fn: string, peer: string): string {
  const [row] = [...mesh.peer(peer).state.tasks.all()].filter(({ spec }) => spec.fn === fn)
  return row?.spec.id ?? ''
}

it('the owner tells of an attempt whose peer died, and whoever ran the next one of that', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: 1 })
  const program = longTask(mesh, 3_000)
  mesh.until(() => mesh.timesRun('long') === 1, 'it runs')
  const id = taskOf(mesh, 'long', 'S')
  const [first = ''] = mesh.runs('long')
  expect(storyOf(mesh, first, id)).toEqual(['started 1'])
  mesh.peer(first).kill()
  expect(mesh.result(program)).toBe(7)
  const [, second = ''] = mesh.runs('long')
  expect(storyOf(mesh, 'S', id)).toEqual(['asked 0', 'given 1', 'retried 1', 'given 2', 'value 2'])
  expect(storyOf(mesh, second, id)).toEqual(['started 2', 'ran 2'])
  // Of the peer itself its death is told.
  expect(storyOf(mesh, 'S', mesh.peer(first).peer).at(-1)).toBe('died 0')
  mesh.endsWell()
})

it('an owner dies: its guardians tell what they kept and who answers for it now', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: 1, C: 1, D: 1 })
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(8_000)
    return n
  })
  mesh.fn('parent', function* (context) {
    return yield* get(context.call('child', [5], only('B')))
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('parent', [], { retries: 3, prefer: { peer: 'A' } }))
  })
  mesh.until(() => mesh.timesRun('child') === 1, 'the child runs')
  const [owner = ''] = mesh.runs('parent')
  const id = taskOf(mesh, 'child', owner)
  mesh.run({ forMs: 1_000 })
  const guardians = mesh.guardiansOf(owner)
  expect(guardians.length).toBeGreaterThan(0)
  for (const guardian of guardians) expect(storyOf(mesh, guardian, id)).toContain('guards 0')
  mesh.peer(owner).kill()
  expect(mesh.result(program)).toBe(5)
  const told = mesh.alive().flatMap(({ peer }) => storyOf(mesh, peer, id))
  expect(told).toContain('adopted 0')
  // It ran once, begun for one owner and done for the next.
  const kinds = told.map((line) => line.split(' ')[0])
  expect(kinds.filter((kind) => kind === 'started' || kind === 'ran')).toHaveLength(2)
  mesh.endsWell()
})

it('an error carries the whole of it, first attempt included', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1 })
  mesh.fn('bad', function* () {
    yield* elapse(10)
    throw new RangeError('too deep')
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('bad', []))
  })
  const error = mesh.result(program) as SimFailure
  expect(error.failure.story).toEqual([
    expect.stringMatching(/^\+[\d.]+ s bad asked for on S$/),
    expect.stringMatching(/^\+[\d.]+ s attempt 1 given to A$/),
    expect.stringMatching(/^\+[\d.]+ s failed: TASK_FAILED$/),
  ])
  mesh.endsWell()
})

it('an actor’s hosts tell where it lived, from what, and why it ended', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, B: 1, C: 1 })
  mesh.actors.set('Counter', {
    build: () => ({ count: 0 }),
    methods: {
      // oxlint-disable-next-line require-yield -- a body like the others
      *add(_context, counter: { count: number }) {
        return ++counter.count
      },
    },
    snapshots: true,
  })
  const calls = { retries: -1 }
  let id = ''
  const program = mesh.ask('S', function* (context) {
    const counter = context.spawn('Counter', [], { onceOnly: true, ...calls })
    id = counter.object
    yield* get(context.send(counter, 'add', [], calls))
    yield* elapse(3_000)
    const count = yield* get(context.send(counter, 'add', [], calls))
    yield { type: 'stop', ref: counter, reason: 'enough' }
    return count
  })
  const notesOf = (peer: string): string[] =>
    inspect(mesh.peer(peer).state, { what: 'story', id, limit: 100 }, mesh.peer(peer).now())
      .filter(({ what }) => what === 'noted' || what === 'stopped')
      .map(({ what, note }) => (what === 'noted' ? String(note) : `${what}: ${String(note)}`))
  const hostOf = (): string =>
    mesh.alive().find(({ state }) => [...state.residents.all()].some((row) => row.state === 'open'))?.peer ?? ''
  mesh.until(() => hostOf() !== '', 'it lives')
  const first = hostOf()
  expect(notesOf(first)).toEqual(['lives here, as incarnation 1, from its beginning'])
  mesh.run({ forMs: 1_000 })
  mesh.kill(first)
  mesh.until(() => hostOf() !== '', 'it lives elsewhere')
  const second = hostOf()
  expect(mesh.result(program)).toBe(2)
  expect(notesOf(second)).toEqual([
    expect.stringMatching(/^lives here, as incarnation 2, from its checkpoint of \d+ bytes$/),
    'stopped: enough',
  ])
  mesh.endsWell()
})
