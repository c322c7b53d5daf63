// Bytes that outlive the process that kept them: who is told, who takes them back, who lets them go, and
// how long those stay that nobody answers for.

import { expect, it } from 'vitest'
import type { ObjectId } from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import type { SimPeer } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

/** Of a peer with so little memory all of it goes to disk. */
const onDisk = { slots: 1, memoryBytes: 10e6, diskBytes: 1e9 }

function withDisk(peers: Readonly<Record<string, number>>, config = {}): Scenario {
  const mesh = new Scenario(peers, { config })
  mesh.add('H', onDisk)
  mesh.run({ forMs: 3_000 })
  return mesh
}

const found = (peer: SimPeer): ObjectId[] => [...peer.state.foundlings.all()].map(({ object }) => object)

it('a holder that was killed comes back with the only copy: it is read, not made again', () => {
  const mesh = withDisk({ S: 0 })
  mesh.fn('make', function* () {
    yield* elapse(50)
    return new Big({ n: 1 }, 20e6)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { ...only('H'), copies: 1 })
    yield* elapse(5_000)
    const wasOnDisk = mesh.peer('H').store.isOnDisk(ref.object)
    mesh.kill('H')
    yield* elapse(3_000)
    // Back without a slot: it could not be made again.
    mesh.add('H', { ...onDisk, slots: 0 })
    return [wasOnDisk, yield* get(ref)]
  })
  expect(mesh.result(program)).toEqual([true, { n: 1 }])
  expect(mesh.timesRun('make')).toBe(1)
  expect(mesh.peer('H').state.foundlings.size).toBe(0)
  mesh.endsWell()
})

it('what was put and lost with its last holder is a value again when that one is back', () => {
  const mesh = withDisk({ S: 0, G: 0 })
  const S = mesh.peer('S')
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 2 }, 20e6), { copies: 2 })
    yield* elapse(5_000)
    // All but H lose their copies.
    for (const name of ['S', 'G']) mesh.peer(name).full = true
    for (const name of ['S', 'G']) {
      const peer = mesh.peer(name)
      peer.keeper.rot(ref.object)
      mesh.says('G', 'S', { type: 'gone', object: ref.object, holder: peer.life })
    }
    yield* elapse(500)
    const alone = [...(S.state.directory.get(ref.object)?.holders ?? [])]
    mesh.kill('H')
    yield* elapse(4_000)
    const lost = S.state.directory.get(ref.object)?.state
    for (const name of ['S', 'G']) mesh.peer(name).full = false
    mesh.restart('H')
    yield* elapse(5_000)
    return [alone.length, lost, S.state.directory.get(ref.object)?.state, yield* get(ref)]
  })
  const [alone, lost, back, value] = mesh.result(program) as unknown[]
  expect([alone, lost, back, value]).toEqual([1, 'failed', 'stored', { n: 2 }])
  mesh.endsWell()
})

it('what was let go of while its holder was away goes when it is back', () => {
  const mesh = withDisk({ S: 0 })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 3 }, 20e6))
    yield* elapse(5_000)
    mesh.kill('H')
    context.release(ref)
    yield* elapse(5_000)
    const back = mesh.restart('H')
    const before = found(back).length + back.store.size
    yield* elapse(5_000)
    return [before > 0, found(back), back.store.size]
  })
  expect(mesh.result(program)).toEqual([true, [], 0])
  mesh.endsWell()
})

it('a holder returns to an owner that never heard of the object: its bytes are kept and announced', () => {
  const mesh = withDisk({ S: 0, G: 0 }, { foundlingMs: 200_000 })
  mesh.verbose = true
  let object: ObjectId | undefined
  mesh.ask('S', function* (context) {
    object = context.put(new Big({ n: 4 }, 20e6)).object
    yield* elapse(60_000)
  })
  const atH = (): boolean => object !== undefined && mesh.peer('H').store.isOnDisk(object)
  mesh.until(atH, 'H has a copy on its disk')
  mesh.kill('H')
  mesh.kill('S')
  mesh.run({ forMs: 60_000 })
  const S = mesh.restart('S')
  const H = mesh.restart('H')
  mesh.run({ forMs: 60_000 })
  expect(found(H)).toEqual([object])
  // Both are told of it: whoever comes to answer for it knows where it is.
  for (const name of ['S/2', 'G/1']) expect(mesh.log.some((line) => line.includes(`>${name}:found`))).toBe(true)
  // It is asked for once more: by the job's next program, or whoever takes over.
  const again = S.state.directory.add(object as ObjectId, null, 2)
  S.state.holds.add(object as ObjectId, S.life, 'handle')
  S.state.directory.stored(again, 20e6, H.state.foundlings.get(object as ObjectId)?.hash as string, [])
  S.state.directory.copying(again, mesh.peer('G').life)
  mesh.run({ forMs: 20_000 })
  expect(found(H)).toEqual([])
  expect([...again.holders]).toContain(H.life)
  S.event({ type: 'release', object: object as ObjectId })
  mesh.endsWell()
})

