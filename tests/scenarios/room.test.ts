// Too little memory: which bytes go, which move to disk, which stay whatever it costs, and who is told.

import { expect, it } from 'vitest'
import type { ObjectId } from '@murmuration/core/internal'
import { Big, SimRef, encode } from '@murmuration/sim-peer'
import type { SimPeer } from '@murmuration/sim-peer'
import { allTold, oneTo } from './actor-stage.ts'
import { Gate, Scenario, elapse, get, only } from './scenario.ts'

const block = (n: number, size = 10e6): Big => new Big({ n }, size)

/** Objects put at S with as many copies, by name. */
function put(S: SimPeer, count: number, copies: number): ObjectId[] {
  const objects = Array.from({ length: count }, (_, n) => `block-${n}` as ObjectId)
  objects.forEach((object, n) => S.put('c' as never, object, { encoded: encode(block(n)), copies }))
  return objects
}

const letGo = (S: SimPeer, objects: readonly ObjectId[]): void => {
  for (const object of objects) S.event({ type: 'release', object })
}

const holders = (S: SimPeer, object: ObjectId): number => S.state.directory.get(object)?.holders.size ?? 0

/** What that one keeps and its owner does not know to be there. */
const uncounted = (S: SimPeer, { life, state }: SimPeer): ObjectId[] => {
  const counted = new Set(S.state.directory.heldBy(life))
  return [...state.holdings.all()].map(({ object }) => object).filter((object) => !counted.has(object))
}

/** S, and a holder with little memory and a large disk, which know each other. */
function besideDisk(holder: { readonly slots: number; readonly memoryBytes: number }) {
  const mesh = new Scenario({ S: 0 })
  const H = mesh.add('H', { ...holder, diskBytes: 1e9 })
  mesh.run({ forMs: 3_000 })
  return { mesh, H }
}

it('copies that were only read go first, and nothing is written to disk for them', () => {
  const mesh = new Scenario({ S: 0 })
  mesh.add('H', { slots: 0 })
  mesh.add('E', { slots: 1, memoryBytes: 100e6, diskBytes: 1e9 })
  mesh.run({ forMs: 3_000 })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(10)
    return n
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  const program = mesh.ask('S', function* (context) {
    // E is the third to have each of them: two copies are kept without it.
    E.full = true
    E.store.disk.isFull = true
    const refs = Array.from({ length: 20 }, (_, n) => context.put(block(n)))
    yield* elapse(10_000)
    E.full = false
    E.store.disk.isFull = false
    let sum = 0
    for (const ref of refs) sum += (yield* get(context.call('read', [ref], only('E')))) as number
    return sum
  })
  expect(mesh.result(program)).toBe(190)
  expect(E.store.memoryUsed).toBeLessThanOrEqual(100e6)
  expect(E.state.counters.dropped).toBeGreaterThan(8)
  expect([E.state.counters.spilled, S.state.counters.rebuilt]).toEqual([0, 0])
  mesh.endsWell()
})

it('a holder is asked to look at bytes for which it has just asked whether they may go: its owner counts on nothing that is not there', () => {
  const mesh = new Scenario({ S: 0 })
  mesh.add('H', { slots: 0 })
  mesh.add('E', { slots: 1, memoryBytes: 100e6 })
  mesh.run({ forMs: 3_000 })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(10)
    return n
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  const objects = put(S, 20, 2)
  mesh.run({ forMs: 10_000 })
  const readers = objects.map((object) =>
    mesh.ask('S', function* (context) {
      return yield* get(context.call('read', [new SimRef(object, S.life)], only('E')))
    }),
  )
  const hashes = new Map(objects.map((object) => [object, S.state.directory.get(object)?.hash ?? '']))
  const isRead = (): boolean => readers.every(({ end }) => end !== null)
  for (let times = 0; times < 10_000 && !isRead(); times++) {
    // A little longer than it takes to ask and be answered: else no answer would ever count.
    mesh.run({ forMs: 4 })
    for (const [object, hash] of hashes) if (E.store.has(object)) mesh.says('S', 'E', { type: 'verify', object, hash })
  }
  expect(isRead()).toBe(true)
  mesh.run({ forMs: 5_000 })
  expect(E.state.counters.dropped).toBeGreaterThan(2)
  expect(S.state.directory.heldBy(E.life).filter((object) => !E.store.has(object))).toEqual([])
  expect(uncounted(S, E)).toEqual([])
  letGo(S, objects)
  mesh.endsWell()
})

