// Who answers when an owner is gone: guardians that have just come, guardians that die with it, and two
// that take over on two sides of a cut.

import { expect, it } from 'vitest'
import type { Claim, PeerId } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { SimRef } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, keepsNothing, only } from './scenario.ts'

/** S holds refs to what X has put; what they are worth is read when X is gone. */
function orphans(mesh: Scenario, count: number): { readonly open: () => void; readonly result: () => unknown } {
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return Array.from({ length: count }, (_, n) => context.put({ n }))
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const refs = (yield* get(context.call('make', [], only('X')))) as SimRef[]
    yield* gate.passed()
    let sum = 0
    for (const ref of refs) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  })
  mesh.until(() => mesh.borrows('S', 'X', count), 'S has the refs')
  mesh.run({ forMs: 500 })
  const open = (): void => void (gate.isOpen = true)
  return {
    open,
    result: () => {
      open()
      return mesh.result(program)
    },
  }
}

it('5: a newcomer is the best-placed guardian, and has only the beginning of the ledger when its owner dies', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0, Z: 0 }, { config: { frameBytes: 1_000 } })
  const work = orphans(mesh, 100)
  expect(mesh.guardiansOf('X').sort()).toEqual(['Y', 'Z'])
  mesh.kill('Z')
  // Whoever asks names the one with the lowest id first.
  const N = mesh.add('A', { slots: 0 })
  mesh.until(() => N.state.guarded.size > 0, 'the newcomer is told of the ledger')
  mesh.kill('X')
  mesh.run({ forMs: 5 })
  expect(N.state.guarded.size).toBeLessThan(100)
  expect(work.result()).toBe(4_950)
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})

it('6: a guardian dies, then the owner before another has its ledger: the one that is left carries on', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0, Z: 0, N: 0 })
  const work = orphans(mesh, 2)
  const [first, second] = mesh.guardiansOf('X') as [string, string]
  mesh.kill(first)
  mesh.until(() => mesh.knowsDead('X', first), 'X knows that it has one guardian left')
  mesh.kill('X')
  expect(work.result()).toBe(1)
  expect(mesh.timesRun('make')).toBe(1)
  expect(mesh.peer(second).alive).toBe(true)
  mesh.endsWell()
})

it('a guardian sleeps until the grace of a dead owner is over: what was asked of it meanwhile still counts', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0 })
  const work = orphans(mesh, 2)
  expect(mesh.guardiansOf('X')).toEqual(['Y'])
  // S hears of the death when Y cannot be asked any more.
  mesh.peer('S').sleep()
  mesh.kill('X')
  mesh.until(() => mesh.knowsDead('Y', 'X'), 'Y knows that X is dead')
  mesh.peer('Y').sleep(true)
  mesh.run({ forMs: mesh.config.orphanGraceMs / 2 })
  mesh.peer('S').thaw()
  mesh.until(() => mesh.knowsDead('S', 'X'), 'S knows that X is dead')
  mesh.run({ forMs: mesh.config.orphanGraceMs / 2 })
  mesh.peer('Y').thaw()
  expect(work.result()).toBe(1)
  mesh.endsWell()
})

it('an executor sleeps longer than tombstones stand, with an outcome for a dead owner: it knows that it is dead as long as it gives it its grace', () => {
  const mesh = new Scenario({ S: 0, E: 1, Y: 0 })
  mesh.fn('work', function* () {
    yield* elapse(3_000)
    return 7
  })
  mesh.ask('S', function* (context) {
    return yield* get(context.call('work', []))
  })
  mesh.until(() => mesh.timesRun('work') === 1, 'it runs')
  mesh.kill('S')
  const { state } = mesh.peer('E')
  mesh.until(
    () => [...state.executor.all()].some((row) => row.state === 'done'),
    'it is done, and nobody is there to take it',
  )
  mesh.peer('E').sleep(true)
  mesh.run({ forMs: mesh.config.tombstoneMs + mesh.config.orphanGraceMs })
  mesh.peer('E').thaw()
  mesh.run({ forMs: 2 * mesh.config.tombstoneMs })
  expect(state.executor.size).toBe(0)
  expect(state.members.get('S' as PeerId)).toBeUndefined()
  mesh.endsWell()
})

