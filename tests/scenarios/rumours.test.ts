// What peers say of each other: news of the long dead, of lives that nobody has met, of deaths that are
// not true. Hearsay moves nobody who is heard, and nothing is kept of it for ever.

import { Big } from '@murmuration/sim-peer'
import { expect, it } from 'vitest'
import type { Claim, LifeId, PeerId, Signal } from '@murmuration/core/internal'
import { Gate, Scenario, elapse, get, longTask } from './scenario.ts'

const id = (name: string): PeerId => name as PeerId

function rumour(mesh: Scenario, to: string, claims: readonly Claim[], signals: readonly Signal[] = []): void {
  const frame = { from: mesh.peer('E').life, to: mesh.peer(to).life, mine: 0, yours: 0, ack: 0, seq: 0, messages: [] }
  mesh.peer(to).event({ type: 'received', frame: { ...frame, signals, claims, load: null } })
  mesh.run({ forMs: 1 })
}

function muchWork(mesh: Scenario): ReturnType<Scenario['ask']> {
  mesh.fn('long', function* (_context, n: number) {
    yield* elapse(200)
    return n
  })
  return mesh.ask('S', function* (context) {
    const kept = Array.from({ length: 16 }, (_, n) => context.put(new Big({ n }, 1e6)))
    const refs = Array.from({ length: 8 }, (_, n) => context.call('long', [n]))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    for (const ref of kept) sum += ((yield* get(ref)) as { n: number }).n
    return sum
  })
}

it('21: who is only talked about gets no work and no copies before it has answered in person', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.cut(['S'], ['X'])
  const { life } = mesh.add('X', { slots: 8, entries: ['E'] })
  const { state } = mesh.peer('S')
  mesh.until(() => state.members.get(id('X'))?.profile?.slots === 8, 'S has heard of X')
  const program = muchWork(mesh)
  const given = (): number =>
    state.scheduler.out(life) + state.directory.heldBy(life).length + state.sessions.queued(life)
  mesh.until(() => program.end !== null || given() > 0, 'the work is done', 10_000)
  expect(given()).toBe(0)
  expect(program.end?.value).toBe(28 + 120)
  expect(new Set(mesh.runs('long'))).toEqual(new Set(['E']))
  expect(state.members.get(id('X'))).toMatchObject({ state: 'alive', hearsay: true })

  mesh.network.heal()
  mesh.until(() => state.members.get(id('X'))?.hearsay === false, 'S has met X', 20_000)
  expect(mesh.result(muchWork(mesh))).toBe(28 + 120)
  expect(mesh.runs('long')).toContain('X')
  mesh.endsWell()
})

it('21: alive about the long dead is hearsay too, and is found out', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 8 })
  const { profile } = mesh.peer('X').state.members.me
  mesh.kill('X')
  // Longer than any tombstone stands, one that was heard of from somebody else included.
  mesh.run({ forMs: 200_000 })
  const { state } = mesh.peer('S')
  expect(state.members.get(id('X'))).toBeUndefined()
  const life = 'X/1' as LifeId
  const program = muchWork(mesh)
  mesh.run({ forMs: 100 })
  rumour(mesh, 'S', [{ life, incarnation: 3, state: 'alive', by: id('E'), ...(profile ? { profile } : {}) }])
  expect(state.members.lives(life)).toBe(true)
  mesh.until(() => state.members.ended(life) || state.scheduler.out(life) > 0, 'S has found out', 5_000)
  expect(mesh.result(program)).toBe(28 + 120)
  expect(new Set(mesh.runs('long'))).toEqual(new Set(['E']))
  expect(state.counters.retried).toBe(0)
  mesh.endsWell()
})

it('a newcomer is talked about with its addresses only: whoever brought it together with the others may die in the next moment', () => {
  for (let ms = 1; ms <= 40; ms++) {
    const mesh = new Scenario({ S: 0, E: 0 })
    mesh.run({ forMs: 5_000 })
    mesh.add('X', { entries: ['E'] })
    mesh.run({ forMs: ms })
    const row = mesh.peer('S').state.members.get(id('X'))
    expect(row === undefined || row.profile !== null, `after ${ms} ms`).toBe(true)
  }
})