it('a holder asks twice, as it has looked meanwhile: each answer is that to its own question', () => {
  const mesh = new Scenario({ S: 0, H: { slots: 0, diskBytes: 1e9 }, E: 1 }, { config: { pressureShare: 0.0001 } })
  mesh.fn('make', function* (_context, n: number) {
    yield* elapse(5)
    return block(n, 1e6)
  })
  const [S, E] = [mesh.peer('S'), mesh.peer('E')]
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 20 }, (_, n) => context.call('make', [n], only('E')))
    yield* gate.passed()
    return refs.length
  })
  mesh.run({ forMs: 2_000 })
  // H has the other copy by now. E is to look all the time, until it asks.
  const seen = new Set<ObjectId>()
  for (let times = 0; times < 20_000 && seen.size < 20; times++) {
    mesh.run({ forMs: 0.8 })
    for (const { object, hash, plea } of E.state.holdings.all()) {
      if (plea && plea.waits.size > 0) seen.add(object)
      if (!seen.has(object)) mesh.says('S', 'E', { type: 'verify', object, hash })
    }
  }
  mesh.run({ forMs: 2_000 })
  expect(seen.size).toBe(20)
  expect(uncounted(S, E)).toEqual([])
  expect(E.state.counters.dropped).toBeGreaterThan(0)
  gate.isOpen = true
  expect(mesh.result(program)).toBe(20)
  mesh.endsWell()
})

it('copies that count move to disk, and are read from there', () => {
  const { mesh, H } = besideDisk({ slots: 1, memoryBytes: 50e6 })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(10)
    return n
  })
  const S = mesh.peer('S')
  const objects = put(S, 12, 2)
  mesh.run({ forMs: 10_000 })
  expect(objects.map((object) => holders(S, object))).toEqual(objects.map(() => 2))
  expect(H.state.holdings.memoryBytes).toBeLessThanOrEqual(40e6)
  expect(H.state.counters.spilled).toBeGreaterThan(7)
  expect(objects.filter((object) => H.store.isOnDisk(object)).length).toBeGreaterThan(7)
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(block(12))
    return yield* get(context.call('read', [ref], only('H')))
  })
  expect(mesh.result(program)).toBe(12)
  letGo(S, objects)
  mesh.endsWell()
})

it('a disk that is full takes nothing and breaks nothing: it is asked again later', () => {
  const { mesh, H } = besideDisk({ slots: 0, memoryBytes: 50e6 })
  const S = mesh.peer('S')
  H.store.disk.isFull = true
  const objects = put(S, 6, 2)
  mesh.run({ forMs: 5_000 })
  expect(H.state.counters.unspilled).toBeGreaterThan(0)
  expect(H.state.counters.spilled).toBe(0)
  expect(objects.map((object) => holders(S, object)).every((count) => count >= 1)).toBe(true)
  H.store.disk.isFull = false
  mesh.run({ forMs: 20_000 })
  expect(objects.map((object) => holders(S, object))).toEqual(objects.map(() => 2))
  expect(H.state.counters.spilled).toBeGreaterThan(0)
  letGo(S, objects)
  mesh.endsWell()
})

it('both holders of everything are short of memory in the same second, without disks: one copy of each stays', () => {
  const mesh = new Scenario({ S: 0, A: 0, B: 0 })
  const [S, A, B] = [mesh.peer('S'), mesh.peer('A'), mesh.peer('B')]
  // S itself lets go of what it put: the copies are at A and B.
  S.full = false
  const objects = put(S, 10, 3)
  mesh.run({ forMs: 20_000 })
  expect(objects.map((object) => holders(S, object))).toEqual(objects.map(() => 3))
  for (const peer of [S, A, B]) shrink(peer, 60e6)
  mesh.run({ forMs: 5_000 })
  for (const object of objects) {
    const having = [S, A, B].filter((peer) => peer.store.has(object)).length
    expect(having, object).toBeGreaterThanOrEqual(1)
    expect(having, object).toBe(holders(S, object))
  }
  expect(A.state.counters.dropped + B.state.counters.dropped + S.state.counters.dropped).toBeGreaterThan(5)
  for (const peer of [S, A, B]) shrink(peer, 2 ** 30)
  mesh.run({ forMs: 30_000 })
  expect(objects.map((object) => holders(S, object))).toEqual(objects.map(() => 3))
  letGo(S, objects)
  mesh.endsWell()
})

