// Something that was put inside a task, and all of whose copies are gone: the task is run once more and puts it
// again. Who answers for it may be the peer that ran the task, or whoever took over from it.

import { expect, it } from 'vitest'
import type { ObjectId } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { Context, Got, SimRef, Wait } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

/** What a reader is told: the value, or why there is none. */
function* ask(ref: SimRef): Generator<Wait, unknown, Got> {
  const got = yield { type: 'get', ref }
  return got.type === 'value' ? got.value : `${got.failure.code}: ${got.failure.reason}: ${got.failure.message}`
}

interface Told {
  readonly refs: readonly SimRef[]
  /** Lets the program read them. */
  read(): unknown
}

/** S asks for `make`, which puts some things and returns their refs; they are read later, where there is room. */
function asked(mesh: Scenario, prefer: string, args: (context: Context) => readonly unknown[] = () => []): Told {
  mesh.fn('look', function* (_context, value: unknown) {
    yield* elapse(5)
    return value
  })
  const gate = new Gate()
  let refs: readonly SimRef[] = []
  const program = mesh.ask('S', function* (context) {
    refs = (yield* get(context.call('make', args(context), { prefer: { peer: prefer } }))) as SimRef[]
    yield* gate.passed()
    const read: unknown[] = []
    for (const ref of refs) read.push(yield* ask(context.call('look', [ref])))
    return read
  })
  mesh.until(() => refs.length > 0, 'S has the refs')
  mesh.run({ forMs: 500 })
  return {
    get refs() {
      return refs
    },
    read: () => {
      gate.isOpen = true
      return mesh.result(program)
    },
  }
}

function putsOne(mesh: Scenario): void {
  mesh.fn('make', function* (context) {
    yield* elapse(50)
    return [context.put(new Big({ n: 1 }, 1e6))]
  })
}

/** The second time it takes a minute, and says whether it came to its end. */
function putsOnceMoreSlowly(mesh: Scenario): { isThrough: boolean } {
  const again = { isThrough: false }
  mesh.fn('make', function* (context) {
    yield* elapse(mesh.timesRun('make') === 1 ? 20 : 60_000)
    again.isThrough = mesh.timesRun('make') > 1
    return [context.put(new Big({ n: 1 }, 1e6))]
  })
  return again
}

/** Those who have its bytes. */
function holders(mesh: Scenario, { object }: SimRef): string[] {
  return mesh
    .alive()
    .filter(({ store }) => store.has(object))
    .map(({ peer }) => peer)
}

/** The bytes of that peer go bad, and somebody says so. */
function spoil(mesh: Scenario, at: string, owner: string, object: ObjectId): void {
  mesh.peer(at).keeper.rot(object)
  mesh.says('S', owner, { type: 'gone', object, holder: mesh.peer(at).life })
}

it('both copies go, and who ran the task lives: it is run again, anywhere, and its own result stays what it is', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1 })
  putsOne(mesh)
  const told = asked(mesh, 'X')
  const [ref] = told.refs as [SimRef]
  const at = holders(mesh, ref)
  expect([at.length, mesh.runs('make')]).toEqual([2, ['X']])
  for (const name of at.filter((other) => other !== 'X')) mesh.kill(name)
  // Nobody takes another copy in time.
  for (const { peer } of mesh.others('X')) mesh.peer(peer).full = true
  mesh.until(() => at.every((name) => name === 'X' || mesh.knowsDead('X', name)), 'one copy is lost')
  spoil(mesh, 'X', 'X', ref.object)
  mesh.run({ forMs: 100 })
  for (const peer of mesh.alive()) peer.full = false
  expect(told.read()).toEqual([{ n: 1 }])
  expect(mesh.timesRun('make')).toBe(2)
  expect([mesh.said('object:lost'), mesh.said('task:conflict')]).toEqual([0, 0])
  mesh.endsWell()
})

it.each(['S lives', 'S is killed as well'])(
  'who ran the task dies with both copies: a guardian has it run again; %s',
  (how) => {
    const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0, R: keepsNothing })
    putsOne(mesh)
    const gate = new Gate()
    const seen: unknown[] = []
    mesh.fn('read', function* (_context, box: { refs: readonly SimRef[] }) {
      yield* gate.passed()
      for (const ref of box.refs) seen.push(yield* ask(ref))
      return null
    })
    let refs: readonly SimRef[] = []
    mesh.program(
      mesh.peer('S'),
      function* (context) {
        refs = (yield* get(context.call('make', [], { prefer: { peer: 'X' } }))) as SimRef[]
        context.call('read', [{ refs }], { ...only('W'), name: 'read' })
        yield* elapse(1e6)
        return null
      },
      { job: 'reads', detached: true },
    )
    mesh.until(() => mesh.timesRun('read') === 1, 'W has the ref')
    mesh.run({ forMs: 1_000 })
    const [ref] = refs as [SimRef]
    const gone = new Set(['X', ...holders(mesh, ref).filter((name) => name !== 'W')])
    const isElsewhere = holders(mesh, ref).includes('W')
    if (isElsewhere) spoil(mesh, 'W', 'X', ref.object)
    for (const name of gone) mesh.kill(name)
    if (how !== 'S lives') mesh.kill('S')
    mesh.run({ forMs: 8_000 })
    gate.isOpen = true
    mesh.until(() => seen.length === 1, 'it is read')
    expect(seen).toEqual([{ n: 1 }])
    expect(mesh.timesRun('make')).toBe(2)
  },
)