it('a guardian waits for the answer of an owner in whose place it is asked itself: it answers, and asks nobody else', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1, Z: 0 })
  mesh.fn('list', function* (context) {
    yield* elapse(5)
    return [context.put({ n: 7 })]
  })
  const gate = new Gate()
  mesh.fn('read', function* (_context, box: { ref: SimRef }) {
    yield* gate.passed()
    return ((yield* get(box.ref)) as { n: number }).n
  })
  let ref: SimRef | null = null
  const program = mesh.ask('S', function* (context) {
    const list = context.call('list', [], only('X'))
    ref = ((yield* get(list)) as SimRef[])[0] as SimRef
    yield* gate.passed()
    return null
  })
  mesh.until(() => ref !== null && mesh.guardiansOf('X').length === 2, 'S has the ref, and both guardians know')
  mesh.peer('X').freeze()
  const reader = mesh.ask('S', function* (context) {
    return yield* get(context.call('read', [{ ref }], only('Y')))
  })
  const { state } = mesh.peer('Y')
  mesh.until(() => state.holds.unanswered().size > 0, 'Y has asked X')
  // S hears of a death first, and Y of it from S, with the question.
  mesh.run({ forMs: 1_000 })
  const {
    life,
    state: {
      members: { me },
    },
  } = mesh.peer('X')
  const claims: readonly Claim[] = [{ life, incarnation: me.incarnation, state: 'dead', by: 'Z' as PeerId }]
  const frame = { from: mesh.peer('Z').life, to: mesh.peer('S').life, mine: 0, yours: 0, ack: 0, seq: 0, messages: [] }
  mesh.peer('S').event({ type: 'received', frame: { ...frame, signals: [], claims, load: null } })
  mesh.until(() => state.directory.size > 0, 'Y answers for it')
  mesh.kill('X')
  mesh.run({ forMs: 500 })
  expect(mesh.peer('Z').state.directory.size).toBe(0)
  gate.isOpen = true
  expect(mesh.result(reader)).toBe(7)
  expect(mesh.result(program)).toBeNull()
  mesh.endsWell()
})

interface Torn {
  readonly mesh: Scenario
  readonly seen: Map<string, unknown>
  readonly result: () => unknown
}

/** On both sides of a cut somebody reads what X had asked for, and X is gone. */
function torn(value: (at: string) => unknown): Torn {
  const mesh = new Scenario({ S: keepsNothing, X: 1, A: 1, B: 1 }, { config: { orphanGraceMs: 60_000 } })
  mesh.witness.isFickle = true
  const seen = new Map<string, unknown>()
  const healed = new Gate()
  mesh.fn('slow', function* (context) {
    yield* elapse(3_000)
    return value(context.at)
  })
  mesh.fn('make', function* (context) {
    yield* elapse(100)
    return { child: context.call('slow', [], { prefer: { peer: 'X' } }) }
  })
  mesh.fn('read', function* (context, box: { child: SimRef }) {
    const got = yield* get(box.child)
    seen.set(context.at, got)
    return got
  })
  const program = mesh.ask('S', function* (context) {
    const box = yield* get(context.call('make', [], only('X')))
    const refs = ['A', 'B'].map((name) => context.call('read', [box], { prefer: { peer: name } }))
    const values = [yield* get(refs[0] as SimRef), yield* get(refs[1] as SimRef)]
    yield* healed.passed()
    yield* elapse(5_000)
    return { values, later: yield* get((box as { child: SimRef }).child) }
  })
  mesh.until(() => mesh.timesRun('read') === 2 && mesh.timesRun('slow') === 1, 'both wait for it')
  mesh.run({ forMs: 500 })
  expect(mesh.guardiansOf('X').sort()).toEqual(['A', 'B'])
  mesh.kill('X')
  mesh.cut(['A'], ['B', 'S'])
  mesh.until(() => seen.size === 2, 'both have read it')
  mesh.network.heal()
  healed.isOpen = true
  return { mesh, seen, result: () => mesh.result(program) }
}