it('who was found dead by one that never met it is passed on all the same: a newcomer may be the last that can find it', () => {
  const mesh = new Scenario({ S: 0, E: 0 })
  mesh.cut(['S'], ['E', 'X', 'N'])
  mesh.add('X', { entries: ['E'] })
  mesh.until(() => mesh.peer('X').state.members.lives(mesh.peer('S').life), 'X has heard of S')
  mesh.kill('E')
  mesh.until(() => mesh.knowsDead('X', 'S') && mesh.knowsDead('X', 'E'), 'X thinks itself alone')
  mesh.add('N', { entries: ['X'] })
  mesh.until(() => mesh.peer('N').joined, 'N has joined')
  mesh.kill('X')
  mesh.network.heal()
  const knows = (a: string, b: string): boolean => mesh.peer(a).state.members.lives(mesh.peer(b).life)
  mesh.until(() => knows('N', 'S') && knows('S', 'N'), 'S and N find each other', 30_000)
  mesh.endsWell()
})

it('22: some hold X as dead, others as having left, and tell each other: all agree that it left', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, Y: 1, Z: 1 })
  const { life } = mesh.peer('X')
  mesh.cut(['S', 'E'], ['X', 'Y', 'Z'])
  mesh.peer('X').event({ type: 'leave' })
  const held = (name: string): string | undefined => mesh.peer(name).state.members.get(id('X'))?.state
  mesh.until(() => held('S') === 'dead' && held('E') === 'dead', 'one side thinks X dead')
  expect([held('Y'), held('Z')]).toEqual(['left', 'left'])
  // Even above every incarnation that X had.
  for (const name of ['S', 'Y']) rumour(mesh, name, [{ life, incarnation: 9, state: 'dead', by: id('E') }])
  expect([held('S'), held('Y')]).toEqual(['dead', 'left'])
  mesh.network.heal()
  const all = ['S', 'E', 'Y', 'Z']
  mesh.until(() => mesh.peer('S').state.members.lives(mesh.peer('Y').life), 'the sides have met')
  mesh.until(() => all.every((name) => held(name) === 'left'), 'all agree', 10_000)
  mesh.run({ forMs: 20_000 })
  expect(all.map(held)).toEqual(['left', 'left', 'left', 'left'])
  mesh.endsWell()
})

it('a later life that is only talked about ends nobody who has just been asked for a sign and may yet give it', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 1 })
  const program = longTask(mesh, 5_000, 'X')
  mesh.run({ forMs: 1_000 })
  mesh.witness.seesPings = true
  mesh.until(() => mesh.witness.pings.has('S/1>X/1'), 'S asks X')
  rumour(mesh, 'S', [{ life: 'X/999' as LifeId, incarnation: 0, state: 'alive', by: id('E') }])
  expect(mesh.peer('S').state.members.lives('X/1' as LifeId)).toBe(true)
  expect(mesh.result(program)).toBe(7)
  expect(mesh.timesRun('long')).toBe(1)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('a later life that is only talked about ends nobody who is heard', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 1 })
  const program = longTask(mesh, 5_000, 'X')
  mesh.run({ forMs: 1_000 })
  const claim: Claim = { life: 'X/999' as LifeId, incarnation: 0, state: 'alive', by: id('E') }
  for (const to of ['S', 'X']) rumour(mesh, to, [claim])
  expect(mesh.peer('S').state.members.lives('X/1' as LifeId)).toBe(true)
  expect(mesh.peer('X').state.counters.refused).toBe(1)
  expect(mesh.result(program)).toBe(7)
  expect(mesh.timesRun('long')).toBe(1)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('a probe of somebody unknown is answered at once, and nothing is kept of it', () => {
  const mesh = new Scenario({ S: 0, E: 0 })
  const { state } = mesh.peer('S')
  for (let n = 0; n < 100; n++) rumour(mesh, 'S', [], [{ type: 'probe', target: `nobody${n}/1` as LifeId, nonce: n }])
  mesh.run({ forMs: 10 })
  expect(state.favours.size).toBe(0)
  expect([...state.signals.keys()].filter((life) => life.startsWith('nobody'))).toEqual([])
  mesh.endsWell()
})

