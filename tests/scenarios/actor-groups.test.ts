// Those who keep an actor's state leave, as hosts or not: it is kept by who stays before they go, and no answer is lost
// with a host that dies next. And all of them die at once, with its host or without: then others keep what there is.

import type { Body, Context, Got, SimPeer, Wait } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, hostOf, lasting, oneTo, stage, told } from './actor-stage.ts'
import { elapse } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Runs actors, and is of no group. */
const host = { slots: 1, memoryBytes: 0 }

type Steps = Generator<Wait, void, Got>

const lost = /^ACTOR_DIED: .*more than half of those who kept its state are gone/

/** Two calls before, two after. */
function* adding(context: Context, between: () => Steps): Body {
  const actor = context.spawn('Counter', [0], lasting)
  const seen: unknown[] = []
  const add = function* (): Steps {
    for (const _ of oneTo(2)) seen.push(yield* told(context.send(actor, 'add', [1, 1], again)))
  }
  yield* add()
  yield* between()
  yield* add()
  return seen
}

function drain(scene: Scenario, ...peers: string[]): void {
  for (const name of peers) {
    const peer = scene.peer(name)
    peer.event({ type: 'drain', peer: peer.life, withinMs: 30_000 })
  }
}

function* untilGone(scene: Scenario, ...peers: string[]): Steps {
  while (peers.some((name) => scene.peer(name).alive)) yield* elapse(10)
}

/** Whom the host counts as its group. */
function groupOf(scene: Scenario): string[] {
  const [row] = scene.peer(hostOf(scene)).state.residents.all()
  return (row?.tenure?.record.group ?? []).map((life) => life[0] as string).sort()
}

test('two of three leave: fewer keep it from then on, and the host that dies next takes nothing with it', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: host, Y: host })
  const program = scene.ask('S', function* (context) {
    return yield* adding(context, function* () {
      expect(groupOf(scene)).toEqual(['G', 'H', 'S'])
      const from = scene.clock.now
      drain(scene, 'G', 'H')
      yield* untilGone(scene, 'G', 'H')
      expect(scene.clock.now - from).toBeLessThan(scene.config.leaseMs)
      expect(groupOf(scene)).toEqual(['S'])
      scene.kill(hostOf(scene))
    })
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('others are there: they keep it before who leaves has gone', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: host, Y: host })
  const program = scene.ask('S', function* (context) {
    return yield* adding(context, function* () {
      for (const name of ['I', 'J']) scene.add(name, { slots: 0 })
      yield* elapse(10_000)
      drain(scene, 'G', 'H')
      yield* untilGone(scene, 'G', 'H')
      expect(groupOf(scene)).toEqual(['I', 'J', 'S'])
      for (const name of [hostOf(scene), 'I']) scene.kill(name)
    })
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('a host of its own group leaves with the other one: the peer that stays has all of it for who comes next', () => {
  const scene = stage({ S: 0, X: 1, Y: 1 })
  const program = scene.ask('S', function* (context) {
    return yield* adding(context, function* () {
      expect(groupOf(scene)).toEqual(['S', 'X', 'Y'])
      drain(scene, 'X', 'Y')
      yield* untilGone(scene, 'X', 'Y')
      scene.add('Z', { slots: 1 })
    })
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('its host is gone: who leaves waits for the next one, which lets it go', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: host, Y: host })
  const program = scene.ask('S', function* (context) {
    return yield* adding(context, function* () {
      const first = hostOf(scene)
      scene.kill(first)
      drain(scene, 'G', 'H')
      yield* untilGone(scene, 'G', 'H')
      expect(groupOf(scene)).toEqual(['S'])
      scene.restart(first)
      yield* elapse(2_000)
      scene.kill(hostOf(scene))
    })
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('a reply leaves when most of its group has it, whenever the handle that the call was given is answered for', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: host, Y: host })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    const seen: unknown[] = []
    for (const add of [1, 1, 1]) {
      seen.push(yield* told(context.send(actor, 'add', [1, add], again)))
      scene.kill(hostOf(scene))
      yield* elapse(1_000)
      for (const name of ['X', 'Y']) if (!scene.peer(name).alive) scene.restart(name)
    }
    return seen
  })
  expect(scene.result(program)).toEqual(oneTo(3))
  scene.endsWell()
})

/** One that is not its owner. */
function memberOf(scene: Scenario): SimPeer {
  return scene.peer(groupOf(scene).find((name) => name !== 'S') as string)
}

function* leavesAtOnce(scene: Scenario, { peer }: SimPeer): Steps {
  const from = scene.clock.now
  drain(scene, peer)
  yield* untilGone(scene, peer)
  expect(scene.clock.now - from).toBeLessThan(scene.config.leaseMs)
}

test('a member that slept while another took its place is told when it is back, and waits for nobody when it leaves', () => {
  const scene = stage({ S: 0, G: 0, H: 0, I: 0, X: host })
  const program = scene.ask('S', function* (context) {
    return yield* adding(context, function* () {
      const member = memberOf(scene)
      member.sleep()
      yield* elapse(10_000)
      expect(groupOf(scene)).toEqual(['S', 'G', 'H', 'I'].filter((name) => name !== member.peer).sort())
      member.thaw()
      yield* elapse(scene.config.leaseMs)
      for (const { record } of member.state.leases.all()) expect(record?.group).not.toContain(member.life)
      yield* leavesAtOnce(scene, member)
    })
  })
  expect(scene.result(program)).toEqual(oneTo(4))
  scene.endsWell()
})

test('a member that slept while an actor ended waits for no host of it when it leaves long after', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: host })
  const program = scene.ask('S', function* (context) {
    const actor = context.spawn('Counter', [0], lasting)
    yield* told(context.send(actor, 'add', [1, 1], again))
    const member = memberOf(scene)
    member.sleep()
    yield* elapse(10_000)
    yield { type: 'stop', ref: actor, reason: 'enough' }
    member.thaw()
    yield* elapse(scene.config.orphanGraceMs)
    yield* leavesAtOnce(scene, member)
    return 'done'
  })
  expect(scene.result(program)).toBe('done')
  scene.endsWell()
})