it('8: two guardians take over at once on two sides of a cut: every ref reads one value', () => {
  const { mesh, seen, result } = torn(() => 7)
  expect([...seen.values()]).toEqual([7, 7])
  expect(result()).toEqual({ values: [7, 7], later: 7 })
  expect(mesh.said('task:conflict')).toBe(0)
  mesh.endsWell()
})

it('36: a task gives other bytes on each side of a cut: both are told of the conflict, later readers see one value', () => {
  const { mesh, seen, result } = torn((from) => ({ from }))
  expect(seen.get('A')).not.toEqual(seen.get('B'))
  const { values, later } = result() as { values: unknown[]; later: unknown }
  // Of two that adopted it, the lower id's.
  expect(later).toEqual(seen.get('A'))
  expect(values).toEqual([seen.get('B'), seen.get('B')])
  const conflicts = mesh.notices.filter(({ notice }) => notice.type === 'task:conflict')
  expect(conflicts.map(({ by }) => by).sort()).toEqual(['A', 'B'])
  expect(conflicts[0]?.notice).toMatchObject({ fn: 'slow' })
  mesh.endsWell()
})

it('36: an owner that was only thought dead keeps its value, and who adopted it takes that', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 2, A: 2, B: 2 }, { config: { orphanGraceMs: 60_000 } })
  mesh.witness.isFickle = true
  let runs = 0
  mesh.fn('slow', function* () {
    yield* elapse(8_000)
    return { n: ++runs }
  })
  mesh.fn('make', function* (context) {
    yield* elapse(100)
    return { child: context.call('slow', [], { prefer: { peer: 'X' } }) }
  })
  const read: unknown[] = []
  const program = mesh.ask('S', function* (context) {
    const { child } = (yield* get(context.call('make', [], only('X')))) as { child: SimRef }
    for (let n = 0; n < 2; n++) {
      read.push(((yield* get(child)) as { n: number }).n)
      yield* elapse(6_000)
    }
    return null
  })
  mesh.until(() => mesh.timesRun('slow') === 1, 'it runs at X')
  mesh.run({ forMs: 500 })
  mesh.cut(['X'], ['S', 'A', 'B'])
  mesh.until(() => read.length === 1, 'it was run again and read')
  mesh.network.heal()
  mesh.result(program)
  expect(read).toEqual([2, 1])
  const conflicts = mesh.notices.filter(({ notice }) => notice.type === 'task:conflict')
  expect(conflicts.map(({ by }) => by)).toContain('X')
  expect(conflicts).toHaveLength(2)
  mesh.endsWell()
})

it('a holder that had buried whoever takes over, and is back, does not list what it keeps for the dead: it is asked before that is made again', () => {
  const mesh = new Scenario({ S: 0, X: 1, Y: { slots: 1, role: 'worker' }, Z: keepsNothing })
  mesh.fn('block', function* () {
    yield* elapse(5)
    return new Big({ n: 7 }, 1e6)
  })
  mesh.fn('parent', function* (context) {
    const child = context.call('block', [], { ...only('Y'), copies: 1 })
    yield* get(child)
    return { child }
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const { child } = (yield* get(context.call('parent', [], only('X')))) as { child: SimRef }
    yield* gate.passed()
    return yield* get(child)
  })
  mesh.until(() => mesh.borrows('S', 'X'), 'S has the ref')
  mesh.run({ forMs: 500 })
  expect(mesh.guardiansOf('X')).toEqual(['S'])
  mesh.peer('S').sleep()
  mesh.kill('X')
  mesh.until(() => mesh.knowsDead('Y', 'S') && mesh.knowsDead('Z', 'X'), 'Y has buried S')
  mesh.cut(['S'], ['Y'])
  mesh.peer('S').thaw()
  mesh.until(() => mesh.knowsDead('S', 'X'), 'S hears from Z that X is dead')
  mesh.network.heal()
  gate.isOpen = true
  expect(mesh.result(program)).toEqual({ n: 7 })
  expect(mesh.timesRun('block')).toBe(1)
  mesh.endsWell()
})