it('who asked for a look at a third peer and has begun another life is not told: nothing waits for it for ever', () => {
  const mesh = new Scenario({ A: 0, E: 0, T: 0 })
  const { state } = mesh.peer('A')
  const { life } = mesh.peer('E')
  const target = mesh.peer('T').life
  mesh.peer('T').freeze()
  mesh.run({ forMs: 700 })
  rumour(mesh, 'A', [], [{ type: 'probe', target, nonce: 99 }])
  expect(state.favours.has(target)).toBe(true)
  mesh.kill('E')
  mesh.restart('E')
  mesh.until(() => state.members.ended(life), 'A knows the later life')
  mesh.peer('T').thaw()
  mesh.run({ forMs: 1_000 })
  expect([state.favours.has(target), state.signals.has(life)]).toEqual([false, false])
  mesh.endsWell()
})

it('who doubts X long after it heard of the first doubt gives its verdict in the same turn, and does not take itself for late', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 0 })
  const { life, state } = mesh.peer('S')
  const X = mesh.peer('X').life
  // S is much doubted itself, and patient with others for that.
  for (let n = 0; n < 8; n++) rumour(mesh, 'S', [{ life, incarnation: n, state: 'suspect', by: id('E') }])
  mesh.peer('X').freeze()
  mesh.until(() => state.detector.suspectedBy(X).has(id('E')), 'S hears that E doubts X')
  mesh.cut(['S'], ['E'])
  mesh.until(() => state.detector.suspectedBy(X).has(id('S')) || mesh.knowsDead('S', 'X'), 'S doubts X')
  expect(mesh.knowsDead('S', 'X')).toBe(true)
  // Or it would be woken at once, and think that it had slept.
  expect(state.timers.wakeAt).toBeGreaterThanOrEqual(state.timers.turnAt)
  mesh.endsWell()
})

it('lives that nobody has met are taken up to a bound, and only members count as suspecting', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 0 }, { config: { maxMembers: 20 } })
  const { state } = mesh.peer('S')
  const alive = (n: number): Claim => ({ life: `f${n}/1` as LifeId, incarnation: 0, state: 'alive', by: id('E') })
  rumour(
    mesh,
    'S',
    Array.from({ length: 100 }, (_, n) => alive(n)),
  )
  expect(state.members.size).toBe(20)
  expect(state.counters.refused).toBe(83)
  // Or it would refute at once.
  mesh.peer('X').freeze()
  const { life } = mesh.peer('X')
  const { incarnation } = state.members.get(id('X')) ?? { incarnation: -1 }
  const doubt = (by: string): Claim => ({ life, incarnation, state: 'suspect', by: id(by) })
  rumour(mesh, 'S', [doubt('E'), ...Array.from({ length: 50 }, (_, n) => doubt(`nobody${n}`))])
  expect([...state.detector.suspectedBy(life)]).toEqual(['E'])
  mesh.peer('X').thaw()
  mesh.run({ forMs: 200_000 })
  mesh.endsWell()
})

it('who is said to be dead and says in the same turn that it lives has lost what it kept alone, as by any death: it is made again', () => {
  const mesh = new Scenario({ S: 0, E: 0, X: 1 })
  mesh.fn('make', function* () {
    yield* elapse(10)
    return new Big({ n: 4 }, 1e6)
  })
  const gate = new Gate()
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { copies: 1 })
    yield* gate.passed()
    return yield* get(ref)
  })
  const [S, X] = [mesh.peer('S'), mesh.peer('X')]
  mesh.until(() => S.state.directory.heldBy(X.life).length === 1, 'X has it')
  X.freeze()
  // Or it would be doubted first, having been heard a moment ago.
  mesh.until(() => S.state.members.get(id('X'))?.state === 'suspect', 'S has heard nothing of it for a while')
  const { incarnation } = X.state.members.me
  const claim = { life: X.life, by: id('E') }
  rumour(mesh, 'S', [
    { ...claim, incarnation, state: 'dead' },
    { ...claim, incarnation: incarnation + 1, state: 'alive' },
  ])
  expect(mesh.said('peer:died')).toBe(1)
  expect(S.state.members.lives(X.life)).toBe(true)
  X.thaw()
  gate.isOpen = true
  expect(mesh.result(program)).toEqual({ n: 4 })
  mesh.endsWell()
})
