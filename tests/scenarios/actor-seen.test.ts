// What can be asked of actors: what a call waits for, followed from peer to peer, and what their peers tell of them.

import type { InspectRow, LifeId } from '@murmuration/core/internal'
import { inspect } from '@murmuration/core/seeing'
import { emit, next } from '@murmuration/sim-peer'
import type { Body, Context, Program, SimRef } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, allTold, hostOf, lasting, stage } from './actor-stage.ts'
import { Scenario, elapse } from './scenario.ts'

/** The tree that `mesh.explain` would print, without how far its lines are indented. */
function explained(scene: Scenario, peer: string, id: string, hops = 4): string[] {
  const { state } = scene.peer(peer)
  const rows = inspect(state, { what: 'explain', id, limit: 100 }, scene.peer(peer).now())
  const follow = ({ at, task }: InspectRow): string[] => {
    const there = scene.alive().find(({ life }) => life === (at as LifeId))
    return there && hops > 0 ? explained(scene, there.peer, String(task), hops - 1) : []
  }
  return rows.flatMap((row) => [String(row['text']), ...follow(row)])
}

/** What that peer tells of it, in words. */
function storyOf(scene: Scenario, peer: string, id: string): string[] {
  const rows = inspect(scene.peer(peer).state, { what: 'story', id, limit: 100 }, scene.peer(peer).now())
  return rows.map(({ what, note }) => `${String(what)}: ${String(note)}`)
}

interface Slow {
  readonly program: Program
  readonly actor: () => SimRef
  readonly calls: SimRef[]
}

/** S has an actor and calls it so often at once, with how long each call takes, or a ref to that. */
function slow(scene: Scenario, takes: (context: Context) => readonly unknown[], options: object = lasting): Slow {
  scene.actors.set('Slow', {
    build: () => ({ count: 0 }),
    methods: {
      *take(_context: Context, state: { count: number }, ms: number): Body {
        yield* elapse(ms)
        return ++state.count
      },
    },
    snapshots: true,
  })
  let actor: SimRef | null = null
  const calls: SimRef[] = []
  const program = scene.ask('S', function* (context) {
    actor = context.spawn('Slow', [], options)
    for (const ms of takes(context)) calls.push(context.send(actor, 'take', [ms], again))
    const values = yield* allTold(calls)
    yield* elapse(1_000)
    return values
  })
  return { program, actor: () => actor as unknown as SimRef, calls }
}

const idOf = (refs: readonly SimRef[], nth: number): string => (refs[nth] as SimRef).object