it('a guardian that was asked in the place of an owner comes back as another process: the owner, thought dead, may still be back', () => {
  const mesh = new Scenario({ S: 0, E: { slots: 1, role: 'worker' }, G: 0 })
  const gate = new Gate()
  mesh.fn('read', function* (_context, { ref }: { ref: SimRef }) {
    yield* gate.passed()
    return ((yield* get(ref)) as { n: number }).n
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('read', [{ ref: context.put({ n: 7 }) }]))
  })
  mesh.until(() => mesh.guardiansOf('S').includes('G'), 'G guards what E has borrowed')
  mesh.peer('S').sleep()
  const agree = (): boolean => mesh.peer('E').state.detector.suspectedBy(mesh.lifeOf('S')).size > 1
  mesh.until(agree, 'E and G suspect S')
  mesh.peer('G').sleep()
  gate.isOpen = true
  const asked = (): boolean => [...mesh.peer('E').state.holds.all()].some(({ owner }) => owner === mesh.lifeOf('G'))
  mesh.until(asked, 'E asks G, which is silent as well')
  mesh.until(() => mesh.knowsDead('E', 'G'), 'E knows that both are gone')
  mesh.kill('G')
  mesh.add('G')
  mesh.until(() => mesh.peer('E').state.members.lives(mesh.lifeOf('G')), 'E meets G anew')
  mesh.peer('S').thaw()
  expect(mesh.result(program)).toBe(7)
  mesh.endsWell()
})

it('a guardian asked in the place of an owner is thought dead before it answers: it is asked anew, and keeps what it answers for', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 1 })
  mesh.fn('make', function* (context) {
    yield* elapse(5)
    return [context.put({ n: 7 })]
  })
  mesh.fn('read', function* (_context, { ref }: { ref: SimRef }) {
    yield* elapse(5)
    return ((yield* get(ref)) as { n: number }).n
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const [ref] = (yield* get(context.call('make', [], only('X')))) as [SimRef]
    yield* gate.passed()
    const read = (): SimRef => context.call('read', [{ ref }], only('Y'))
    const once = (yield* get(read())) as number
    yield* elapse(1_000)
    return once + ((yield* get(read())) as number)
  })
  mesh.until(() => mesh.borrows('S', 'X'), 'S has the ref')
  mesh.run({ forMs: 500 })
  expect(mesh.guardiansOf('X')).toEqual(['Y'])
  mesh.kill('X')
  mesh.until(() => mesh.borrows('S', 'Y'), 'S asks Y')
  mesh.peer('Y').sleep()
  mesh.until(() => mesh.knowsDead('S', 'Y'), 'S thinks both of them dead')
  mesh.peer('Y').thaw()
  gate.isOpen = true
  expect(mesh.result(program)).toBe(14)
  mesh.endsWell()
})

it('an owner is back while a guardian is asked in its place: it is asked again, for the value as well', () => {
  const mesh = new Scenario({ S: keepsNothing, X: 1, Y: 0 })
  const work = orphans(mesh, 2)
  mesh.peer('X').sleep()
  work.open()
  mesh.until(() => mesh.borrows('S', 'Y'), 'S asks Y')
  mesh.peer('Y').sleep()
  mesh.peer('X').thaw()
  expect(work.result()).toBe(1)
  mesh.endsWell()
})
