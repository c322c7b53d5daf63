import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import type { MeshError } from '../src/errors.ts'
import { resultOf } from '../src/model/ids.ts'
import { decodeArgs, encode, encodeError } from '../src/runtime/values.ts'
import { createScope, type OpenScope } from '../src/scope.ts'
import type { Actor, ActorClass, Fn, TaskFunction } from '../src/types.ts'
import { FakeCode, FakePort, here } from './support/fake-port.ts'

declare class CounterClass {
  constructor(total?: unknown, more?: unknown)
  snapshot(): unknown
  add(...args: unknown[]): number
  rows(): Generator<number>
}

let port: FakePort
let scope: OpenScope
let warnings: string[]
let Counter: ActorClass<typeof CounterClass>
let render: TaskFunction<Fn>

beforeEach(async () => {
  port = new FakePort()
  warnings = []
  await open()
})

async function open(): Promise<void> {
  const code = new FakeCode('render', {
    name: 'Counter',
    kind: 'class',
    digest: 'd-Counter',
    generators: ['rows'],
  })
  scope = createScope({ port, code, warn: (line) => warnings.push(line) })
  const tiles = await scope.use(new URL('file:///tiles.task.ts'))
  ;({ Counter, render } = tiles as never)
}

const caught = async (run: () => unknown): Promise<MeshError> => {
  try {
    await run()
  } catch (error) {
    return error as MeshError
  }
  throw new Error('nothing was thrown')
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const argsOf = (nth: number): unknown[] => decodeArgs(port.submitted[nth].args, { resolve: () => 0 })

describe('spawning', () => {
  test('submits the actor, with its options as they travel', () => {
    const options = { name: 'hits', restarts: 3, concurrency: 4, onceOnly: true, checkpoint: { everyCalls: 10 } }
    Counter.with(options).with({ getIfExists: true, lifetime: 'detached' }).spawn(7)
    expect(argsOf(0)).toEqual([7])
    expect(port.submitted[0]).toMatchObject({
      code: 'c0de',
      fn: 'Counter',
      policy: { name: 'hits', retries: 3, rebuilds: 0 },
      actor: { concurrency: 4, everyCalls: 10, onceOnly: true, detached: true, getIfExists: true },
    })
    expect(port.bundles[0]).not.toBeNull()
  })

  test('without options it is attached, runs a call at a time and does not begin again', () => {
    Counter.spawn()
    expect(port.submitted[0]).toMatchObject({
      policy: { name: null, retries: 0 },
      actor: { concurrency: 1, everyCalls: 1, onceOnly: false, detached: false, getIfExists: false },
    })
  })

  test.each([
    [{ restart: 1 }, /^tiles.Counter: no option restart \(did you mean restarts\?\)/],
    [{ restarts: -2 }, /restarts must be a whole number, -1 \(no limit\) or more; received -2/],
    [{ concurrency: 0 }, /concurrency must be a whole number from 1 to 4096; received 0/],
    [{ checkpoint: { every: 1 } }, /checkpoint: no option every/],
    [{ onCodeChange: 'restart' }, /onCodeChange must be .*'restore'.*received "restart"/],
    [{ needs: { label: {} } }, /needs: no option label \(did you mean labels\?\)/],
    [{ retries: 1 }, /no option retries \(did you mean restarts\?\)/],
  ])('refuses %j', async (options, message) => {
    expect(await caught(() => Counter.with(options as never))).toMatchObject({ code: 'INVALID_OPTION', message })
  })

  test('what needs a name says so', async () => {
    expect((await caught(() => Counter.with({ lifetime: 'detached' }).spawn())).message).toBe(
      'tiles.Counter.spawn: a detached actor is found again by its name: give it one, with({ name, lifetime })',
    )
    expect((await caught(() => Counter.with({ getIfExists: true }).spawn())).message).toMatch(
      /getIfExists is about a name/,
    )
    const keeps = Counter.with({ name: 'hits', onCodeChange: 'keep' })
    expect((await caught(() => keeps.spawn())).message).toMatch(/is there already: add getIfExists: true/)
  })

  test('a class is not called, and a function not spawned', async () => {
    expect((await caught(() => (Counter as never as Fn)(1))).message).toBe(
      'tiles.Counter is a class: make an actor of it with tiles.Counter.spawn(…)',
    )
    expect((await caught(() => (render as never as typeof Counter).spawn(1))).message).toBe(
      'tiles.render is a function: call it, tiles.render(…); actors are made of classes',
    )
  })

  test('in a context that runs again equal names are equal actors, and others are not', async () => {
    port.runsAgain = true
    await open()
    for (const name of ['a', 'b', 'a']) Counter.with({ name }).spawn(1)
    const first = port.submitted.map(({ id }) => id)
    await open()
    for (const name of ['b', 'a']) Counter.with({ name }).spawn(1)
    expect(port.submitted.slice(3).map(({ id }) => id)).toEqual([first[1], first[0]])
    expect(new Set(first).size).toBe(3)
  })
})

describe('a call', () => {
  test('is a task that only the actor runs, and that keeps it', async () => {
    const counter = Counter.with({ callRetries: 2, maxPendingCalls: 5 }).spawn()
    const sum = counter.add(1, 2)
    const object = resultOf(port.submitted[0].id)
    expect(port.submitted[1]).toMatchObject({
      code: 'c0de',
      fn: 'add',
      refs: [{ object, owner: here, top: false }],
      call: { actor: object, maxPendingCalls: 5, onceOnly: false },
      policy: { retries: 2, rebuilds: 0 },
    })
    expect(port.bundles[1]).toBeNull()
    port.returns(1, 3)
    expect(await sum.get()).toBe(3)
  })

  test('with onceOnly is made again without limit unless told otherwise', () => {
    Counter.with({ onceOnly: true }).spawn().add()
    Counter.with({ onceOnly: true, callRetries: 1 }).spawn().add()
    expect([1, 3].map((nth) => [port.submitted[nth].policy.retries, port.submitted[nth].call?.onceOnly])).toEqual([
      [-1, true],
      [1, true],
    ])
  })

  test('takes options of its own', async () => {
    const counter = Counter.spawn()
    const stop = new AbortController()
    const options = { retries: 4, timeoutMs: 100, attemptTimeoutMs: 50, signal: stop.signal, name: 'sum', copies: 3 }
    const ref = counter.add.with(options)(1)
    expect(port.submitted[1].policy).toMatchObject({
      retries: 4,
      timeoutMs: 100,
      attemptTimeoutMs: 50,
      name: 'sum',
      copies: 3,
    })
    stop.abort(new Error('enough'))
    await turn()
    expect(port.cancelled).toEqual([`${ref.id}: enough`])
    expect((await caught(() => counter.add.with({ needs: {} } as never))).message).toMatch(
      /^tiles.Counter.add: no option needs/,
    )
  })

  test('of a generator method is a stream, which is made again and not answered again', async () => {
    const counter = Counter.with({ onceOnly: true }).spawn()
    expect(port.submitted[0].actor?.generators).toEqual(['rows'])
    const rows = counter.rows.with({ ahead: 64 })()
    expect(typeof rows[Symbol.asyncIterator]).toBe('function')
    expect(port.submitted[1]).toMatchObject({
      fn: 'rows',
      policy: { ahead: 64, retries: -1 },
      call: { onceOnly: false },
    })
    expect((await caught(() => counter.add.with({ ahead: 2 }))).message).toMatch(/^tiles.Counter.add: ahead is for gen/)
  })

  test('comes after its actor and after earlier calls, however long their arguments take to store', async () => {
    const stored: (() => void)[] = []
    port.onPut = () => new Promise((resolve) => stored.push(resolve))
    const counter = Counter.spawn(new Uint8Array(5000))
    const refs = [counter.add(1), counter.add(new Uint8Array(5000)), counter.add(3)]
    expect(port.submitted).toEqual([])
    expect(refs[0].state()).toBe('waiting')
    stored[0]()
    await turn()
    expect(port.submitted.map(({ fn }) => fn)).toEqual(['Counter', 'add'])
    stored[1]()
    await turn()
    expect(port.submitted.slice(1).map(({ id }) => resultOf(id))).toEqual(refs.map(({ id }) => id))
    counter.add(4)
    expect(port.submitted).toHaveLength(5)
  })

  test('of an actor that could not be spawned says why', async () => {
    port.onPut = () => Promise.reject(new Error('no room'))
    const counter = Counter.spawn(new Uint8Array(5000))
    expect(await caught(() => counter.add(1).get())).toMatchObject({
      code: 'ACTOR_DIED',
      message: 'tiles.Counter was never spawned: no room',
    })
  })

  test('in a context that runs again is told from the same call of another actor', async () => {
    port.runsAgain = true
    await open()
    const [one, other] = [Counter.spawn(), Counter.spawn()]
    for (const actor of [one, other, one]) actor.add(1)
    const ids = port.submitted.slice(2).map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
    expect(ids[2]).toBe(`${ids[0]}.1`)
  })
})

describe('a handle', () => {
  test('prints as what it is, and says so when it is taken for a value', async () => {
    const counter = Counter.with({ name: 'hits' }).spawn()
    port.states.set(resultOf(port.submitted[0].id), { state: 'running', peer: 'kestrel-3f' })
    const sentence = "Actor tiles.Counter 'hits' running on kestrel-3f: call its methods, await actor.method(…).get()"
    expect(inspect(counter)).toBe(sentence)
    for (const mistake of [
      () => JSON.stringify({ counter }),
      () => 'a ' + (counter as never as string),
      () => (counter as never) + 1,
    ])
      expect(mistake).toThrow(new TypeError(sentence))
    expect('then' in counter || (counter as { then?: unknown }).then !== undefined).toBe(false)
    expect(Object.keys(counter)).toEqual([])
    expect(() => ((counter as { total?: number }).total = 1)).toThrow(/change it by calling a method/)
  })

  test('travels in values: as an argument, inside one, and back', async () => {
    const counter = Counter.with({ onceOnly: true, name: 'hits' }).spawn()
    const object = resultOf(port.submitted[0].id)
    render(counter, { deep: [counter] })
    expect(port.submitted[1].refs).toEqual([{ object, owner: here, top: false }])
    const ref = render()
    port.settle(resultOf(port.submitted[2].id), { type: 'value', ...encode({ counter }) })
    const { counter: again } = (await ref.get()) as { counter: Actor<CounterClass> }
    expect(inspect(again)).toMatch(/^Actor tiles.Counter 'hits' /)
    again.add(1)
    expect(port.submitted[3]).toMatchObject({ call: { actor: object, onceOnly: true }, policy: { retries: -1 } })
  })

  test('that came from elsewhere holds the actor until it is disposed', async () => {
    const there = 'there/3' as typeof here
    const note = {
      code: 'c0de',
      label: 'x.Y',
      name: null,
      callRetries: 0,
      onceOnly: false,
      maxPendingCalls: 9,
      generators: [],
    }
    const link = { object: 'far' as never, owner: there, top: false }
    const far = scope.handleOn(link, note as never) as Actor<CounterClass>
    expect(port.holds).toEqual(['+far'])
    far[Symbol.dispose]()
    far[Symbol.dispose]()
    expect(port.holds).toEqual(['+far', '-far'])
    expect(await caught(() => far.add(1))).toMatchObject({
      code: 'OBJECT_LOST',
      message: 'this handle on x.Y was disposed',
    })
    expect((await caught(() => render(far))).code).toBe('OBJECT_LOST')
  })

  test('dropped, its actor is let go without waiting for an end', () => {
    const counter = Counter.spawn()
    counter[Symbol.dispose]()
    expect(port.holds).toEqual([`-${resultOf(port.submitted[0].id)}`])
    expect(port.watching).toBe(0)
  })

  test('dropped when its constructor had failed and nobody knows, it says so', async () => {
    const counter = Counter.spawn()
    port.fails(0, 'ACTOR_DIED', { cause: encodeError(new RangeError('no')) })
    counter[Symbol.dispose]()
    await turn()
    expect(warnings).toEqual(['tiles.Counter failed and nobody read it: ACTOR_DIED: it was ACTOR_DIED'])
  })

  test('dropped when it was ended, or when its calls have told, it says nothing', async () => {
    const [ended, called] = [Counter.spawn(), Counter.spawn()]
    using sum = called.add(1)
    port.fails(0, 'ACTOR_DIED')
    port.fails(1, 'ACTOR_DIED', { cause: encodeError(new RangeError('no')) })
    port.fails(2, 'ACTOR_DIED')
    await caught(() => sum.get())
    for (const actor of [ended, called]) actor[Symbol.dispose]()
    await turn()
    expect(warnings).toEqual([])
  })

  test('an instance is no handle', async () => {
    class Local {
      readonly at = 1
    }
    expect((await caught(() => render(new Local()))).message).toBe(
      'tiles.render: args[0] is a Local; pass a plain object',
    )
  })
})

describe('by name', () => {
  test('an actor is found, or it is said how to have one', async () => {
    port.actors.set('hits', {
      object: 'far' as never,
      owner: 'there/3' as never,
      code: 'c0de' as never,
      fn: 'Counter',
      calls: { callRetries: -1, maxPendingCalls: 7, onceOnly: true, generators: ['rows'] },
    })
    const hits = await scope.actor<CounterClass>('hits')
    expect(inspect(hits)).toMatch(/^Actor Counter 'hits' waiting/)
    hits.add(1)
    expect(port.submitted[0]).toMatchObject({
      fn: 'add',
      code: 'c0de',
      call: { actor: 'far', maxPendingCalls: 7, onceOnly: true },
      policy: { retries: -1 },
    })
    hits.rows()
    expect(port.submitted[1].policy.ahead).toBeGreaterThan(0)
    expect(await caught(() => scope.actor('hit'))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining("nobody here has an actor named 'hit'") as string,
    })
    expect((await caught(() => scope.actor(3 as never))).code).toBe('INVALID_OPTION')
  })

  test('no answer in time is GET_TIMEOUT', async () => {
    port.findActor = () => ({ settled: new Promise(() => {}), stop: () => {} })
    expect((await caught(() => scope.actor('hits', { timeoutMs: 1 }))).code).toBe('GET_TIMEOUT')
  })
})

describe('kill', () => {
  test('ends the actor by its object', async () => {
    const counter = Counter.spawn()
    await scope.kill(counter, 'enough')
    expect(port.cancelled).toEqual([`${resultOf(port.submitted[0].id)}: enough`])
  })

  test('wants an actor', async () => {
    expect((await caught(() => scope.kill(render() as never))).message).toBe(
      'kill: expected an actor of this mesh; to end a task, use ref.cancel()',
    )
  })
})