it('what nobody answers for goes when its time is over, and sooner when the disk is needed: the oldest first', () => {
  const mesh = new Scenario({ S: 0, G: 0 }, { config: { foundlingMs: 30_000 } })
  mesh.add('H', { slots: 0, memoryBytes: 10e6, diskBytes: 100e6 })
  mesh.run({ forMs: 3_000 })
  const objects: ObjectId[] = []
  mesh.ask('S', function* (context) {
    for (let n = 0; n < 4; n++) {
      objects.push(context.put(new Big({ n }, 15e6)).object)
      yield* elapse(3_000)
    }
    yield* elapse(60_000)
  })
  mesh.peer('G').full = true
  const atH = (): boolean => objects.length === 4 && objects.every((object) => mesh.peer('H').store.isOnDisk(object))
  mesh.until(atH, 'H has them all on its disk')
  mesh.kill('H')
  mesh.kill('S')
  mesh.run({ forMs: 10_000 })
  const H = mesh.restart('H')
  mesh.run({ forMs: 5_000 })
  expect(found(H)).toEqual(objects)
  mesh.ask('H', function* (context) {
    for (let n = 10; n < 15; n++) context.put(new Big({ n }, 10e6), { copies: 1 })
    yield* elapse(10_000)
  })
  mesh.run({ forMs: 8_000 })
  const left = found(H)
  expect(left.length).toBeGreaterThan(0)
  expect(left.length).toBeLessThan(4)
  expect(left).toEqual(objects.slice(-left.length))
  mesh.run({ forMs: 30_000 })
  expect(found(H)).toEqual([])
  mesh.peer('G').full = false
  mesh.endsWell()
  expect(H.store.size).toBe(0)
})

it('a foundling that has rotted is nobody’s any more', () => {
  const mesh = withDisk({ S: 0 })
  const program = mesh.ask('S', function* (context) {
    const ref = context.put(new Big({ n: 5 }, 20e6))
    yield* elapse(5_000)
    mesh.peer('H').keeper.rot(ref.object)
    mesh.kill('H')
    yield* elapse(2_000)
    const H = mesh.restart('H')
    H.keeper.read(ref.object)
    yield* elapse(10_000)
    return [H.state.counters.spoilt, H.keeper.read(ref.object)?.hash === mesh.peer('S').store.get(ref.object)?.hash]
  })
  expect(mesh.result(program)).toEqual([1, true])
  mesh.endsWell()
})

it('who leaves with bytes that nobody took over has them still when it is back', () => {
  const mesh = withDisk({ S: 0 })
  mesh.fn('make', function* () {
    yield* elapse(50)
    return new Big({ n: 6 }, 2e6)
  })
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { ...only('H'), copies: 1 })
    yield* elapse(2_000)
    const H = mesh.peer('H')
    const before = H.store.isOnDisk(ref.object)
    // Nobody is there to take it: each thinks the other dead.
    mesh.cut(['S'], ['H'])
    yield* elapse(4_500)
    H.event({ type: 'leave' })
    yield* elapse(10_000)
    mesh.network.heal()
    mesh.add('H', { ...onDisk, slots: 0 })
    // By now it has failed: nobody could make it again.
    yield* elapse(5_000)
    return [before, H.alive, yield* get(ref)]
  })
  expect(mesh.result(program)).toEqual([false, false, { n: 6 }])
  expect(mesh.timesRun('make')).toBe(1)
  mesh.endsWell()
})