/** From one moment to the next it has as much memory. */
function shrink(peer: SimPeer, memoryBytes: number): void {
  const { me } = peer.state.members
  me.profile = { ...(me.profile as NonNullable<typeof me.profile>), memoryBytes }
  peer.state.holdings.isRestless = true
  peer.event({ type: 'writable', peer: peer.peer, writable: true })
}

it('two holders ask at once whether the last copies may go: only one hears yes', () => {
  const mesh = new Scenario({ S: 0, A: 0 })
  const [S, A] = [mesh.peer('S'), mesh.peer('A')]
  const [object] = put(S, 1, 2) as [ObjectId]
  mesh.until(() => holders(S, object) === 2, 'there are two copies')
  for (const peer of [A, S]) shrink(peer, 1e6)
  mesh.run({ forMs: 1_000 })
  expect([S, A].filter((peer) => peer.store.has(object))).toHaveLength(1)
  expect(S.state.counters.dropped + A.state.counters.dropped).toBe(1)
  for (const peer of [A, S]) shrink(peer, 2 ** 30)
  mesh.run({ forMs: 20_000 })
  expect(holders(S, object)).toBe(2)
  letGo(S, [object])
  mesh.endsWell()
})

it('an object is not let go of under an attempt that reads it', () => {
  const mesh = new Scenario({ S: 0, H: 0 })
  mesh.add('E', { slots: 1, memoryBytes: 100e6 })
  mesh.run({ forMs: 3_000 })
  mesh.fn('ponder', function* (_context, { n }: { n: number }) {
    yield* elapse(5_000)
    return n
  })
  const E = mesh.peer('E')
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(block(7))
    return yield* get(context.call('ponder', [ref], only('E')))
  })
  mesh.until(() => mesh.timesRun('ponder') === 1, 'it is read')
  const [object] = [...E.store.keys()] as [ObjectId]
  shrink(E, 1e6)
  mesh.run({ forMs: 2_000 })
  expect([E.store.has(object), E.state.holdings.get(object)?.plea]).toEqual([true, null])
  expect(mesh.result(program)).toBe(7)
  mesh.run({ forMs: 2_000 })
  expect(E.store.has(object)).toBe(false)
  mesh.endsWell()
})

it('with memory and disk full a put is refused with the reason, and what is there stays', () => {
  const mesh = new Scenario({ S: 0 })
  mesh.add('P', { slots: 0, memoryBytes: 30e6, diskBytes: 30e6 })
  mesh.run({ forMs: 3_000 })
  const P = mesh.peer('P')
  const program = mesh.ask('P', function* (context) {
    const refs = [1, 2, 3, 4, 5, 6].map((n) => context.put(block(n), { copies: 1 }))
    let refused = ''
    try {
      context.put(block(7), { copies: 1 })
    } catch (error) {
      refused = String(error)
    }
    yield* elapse(5_000)
    const values = []
    for (const ref of refs) values.push(((yield* get(ref)) as { n: number }).n)
    return [refused, values]
  })
  const [refused, values] = mesh.result(program) as [string, number[]]
  expect(refused).toMatch(/no room/)
  expect(values).toEqual([1, 2, 3, 4, 5, 6])
  mesh.run({ forMs: 1_000 })
  expect(P.store.size).toBe(0)
  mesh.endsWell()
})

it('a copy that has rotted on disk is found out when it is read, dropped and made again', () => {
  const { mesh, H } = besideDisk({ slots: 1, memoryBytes: 10e6 })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(10)
    return n
  })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(block(3))
    yield* elapse(5_000)
    const wasOnDisk = H.store.isOnDisk(ref.object)
    H.keeper.rot(ref.object)
    const n = yield* get(context.call('read', [ref], only('H')))
    yield* elapse(2_000)
    return [wasOnDisk, n, H.keeper.read(ref.object)?.hash === S.store.get(ref.object)?.hash, holders(S, ref.object)]
  })
  expect(mesh.result(program)).toEqual([true, 3, true, 2])
  expect([H.state.counters.spoilt, mesh.timesRun('read')]).toEqual([1, 1])
  mesh.endsWell()
})

