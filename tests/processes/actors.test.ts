// Actors on real peers: state that lives in a process of its own, is called from several others, and goes on elsewhere when
// that process is killed.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor, Mesh, Tasks } from 'murmuration'
import { Flock, type FlockPeer, heard } from './flock.ts'
import type * as actors from './actors.task.ts'

let flock: Flock
let mesh: Mesh
let used: Tasks<typeof actors>

const use = (by: Mesh): Promise<Tasks<typeof actors>> =>
  by.use<typeof actors>(new URL('./actors.task.ts', import.meta.url))

beforeAll(async () => {
  flock = await Flock.start(3)
  mesh = await flock.join()
  used = await use(mesh)
})
afterAll(() => flock.end())

async function hostOf(counter: Actor<actors.Counter>): Promise<FlockPeer> {
  const pid = await counter.pid().get()
  return flock.peers.find((peer) => peer.pid === pid) as FlockPeer
}

const failureOf = (promise: Promise<unknown>): Promise<{ code: string; message: string; cause?: unknown }> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as { code: string; message: string },
  )

test('a counter lives in another process, and counts for everybody who finds it', async () => {
  const counter = used.Counter.with({ name: 'hits' }).spawn(5)
  expect(await counter.add(2).get()).toBe(7)
  expect(await counter.pid().get()).not.toBe(process.pid)
  const other = await flock.join()
  const found = await other.actor<actors.Counter>('hits')
  expect(await found.add(3).get()).toBe(10)
  expect(await mesh.get([counter.add(1), counter.addLater(1), counter.add(1)])).toEqual([11, 12, 13])
  expect(await failureOf(other.actor('hit'))).toMatchObject({ code: 'NOT_FOUND' })
  const [row] = await mesh.actors({ name: 'hits' })
  expect(row).toMatchObject({ fn: 'Counter', name: 'hits', state: 'alive', lifetime: 'attached', incarnation: 1 })
  expect(mesh.peers().some(({ name }) => name === row?.peer)).toBe(true)
  expect(await failureOf(mesh.actors({ state: 'dead' as 'alive' }))).toMatchObject({ code: 'INVALID_OPTION' })
  expect(await used.bumps('hits').get()).toBe(14)
  expect(await used.kills('hits').get()).toBe('ACTOR_DIED')
  expect(await failureOf(other.actor('hits'))).toMatchObject({ code: 'NOT_FOUND' })
})

test('a call that counts once and does not listen when its time is up has its late reply for whoever asks again', async () => {
  const counter = used.Counter.with({ onceOnly: true }).spawn(0)
  // Longer than a call that was told to stop is waited for.
  const slow = counter.addSlowly.with({ attemptTimeoutMs: 500 })(1, 3_500)
  expect(await slow.get()).toBe(1)
  expect(await counter.add(1).get()).toBe(2)
})

test('each caller’s calls run in its order, wherever it calls from', async () => {
  const log = used.Log.spawn()
  const tasks = ['a', 'b', 'c'].map((who) => used.writes(log, who, 30))
  const mine = Array.from({ length: 30 }, (_, i) => log.write(`me ${i}`))
  await mesh.get([...tasks, ...mine])
  const lines = await log.read().get()
  expect(lines).toHaveLength(120)
  for (const who of ['a', 'b', 'c', 'me'])
    expect(lines.filter((line) => line.startsWith(`${who} `))).toEqual(
      Array.from({ length: 30 }, (_, i) => `${who} ${i}`),
    )
})

test('two who ask for one name at once get one actor', async () => {
  const other = await flock.join()
  const theirs = await use(other)
  const named = { name: 'shared', getIfExists: true }
  const both = [used.Counter.with(named).spawn(0), theirs.Counter.with(named).spawn(0)]
  const totals = await Promise.all(both.map((counter) => counter.add(1).get()))
  expect(totals.sort((a, b) => a - b)).toEqual([1, 2])
  const third = used.Counter.with({ name: 'shared' }).spawn(0)
  expect(await failureOf(third.add(1).get())).toMatchObject({ message: expect.stringContaining('shared') as string })
})

test('after an edit a name is refused, or its actor goes on with the code that it has', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'murmuration-actors-'))
  const edited = async (step: number, more = ''): Promise<Tasks<{ Steps: typeof Steps }>> => {
    const file = join(directory, 'steps.task.js')
    await writeFile(
      file,
      `import { task } from 'murmuration/task'
      export const by = () => ${step}
      export class Steps { total = 0; async go() { return this.total += await task.mesh.fn(by)().get() } ${more} }`,
    )
    return mesh.use<{ Steps: typeof Steps }>(pathToFileURL(file))
  }
  const named = { name: 'steps', getIfExists: true } as const
  const before = await edited(1)
  const first = before.Steps.with(named).spawn()
  expect(await first.go().get()).toBe(1)
  const after = await edited(10, 'back() {}')
  const refused = await failureOf(after.Steps.with(named).spawn().go().get())
  expect(refused.message).toContain(
    "go on with its code, or have it go on with yours: { getIfExists: true, onCodeChange: 'keep' or 'restore' }",
  )
  const kept = after.Steps.with({ ...named, onCodeChange: 'keep' }).spawn()
  expect(await kept.go().get()).toBe(2)
  expect(await failureOf(kept.back().get())).toMatchObject({ code: 'UNKNOWN_EXPORT' })
  await rm(directory, { recursive: true, force: true })
})