it('who ran the task dies with both copies, and everything goes when the reader has let go of it', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  putsOne(mesh)
  const told = asked(mesh, 'X')
  const [ref] = told.refs as [SimRef]
  for (const name of new Set(['X', ...holders(mesh, ref)])) mesh.kill(name)
  expect(told.read()).toEqual([{ n: 1 }])
  expect(mesh.timesRun('make')).toBe(2)
  mesh.endsWell()
})

it('its only holder, which answered for it, is back as another process while its bytes are on their way: the reader waits for who answers now', () => {
  const mesh = new Scenario({ S: keepsNothing, A: 1, R: 1, X: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(mesh.timesRun('make') === 1 ? 20 : 2_000)
    return [context.put(new Big({ n: 1 }, 1e7), { copies: 1 })]
  })
  mesh.fn('read', function* (_context, [ref]: SimRef[]) {
    return yield* ask(ref as SimRef)
  })
  let refs: readonly SimRef[] = []
  const program = mesh.ask('S', function* (context) {
    const made = context.call('make', [], { prefer: { peer: 'X' } })
    refs = (yield* get(made)) as SimRef[]
    return yield* get(context.call('read', [refs], only('R')))
  })
  const R = mesh.peer('R').state
  const isOnItsWay = (): boolean => refs.some(({ object }) => R.holdings.fetching(object)?.active)
  mesh.until(isOnItsWay, 'R fetches it')
  const [ref] = refs as [SimRef]
  expect([holders(mesh, ref), mesh.guardiansOf('X')]).toEqual([['X'], expect.arrayContaining(['A', 'R'])])
  mesh.kill('X')
  mesh.run({ forMs: 20 })
  mesh.restart('X')
  mesh.until(() => mesh.borrows('R', 'A'), 'A is asked in its place')
  expect(isOnItsWay()).toBe(true)
  mesh.until(() => !isOnItsWay(), 'the transfer has failed')
  expect(program.end).toBeNull()
  expect(mesh.result(program)).toEqual({ n: 1 })
  expect(mesh.timesRun('make')).toBe(2)
  expect(mesh.said('object:lost')).toBe(0)
  mesh.endsWell()
})

it('children of the task are found, not run again, and what was put holds the refs that it had inside', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  mesh.fn('child', function* (_context, n: number) {
    yield* elapse(20)
    return { n }
  })
  mesh.fn('make', function* (context) {
    const child = context.call('child', [7])
    yield* get(child)
    return [context.put(new Big({ child }, 1e6))]
  })
  const told = asked(mesh, 'X')
  const [ref] = told.refs as [SimRef]
  for (const name of new Set(['X', ...holders(mesh, ref)])) mesh.kill(name)
  const [box] = told.read() as [{ child: SimRef }]
  expect(box.child).toBeDefined()
  expect([mesh.timesRun('make'), mesh.timesRun('child')]).toEqual([2, 1])
  mesh.endsWell()
})

it('a chain: what it was made from was put inside a task as well, and is gone too', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  mesh.fn('first', function* (context) {
    yield* elapse(20)
    return context.put(new Big({ n: 3 }, 1e6))
  })
  mesh.fn('make', function* (context, up: { n: number }) {
    yield* elapse(20)
    return [context.put(new Big({ n: up.n + 1 }, 1e6))]
  })
  const told = asked(mesh, 'X', (context) => [context.call('first', [], { prefer: { peer: 'X' } })])
  const [ref] = told.refs as [SimRef]
  for (const name of new Set(['X', ...holders(mesh, ref)])) mesh.kill(name)
  for (const peer of mesh.alive()) for (const object of peer.store.keys()) peer.keeper.rot(object)
  expect(told.read()).toEqual([{ n: 4 }])
  expect([mesh.timesRun('first'), mesh.timesRun('make')]).toEqual([2, 2])
  mesh.endsWell()
})