describe('what a call waits for', () => {
  test('for its actor, which asks its group; then for those that are before it in the mailbox', () => {
    const scene = stage({ S: 0, X: 1, Y: 1, Z: 1 })
    const { program, calls } = slow(scene, () => [5_000, 1, 1])
    scene.run({ forMs: 1 })
    expect(explained(scene, 'S', idOf(calls, 2))).toEqual([
      expect.stringMatching(
        /^take \(.*\), asked for 0\.0 s ago, goes to its actor after 2 calls .* first take \(.*\)$/,
      ),
      expect.stringMatching(
        /^take .* waits for its actor: nobody has said where it lives; asked again in .*; ACTOR_UNAVAILABLE in .* s,/,
      ),
      expect.stringMatching(
        /^actor Slow \(.*\) is begun on [XYZ] for 0\.0 s, as incarnation 1; restarts without limit are left$/,
      ),
      expect.stringMatching(
        /^actor Slow .* is to live here, as incarnation 1: \d of 3 of its group have promised so far, .* asked again in/,
      ),
    ])
    scene.run({ forMs: 2_000 })
    expect(explained(scene, 'S', idOf(calls, 2))).toEqual([
      expect.stringMatching(/^take \(.*\) is at [XYZ] for 2\.0 s, attempt 1$/),
      expect.stringMatching(/^take \(.*\) is in the mailbox of its actor here after 2 calls, first take \(.*\)$/),
      expect.stringMatching(/^take \(.*\) is running here, for S, in worker \d+, for (1\.9|2\.0) s$/),
    ])
    expect(scene.result(program)).toEqual([1, 2, 3])
    scene.endsWell()
  })

  test('its host is gone, and nobody else has room: it says what the restart waits for, and what is left', () => {
    const scene = stage({ S: 0, X: 1, Y: 0 })
    const { program, calls } = slow(scene, () => [3_000])
    scene.run({ forMs: 1_000 })
    const host = hostOf(scene)
    scene.kill(host)
    scene.until(() => scene.knowsDead('S', host), 'S knows')
    scene.run({ forMs: 1_000 })
    expect(explained(scene, 'S', idOf(calls, 0))).toEqual([
      expect.stringMatching(/^take .* waits for its actor: nobody has said where it lives/),
      expect.stringMatching(/attempt 1 on X: peer X died$/),
      expect.stringMatching(
        /^Slow \(.*\) is ready and waits for a slot \(S, Y: it runs nothing \(slots: 0\)\); UNPLACEABLE in/,
      ),
      expect.stringMatching(/attempt 1 on X: peer X died$/),
    ])
    scene.add('Z', { slots: 1 })
    expect(scene.result(program)).toEqual([1])
    scene.endsWell()
  })

  test('behind one that waits for its argument', () => {
    const scene = stage({ S: 0, X: 1, Y: 1 })
    scene.fn('long', function* () {
      yield* elapse(4_000)
      return 1
    })
    const { program, calls } = slow(scene, (context) => [context.call('long', []), 1])
    scene.run({ forMs: 1_000 })
    const lines = explained(scene, 'S', idOf(calls, 1))
    expect(lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^take .* goes to its actor after 1 call that its caller made before it, first take/),
      expect.stringMatching(/^take .* waits for 1 of its arguments, for 1\.0 s$/),
      expect.stringMatching(/^long .* is at [XY]/),
    ])
    expect(scene.result(program)).toEqual([1, 2])
    scene.endsWell()
  })

  test('for the checkpoint that its reply is in, while its host is cut off from the group', () => {
    const scene = stage({ S: 0, X: 1, Y: 0, Z: 0 })
    const { program, calls, actor } = slow(scene, () => [1_000])
    scene.run({ forMs: 900 })
    scene.cut(['X'], ['S', 'Y', 'Z'])
    scene.run({ forMs: 400 })
    expect(explained(scene, 'X', idOf(calls, 0), 0)).toEqual([
      expect.stringMatching(
        /^take .* has run here; its reply leaves when most of the group has the checkpoint that it is in$/,
      ),
      expect.stringMatching(
        /^actor Slow .* lives here, as incarnation 1, for 1\.\d s: 0 calls run and 0 wait, and 1 replies wait to be kept/,
      ),
    ])
    scene.run({ forMs: 2_000 })
    const [line = ''] = explained(scene, 'X', actor().object, 0)
    expect(line).toMatch(/no call begins: its lease ran out \d\.\d s ago, and is asked for again in/)
    scene.network.heal()
    expect(scene.result(program)).toEqual([1])
    scene.endsWell()
  })
})