it('two that are begun in one turn find out together that their input has rotted on disk', () => {
  const { mesh, H } = besideDisk({ slots: 2, memoryBytes: 10e6 })
  mesh.fn('read', function* (_context, { n }: { n: number }, m: number) {
    yield* elapse(10)
    return n + m
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(block(3))
    yield* elapse(5_000)
    H.keeper.rot(ref.object)
    return yield* allTold([1, 2].map((m) => context.call('read', [ref, m], only('H'))))
  })
  expect(mesh.result(program)).toEqual([4, 5])
  expect([H.state.counters.spoilt, mesh.timesRun('read')]).toEqual([1, 2])
  mesh.endsWell()
})

it('so do two that read it while they run', () => {
  const { mesh, H } = besideDisk({ slots: 2, memoryBytes: 10e6 })
  mesh.fn('look', function* (_context, [ref]: [SimRef], m: number) {
    yield* elapse(1_000)
    return ((yield* get(ref)) as { n: number }).n + m
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(block(3))
    yield* elapse(5_000)
    const refs = [1, 2].map((m) => context.call('look', [[ref], m], only('H')))
    yield* elapse(500)
    H.keeper.rot(ref.object)
    return yield* allTold(refs)
  })
  expect(mesh.result(program)).toEqual([4, 5])
  expect([H.state.counters.spoilt, mesh.timesRun('look')]).toEqual([1, 2])
  mesh.endsWell()
})

it('the arguments of all do not fit at once: tasks take turns, and all are done', () => {
  const mesh = new Scenario({ S: 0, Y: { slots: 4, labels: { makes: 'yes' } }, X: { slots: 4, memoryBytes: 5e6 } })
  mesh.fn('make', function* (_context, n: number) {
    yield* elapse(5)
    return new Big({ n }, 2e6)
  })
  mesh.fn('both', function* (_context, a: { n: number }, b: { n: number }) {
    yield* elapse(200)
    return a.n + b.n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = oneTo(12).map((n) => context.call('make', [n], { ...only('Y'), copies: 1 }))
    for (const ref of refs) yield { type: 'durable', ref }
    const sums = oneTo(12).map((n) => context.call('both', [refs[n - 1], refs[n % 12]], { ...only('X'), retries: 0 }))
    return yield* allTold(sums)
  })
  expect(mesh.result(program)).toEqual(oneTo(12).map((n) => n + (n % 12) + 1))
  mesh.endsWell()
})

it('an argument larger than the memory of whoever runs the task is read from its disk', () => {
  const small = { slots: 1, memoryBytes: 1e6, diskBytes: 1e9 }
  const mesh = new Scenario({ S: 0, Y: { slots: 1, labels: { makes: 'yes' } }, X: small })
  mesh.fn('make', function* () {
    yield* elapse(5)
    return new Big({ n: 3 }, 2e6)
  })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(5)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { ...only('Y'), copies: 1 })
    yield { type: 'durable', ref }
    return yield* get(context.call('read', [ref], { ...only('X'), retries: 0 }))
  })
  expect(mesh.result(program)).toBe(3)
  mesh.endsWell()
})

it('an input that goes to disk keeps none waiting behind it that fits in memory', () => {
  const small = { slots: 4, memoryBytes: 1e6, diskBytes: 1e11 }
  const mesh = new Scenario({ S: 0, Y: { slots: 2, memoryBytes: 1e11, labels: { makes: 'yes' } }, X: small })
  mesh.fn('make', function* (_context, n: number) {
    yield* elapse(5)
    return new Big({ n: 3 }, n)
  })
  mesh.fn('read', function* (_context, { n }: { n: number }) {
    yield* elapse(5)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const large = context.call('make', [4e9], { ...only('Y'), copies: 1 })
    const little = context.call('make', [0.5e6], { ...only('Y'), copies: 1 })
    yield { type: 'durable', ref: large }
    yield { type: 'durable', ref: little }
    context.call('read', [large], { ...only('X'), retries: 0 })
    yield* elapse(20)
    return yield* get(context.call('read', [little], { ...only('X'), retries: 0 }))
  })
  expect(mesh.result(program)).toBe(3)
  mesh.endsWell()
})