it('nothing is run as long as nobody reads it: it is put again when what was made from it is to be made again', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  mesh.fn('weigh', function* (_context, put: { n: number }) {
    yield* elapse(20)
    return new Big({ n: put.n + 10 }, 1e6)
  })
  mesh.fn('make', function* (context) {
    const heavy = context.call('weigh', [context.put(new Big({ n: 1 }, 1e6))], { copies: 1, prefer: { peer: 'Y' } })
    yield* get(heavy)
    return [heavy]
  })
  const told = asked(mesh, 'X')
  const [heavy] = told.refs as [SimRef]
  mesh.run({ forMs: 1_000 })
  for (const peer of mesh.alive())
    for (const object of peer.store.keys()) if (object !== heavy.object) spoil(mesh, peer.peer, 'X', object)
  mesh.run({ forMs: 5_000 })
  expect(mesh.timesRun('make')).toBe(1)
  for (const name of holders(mesh, heavy)) spoil(mesh, name, 'X', heavy.object)
  mesh.run({ forMs: 1_000 })
  expect(told.read()).toEqual([{ n: 11 }])
  expect(mesh.timesRun('make')).toBe(2)
  mesh.endsWell()
})

it('a task that is not deterministic and does not put it again: lost, and the sentence says so', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  mesh.fn('make', function* (context) {
    yield* elapse(20)
    return [context.put(new Big({ n: mesh.timesRun('make') }, 1e6))]
  })
  const told = asked(mesh, 'X')
  const [ref] = told.refs as [SimRef]
  for (const name of new Set(['X', ...holders(mesh, ref)])) mesh.kill(name)
  expect(told.read()).toEqual([
    expect.stringMatching(
      /^ARGUMENT_FAILED: OBJECT_LOST: .*it was put inside make, which was run again and did not put it/,
    ),
  ])
  mesh.endsWell()
})

it('two are lost at once, and so is what their task is made from: both are, with the reason, though it may be run for ever', () => {
  const mesh = new Scenario({ S: keepsNothing, Y: 1, Z: 1, W: 1 })
  mesh.fn('seed', function* (context) {
    yield* elapse(20)
    return [context.put(new Big({ n: 0 }, 1e6), { copies: 1 })]
  })
  mesh.fn('make', function* (context, _from: unknown) {
    yield* elapse(20)
    return [1, 2].map((n) => context.put(new Big({ n }, 1e6), { copies: 1 }))
  })
  const program = mesh.ask('S', function* (context) {
    const [from] = (yield* get(context.call('seed', [], { prefer: { peer: 'Y' }, rebuilds: 0 }))) as [SimRef]
    const made = context.call('make', [from], { prefer: { peer: 'Z' }, rebuilds: -1 })
    const refs = (yield* get(made)) as SimRef[]
    yield* elapse(1_000)
    for (const name of ['Y', 'Z']) mesh.kill(name)
    yield* elapse(5_000)
    const read: unknown[] = []
    for (const ref of refs) read.push(yield* ask(ref))
    return read
  })
  const why = expect.stringMatching(
    /^OBJECT_LOST: put: .*it was put inside make, which was run again and failed/,
  ) as string
  expect(mesh.result(program)).toEqual([why, why])
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})

it('it may be run again so often and no more', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(20)
    return [context.put(new Big({ n: 1 }, 1e6), { copies: 1 })]
  })
  const program = mesh.ask('S', function* (context) {
    const [ref] = (yield* get(context.call('make', [], { ...only('X'), rebuilds: 0 }))) as [SimRef]
    yield* elapse(1_000)
    spoil(mesh, 'X', 'X', ref.object)
    yield* elapse(1_000)
    return yield* ask(ref)
  })
  expect(mesh.result(program)).toMatch(/^OBJECT_LOST: no-rebuilds/)
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})

it('a holder that is back while the task runs again wins, and the run is let go', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  const again = putsOnceMoreSlowly(mesh)
  const told = asked(mesh, 'X')
  const [ref] = told.refs as [SimRef]
  const [back] = holders(mesh, ref).filter((name) => name !== 'X') as [string]
  mesh.peer(back).freeze()
  mesh.kill('X')
  mesh.until(() => mesh.timesRun('make') === 2, 'it is run again')
  mesh.peer(back).thaw()
  expect(told.read()).toEqual([{ n: 1 }])
  mesh.run({ forMs: 10_000 })
  expect([mesh.timesRun('make'), again.isThrough]).toEqual([2, false])
  expect(mesh.alive().map(({ workers }) => workers.busy().length)).toEqual(mesh.alive().map(() => 0))
  mesh.endsWell()
})

it('whoever reads it lets go while the task runs again: the run is let go, and nothing stays', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 1, W: 1, V: 0 })
  const again = putsOnceMoreSlowly(mesh)
  let ref: SimRef | undefined
  mesh.ask('S', function* (context) {
    const list = context.call('make', [], { prefer: { peer: 'X' } })
    ref = ((yield* get(list)) as SimRef[])[0] as SimRef
    yield* elapse(500)
    for (const name of new Set(['X', ...holders(mesh, ref)])) mesh.kill(name)
    while (mesh.timesRun('make') < 2) yield* elapse(100)
    return null
  })
  mesh.until(() => mesh.timesRun('make') === 2, 'it is run again')
  mesh.run({ forMs: 10_000 })
  expect(again.isThrough).toBe(false)
  mesh.endsWell()
})