test('after an edit an actor goes on with the new code, from what it was; what cannot take that up is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'murmuration-actors-'))
  const edited = async (body: string): Promise<Tasks<{ Tally: typeof Tally }>> => {
    const file = join(directory, 'tally.task.js')
    await writeFile(file, `export class Tally { total = 0; snapshot() { return this.total } ${body} }`)
    return mesh.use<{ Tally: typeof Tally }>(pathToFileURL(file))
  }
  const restores = 'static restore(total) { return Object.assign(new this(), { total }) }'
  const named = { name: 'tally', getIfExists: true, onCodeChange: 'restore', onceOnly: true, restarts: 3 } as const
  const before = await edited(`add(n) { return (this.total += n) } ${restores}`)
  const first = before.Tally.with(named).spawn()
  expect(await mesh.get([first.add(1), first.add(2)])).toEqual([1, 3])
  const after = await edited(
    `add(n) { return (this.total += 100 * n) } back() { return (this.total = -1) } ${restores}`,
  )
  const second = after.Tally.with(named).spawn()
  expect(await second.add(1).get()).toBe(103)
  expect(await first.add(1).get()).toBe(203)
  expect(await second.back().get()).toBe(-1)
  const without = await edited('add(n) { return n }')
  const refused = await failureOf(without.Tally.with(named).spawn().add(1).get())
  expect(refused).toMatchObject({
    code: 'NAME_TAKEN',
    message: expect.stringMatching(/goes on with its own: .*Tally has no static restore\(state\)/) as string,
  })
  expect(await second.add(1).get()).toBe(99)
  const rows = await mesh.actors({ name: 'tally' })
  expect(rows).toMatchObject([{ fn: 'Tally', state: 'alive' }])
  await mesh.kill(second)
  await rm(directory, { recursive: true, force: true })
})

/** As it is after its first edit. */
declare class Tally {
  static restore(total: number): Tally
  snapshot(): number
  add(n: number): number
  back(): number
}

/** As it is after the edit. */
declare class Steps {
  go(): Promise<number>
  back(): void
}

describe('the end', () => {
  test('killed, its calls fail and its name is free', async () => {
    const counter = used.Counter.with({ name: 'brief', restarts: -1 }).spawn(0)
    await counter.add(1).get()
    await mesh.kill(counter, 'enough')
    expect(await failureOf(counter.add(1).get())).toMatchObject({
      code: 'ACTOR_DIED',
      message: expect.stringContaining('enough') as string,
    })
    const again = used.Counter.with({ name: 'brief' }).spawn(10)
    expect(await again.add(1).get()).toBe(11)
  })

  test('a constructor that throws is what its calls fail with', async () => {
    const failed = await failureOf(used.Counter.with({ restarts: 3 }).spawn(-1).add(1).get())
    expect(failed).toMatchObject({
      code: 'ACTOR_DIED',
      message: expect.stringContaining('cannot begin at -1') as string,
    })
  })

  test('a method that is none is named with the nearest', async () => {
    const counter = used.Counter.spawn(0) as unknown as Record<string, (n: number) => { get(): Promise<number> }>
    const failed = await failureOf(counter['ad']!(1).get())
    expect(failed).toMatchObject({
      code: 'UNKNOWN_EXPORT',
      message: expect.stringContaining('did you mean add?') as string,
    })
  })
})

describe('handles', () => {
  test('are kept in the state of others, and given back', async () => {
    const keeper = used.Keeper.spawn()
    {
      using counter = used.Counter.spawn(1)
      using text = await mesh.put('kept')
      await mesh.get([keeper.keep('counter', { inside: counter }), keeper.keep('text', { inside: text })])
    }
    expect(await keeper.addToCounter('counter', 2).get()).toBe(3)
    expect(await keeper.addToCounter('counter', 2).get()).toBe(5)
    expect(await keeper.readRef('text').get()).toBe('kept')
    const { inside } = (await keeper.give('counter').get()) as { inside: Actor<actors.Counter> }
    expect(await inside.add(1).get()).toBe(6)
  })

  test('come out of a task that spawned, and outlive it', async () => {
    const { counter } = await used.spawnsInside(7).get()
    expect(await counter.add(1).get()).toBe(8)
  })

  test('let two actors wait for one another', async () => {
    const Player = used.Player.with({ concurrency: 8 })
    const [ping, pong] = [Player.spawn('ping'), Player.spawn('pong')]
    expect(await ping.play(pong, ping, 5).get()).toBe('ping pong ping pong ping pong')
  })
})

describe('a death', () => {
  test('its host is killed: it goes on from its checkpoint, and every call counts once', async () => {
    const counter = used.Counter.with({ restarts: -1, onceOnly: true }).spawn(100)
    expect(await counter.add(1).get()).toBe(101)
    const host = await hostOf(counter)
    const restarted = heard(mesh, 'actor:restarted')
    const sums = Array.from({ length: 40 }, () => counter.add(1))
    await sums[5]?.get()
    await host.kill()
    expect(await mesh.get(sums)).toEqual(sums.map((_, i) => 102 + i))
    expect((await restarted).fn).toBe('Counter')
    expect(await counter.restored().get()).toBe(1)
    expect((await hostOf(counter)).pid).not.toBe(host.pid)
  })

  test('its host is killed and it may not begin again: whoever calls it is told', async () => {
    const counter = used.Counter.spawn(0)
    await (await hostOf(counter)).kill()
    const { code, message } = await failureOf(counter.add(1).get())
    expect(['ACTOR_DIED', 'ACTOR_UNAVAILABLE']).toContain(code)
    expect(message).toMatch(/add|Counter/)
    expect((await failureOf(counter.add(1).get())).code).toBe('ACTOR_DIED')
  })
})