test('everybody leaves: nobody waits for somebody else to keep it', () => {
  const scene = stage({ S: 0, G: 0, H: 0, X: 1 })
  const program = scene.ask('S', function* (context) {
    const named = { ...lasting, name: 'hits', detached: true }
    return yield* told(context.send(context.spawn('Counter', [0], named), 'add', [1, 1], again))
  })
  expect(scene.result(program)).toBe(1)
  const from = scene.clock.now
  drain(scene, 'S', 'G', 'H', 'X')
  scene.until(() => scene.alive().length === 0, 'everybody has left')
  expect(scene.clock.now - from).toBeLessThan(scene.config.leaseMs)
})

describe('all who keep its state die at once', () => {
  /** Of those S, whose actor it is, is none any more: it slept for a while. */
  function* othersKeepIt(scene: Scenario): Steps {
    scene.peer('S').sleep()
    scene.clock.after(3_000, () => scene.peer('S').thaw())
    yield* elapse(6_000)
    expect(groupOf(scene)).toEqual(['G', 'H', 'I'])
  }

  function* counting(context: Context, onceOnly: boolean, steps: readonly (() => Steps)[]): Body {
    const actor = context.spawn('Counter', [0], { ...lasting, onceOnly, everyCalls: 1 })
    const seen: unknown[] = []
    for (const step of steps) {
      seen.push(yield* told(context.send(actor, 'add', [1, 1], again)))
      yield* step()
    }
    return seen
  }

  /** Who may answer as its host in this moment. */
  function leased(scene: Scenario): string[] {
    const hasLease = (peer: SimPeer): boolean =>
      [...peer.state.residents.all()].some(({ tenure }) => tenure !== null && tenure.until > peer.now())
    return scene
      .alive()
      .filter(hasLease)
      .map(({ peer }) => peer)
  }

  function* nothing(): Steps {
    yield* elapse(0)
  }

  /** What its calls bring, one before and one after. */
  function withHost(onceOnly: boolean): unknown {
    const scene = stage({ S: 0, G: 0, H: 0, I: 0, X: host, Y: host })
    const program = scene.ask('S', function* (context) {
      const dying = function* (): Steps {
        yield* othersKeepIt(scene)
        for (const name of [hostOf(scene), 'G', 'H', 'I']) scene.kill(name)
      }
      return yield* counting(context, onceOnly, [dying, nothing])
    })
    const seen = scene.result(program)
    scene.endsWell()
    return seen
  }

  test('and its host: it goes on from what one knows who was of them before', () => {
    expect(withHost(false)).toEqual([1, 2])
  })

  test('and its host: what it answered may be lost, and it says so', () => {
    expect(withHost(true)).toEqual([1, expect.stringMatching(lost)])
  })

  test('and its host does not: it goes on, and others have all of it before its next answer', () => {
    const scene = stage({ S: 0, G: 0, H: 0, I: 0, X: host, Y: host })
    const program = scene.ask('S', function* (context) {
      const dying = function* (): Steps {
        yield* othersKeepIt(scene)
        for (const name of ['G', 'H', 'I']) scene.kill(name)
      }
      const hostDies = function* (): Steps {
        yield* nothing()
        expect(groupOf(scene)).toEqual(['S'])
        scene.kill(hostOf(scene))
      }
      return yield* counting(context, true, [dying, hostDies, nothing])
    })
    expect(scene.result(program)).toEqual(oneTo(3))
    scene.endsWell()
  })

  test('and its host is cut off from whoever asked for it: no other begins on the side of fewer', () => {
    const scene = stage({ S: 0, G: 0, H: 0, I: 0, X: host, Y: host })
    const program = scene.ask('S', function* (context) {
      const dying = function* (): Steps {
        yield* othersKeepIt(scene)
        for (const name of ['M', 'N', 'O', 'P']) scene.add(name, { slots: 0 })
        yield* elapse(2_000)
        const old = hostOf(scene)
        for (const name of ['G', 'H', 'I']) scene.kill(name)
        scene.cut([old, 'M', 'N', 'O', 'P'], ['S', old === 'X' ? 'Y' : 'X'])
        for (let leases = 0; leases < 100; leases++) {
          yield* elapse(scene.config.leaseMs / 10)
          expect(leased(scene).length).toBeLessThanOrEqual(1)
        }
        scene.network.heal()
      }
      return yield* counting(context, false, [dying, nothing])
    })
    expect(scene.result(program)).toEqual([1, 2])
    scene.endsWell()
  })

  test('and its host, and whoever asked for it: one that stays begins anew for whoever wants it by its name', () => {
    const scene = stage({ S: 0, G: 0, H: 0, I: 0, J: 0, X: host, Y: host })
    const named = { name: 'hits', getIfExists: true, detached: true, retries: -1 }
    const first = scene.ask('S', function* (context) {
      return yield* told(context.send(context.spawn('Counter', [5], named), 'add', [1, 1], again))
    })
    expect(scene.result(first)).toBe(6)
    scene.run({ forMs: 1_000 })
    const gone = groupOf(scene)
    const guardian = scene.guardiansOf('S').find((name) => !gone.includes(name)) as string
    for (const name of [hostOf(scene), ...gone]) scene.kill(name)
    const second = scene.ask(guardian, function* (context) {
      const actor = context.spawn('Counter', [10], named)
      const value = yield* told(context.send(actor, 'add', [1, 1], again))
      yield { type: 'stop', ref: actor, reason: 'enough' }
      return value
    })
    expect(scene.result(second)).toBe(6)
    scene.endsWell()
  })
})
