// Two owners answer for one name and have other bytes under it, as when a task that draws lots is run once for
// each of them: whoever keeps some for the one keeps none for the other, and both know what they can count on.

import { expect, it } from 'vitest'
import type { ContextId, ObjectId, TaskId, TaskSpec } from '@murmuration/core/internal'
import { Big, encode } from '@murmuration/sim-peer'
import type { SimPeer } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get } from './scenario.ts'

const twice = 'twice' as ObjectId
/** It takes four seconds to bring them. */
const slowBytes = 200e6
const holders = ({ state }: SimPeer, object = twice): number => state.directory.get(object)?.holders.size ?? 0

/** S and E have other bytes of the same name. */
function unlike(mesh: Scenario): { readonly owners: readonly SimPeer[]; readonly counted: () => readonly number[] } {
  const owners = ['S', 'E'].map((name, n) => {
    const owner = mesh.peer(name)
    owner.put('twice' as ContextId, twice, { encoded: encode(new Big({ n }, 1e6)), copies: 2 })
    return owner
  })
  /** Copies that each of them counts and that are of what it has. */
  const counted = (): number[] =>
    owners.map(({ state }) => {
      const entry = state.directory.get(twice)
      return [...(entry?.holders ?? [])].filter((life) => mesh.living(life)?.store.get(twice)?.hash === entry?.hash)
        .length
    })
  mesh.run({ forMs: 30_000 })
  return { owners, counted }
}

it('two owners have other bytes of one name: who has a copy for one of them keeps it until that one lets go of it', () => {
  const mesh = new Scenario({ S: 0, E: 0, H: 0 })
  const { owners, counted } = unlike(mesh)
  expect(counted()).toEqual(owners.map((owner) => holders(owner)))
  expect(new Set(counted())).toEqual(new Set([1, 2]))
  owners.find((owner) => holders(owner) === 2)?.event({ type: 'release', object: twice })
  mesh.until(() => counted().includes(2), 'the other one has its copy', 2 * mesh.config.syncMs)
  for (const owner of owners) owner.event({ type: 'release', object: twice })
  mesh.endsWell()
})

it('two owners have other bytes of one name: who is declined a copy by one peer has it at another', () => {
  const mesh = new Scenario({ S: 0, E: 0, H: 0, X: 0 })
  const { owners, counted } = unlike(mesh)
  expect(counted()).toEqual([2, 2])
  expect(owners.map((owner) => holders(owner))).toEqual([2, 2])
  for (const owner of owners) owner.event({ type: 'release', object: twice })
  mesh.endsWell()
})

it('two owners have other bytes of one name: who is being brought those of one declines those of the other at once', () => {
  const mesh = new Scenario({ S: 0, H: 0 })
  const S = mesh.peer('S')
  const put = (owner: SimPeer, n: number): void =>
    void owner.put('twice' as ContextId, twice, { encoded: encode(new Big({ n }, slowBytes)), copies: 2 })
  const isCopied = (owner: SimPeer, to: string): boolean =>
    owner.state.directory.get(twice)?.copying.has(mesh.lifeOf(to)) === true
  put(S, 0)
  mesh.until(() => mesh.peer('H').state.holdings.fetching(twice) !== undefined, 'H is being brought what S has')
  const E = mesh.add('E', { slots: 0, entries: ['H'] })
  mesh.until(() => E.joined && E.state.members.others().length === 2, 'E has met both')
  put(E, 1)
  mesh.run({ forMs: 300 })
  expect([isCopied(S, 'H'), isCopied(E, 'H')]).toEqual([true, false])
  for (const owner of [S, E]) owner.event({ type: 'release', object: twice })
  mesh.endsWell()
})

/** S has had it made at E, which then makes it once more for W, and it comes out otherwise. */
function madeTwice(mesh: Scenario, copies: number) {
  let made = 0
  mesh.fn('make', function* () {
    yield* elapse(500)
    return new Big({ n: ++made }, 1e6)
  })
  const [S, W] = [mesh.peer('S'), mesh.peer('W')]
  const gate = new Gate()
  let object = twice
  const program = mesh.ask('S', function* (context) {
    const ref = context.call('make', [], { copies })
    object = ref.object
    yield* gate.passed()
    return yield* get(ref)
  })
  mesh.run({ forMs: 50 })
  const { spec } = S.state.tasks.get(object as string as TaskId) as { spec: TaskSpec }
  mesh.until(() => holders(S, object) === copies, 'S has its copies')
  // As the second life of a parent does.
  W.event({ type: 'submit', spec })
  mesh.until(() => holders(W, object) > 0, 'W has another')
  mesh.run({ forMs: 30_000 })
  const read = (): unknown => {
    gate.isOpen = true
    return mesh.result(program)
  }
  return { S, W, object, read }
}

it.each([1, 2])(
  "what comes out otherwise for another owner takes the place of the first one's copy, of %d, and is made once for each",
  (copies) => {
    const mesh = new Scenario({ S: 0, W: 0, E: 1 })
    const { S, W, object, read } = madeTwice(mesh, copies)
    expect(mesh.timesRun('make')).toBe(2)
    // The last of them is missed when it is read.
    expect([holders(S, object), mesh.peer('E').store.get(object)?.hash]).toEqual([
      1,
      W.state.directory.get(object)?.hash,
    ])
    expect(read()).toEqual({ n: copies === 1 ? 3 : 1 })
    W.event({ type: 'release', object })
    mesh.endsWell()
  },
)

it('what gave way to bytes that are gone by now is made again for whoever reads it', () => {
  const mesh = new Scenario({ S: 0, W: 0, E: 1 })
  const { W, object, read } = madeTwice(mesh, 1)
  W.event({ type: 'release', object })
  mesh.run({ forMs: 1_000 })
  expect(read()).toEqual({ n: 3 })
  mesh.endsWell()
})