describe('what is told of it', () => {
  test('its checkpoints: at its host once a second at most and with the end, at its group what they keep', () => {
    const scene = stage({ S: 0, X: 1, Y: 0 })
    const { program, actor } = slow(scene, () => Array.from({ length: 200 }, () => 20))
    scene.run({ forMs: 3_000 })
    const checkpoints = storyOf(scene, 'X', actor().object).filter((line) => line.startsWith('checkpointed'))
    expect(checkpoints[0]).toMatch(/^checkpointed: checkpoint 1 of incarnation 1 is kept: \d+ bytes and \d+ replies$/)
    expect(checkpoints.length).toBeGreaterThan(1)
    expect(checkpoints.length).toBeLessThanOrEqual(5)
    expect(storyOf(scene, 'Y', actor().object)).toContainEqual(
      expect.stringMatching(/^keeps: \d+ bytes and \d+ replies$/),
    )
    expect(scene.result(program)).toHaveLength(200)
    scene.run({ forMs: 5_000 })
    const last = storyOf(scene, 'X', actor().object)
      .filter((line) => line.startsWith('checkpointed'))
      .at(-1)
    expect(Number(/checkpoint (\d+) /.exec(last ?? '')?.[1])).toBeGreaterThan(checkpoints.length)
    scene.endsWell()
  })

  test('its move when its host is drained: how long it lived there, and from what it goes on', () => {
    const scene = stage({ S: 0, X: 1, Y: 1 })
    const { program, actor, calls } = slow(scene, () => Array.from({ length: 30 }, () => 100))
    scene.run({ forMs: 1_000 })
    const first = scene.peer(hostOf(scene))
    first.event({ type: 'drain', peer: first.life, withinMs: 5_000 })
    scene.until(() => [...first.state.residents.all()].length === 0, 'it is not there any more')
    const told = inspect(first.state, { what: 'story', id: actor().object, limit: 100 }, first.now())
    const [end] = told.filter(({ what }) => what === 'gave-back')
    expect(end).toMatchObject({ note: 'its host leaves', attempt: 1 })
    expect(Number(end?.['ms'])).toBeGreaterThan(900)
    expect(scene.result(program)).toHaveLength(30)
    const [second = ''] = scene
      .others(first.peer)
      .map(({ peer }) => peer)
      .filter((peer) => peer !== 'S')
    expect(storyOf(scene, second, actor().object)).toContainEqual(
      // Twice: whoever gets it first asks for its lease before all of its group know that its host has let go of it.
      expect.stringMatching(/^noted: lives here, as incarnation 3, from its checkpoint of \d+ bytes$/),
    )
    const owner = storyOf(scene, 'S', actor().object).map((line) => line.split(':')[0])
    expect(owner.slice(0, 7)).toEqual(['asked', 'given', 'moved', 'given', 'moved', 'given', 'noted'])
    const moved = calls.map(({ object }) => storyOf(scene, 'S', object)).filter((lines) => lines.length > 3)
    expect(moved.length).toBeGreaterThan(0)
    expect(moved[0]?.map((line) => line.split(':')[0]).slice(0, 4)).toEqual(['asked', 'given', 'moved', 'given'])
    expect(moved[0]?.at(-1)).toMatch(/^value/)
    scene.endsWell()
  })

  test('a stream whose generator died goes on: after how many items, and how many of them were read', () => {
    const mesh = new Scenario({ S: 0, E: 1, F: 1 })
    mesh.fn('counting', function* () {
      for (let n = 0; n < 30; n++) {
        yield* elapse(50)
        yield* emit(n)
      }
    })
    let id = ''
    const program = mesh.ask('S', function* (context) {
      const stream = context.call('counting', [], { ahead: 4 })
      id = stream.object
      const items: unknown[] = []
      while (items.length < 30) items.push(yield* next(stream))
      return items.length
    })
    mesh.run({ forMs: 700 })
    mesh.kill(mesh.runs('counting')[0] as string)
    expect(mesh.result(program)).toBe(30)
    const story = storyOf(mesh, 'S', id)
    expect(story.map((line) => line.split(':')[0])).toEqual(['asked', 'given', 'retried', 'given', 'resumed', 'value'])
    expect(story[4]).toMatch(/^resumed: attempt 2 goes on after 1\d items, \d+ of them read$/)
    mesh.endsWell()
  })

  test('a call of a generator method, likewise', () => {
    const scene = stage({ S: 0, X: 1, Y: 1 })
    scene.actors.set('Feed', {
      build: () => ({}),
      methods: {
        *all(): Body {
          for (let n = 0; n < 20; n++) {
            yield* elapse(50)
            yield* emit(n)
          }
          return undefined
        },
      },
      snapshots: true,
    })
    let id = ''
    const program = scene.ask('S', function* (context) {
      const feed = context.spawn('Feed', [], again)
      const stream = context.send(feed, 'all', [], { ...again, ahead: 4 })
      id = stream.object
      let count = 0
      while (count < 20) count += (yield* next(stream)) === count ? 1 : 100
      return count
    })
    scene.run({ forMs: 700 })
    scene.kill(hostOf(scene))
    expect(scene.result(program)).toBe(20)
    expect(storyOf(scene, 'S', id)).toContainEqual(
      expect.stringMatching(/^resumed: attempt 2 goes on after \d+ items, \d+ of them read$/),
    )
    scene.endsWell()
  })
})
