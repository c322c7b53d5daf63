import { inspect } from 'node:util'
import { getEventListeners } from 'node:events'
import { beforeEach, describe, expect, test } from 'vitest'
import type { MeshError } from '../src/errors.ts'
import { type ContextId, resultOf } from '../src/model/ids.ts'
import { decode, decodeArgs, encode, encodeError } from '../src/runtime/values.ts'
import { createScope, type OpenScope } from '../src/scope.ts'
import type { Fn, ObjectRef, TaskFunction } from '../src/types.ts'
import { FakeCode, FakePort, here } from './support/fake-port.ts'

let port: FakePort
let scope: OpenScope
let warnings: string[]
let f: TaskFunction<Fn>

beforeEach(() => {
  port = new FakePort()
  warnings = []
  scope = createScope({ port, code: new FakeCode('render'), warn: (line) => warnings.push(line) })
  f = scope.fn((...all: unknown[]) => all) as TaskFunction<Fn>
})

const caught = async (run: () => unknown): Promise<MeshError> => {
  try {
    await run()
  } catch (error) {
    return error as MeshError
  }
  throw new Error('nothing was thrown')
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a call', () => {
  test('submits at once and gives a ref', async () => {
    const ref = f(1, 'two')
    expect(port.submitted).toMatchObject([{ id: 'job.0', context: 'job', depth: 0, code: 'c0de', fn: 'fn', refs: [] }])
    expect(decodeArgs(port.submitted[0].args, { resolve: () => 0 })).toEqual([1, 'two'])
    port.returns(0, { answer: 42 })
    expect(await ref.get()).toEqual({ answer: 42 })
  })

  test('throws at once for an argument that cannot travel', async () => {
    const { code, message } = await caught(() => f(1, { at: new WeakRef({}) }))
    expect(code).toBe('UNSERIALIZABLE')
    expect(message).toBe('fn: args[1].at is a WeakRef; pass what it points to')
    expect(port.submitted).toEqual([])
  })

  test('passes refs on, top-level ones to be resolved', () => {
    const a = f(1)
    const b = f(2)
    f({ deep: [b] }, a)
    expect(port.submitted[2].refs).toEqual([
      { object: a.id, owner: here, top: true },
      { object: b.id, owner: here, top: false },
    ])
  })

  test('stores a large argument first, and passes a ref to it', async () => {
    const big = new Uint8Array(5000).fill(9)
    const ref = f('small', big)
    expect([port.submitted.length, ref.state()]).toEqual([0, 'waiting'])
    await scope.flushed()
    expect(decode(port.puts[0].bytes)).toEqual(big)
    const spec = port.submitted[0]
    expect(spec.refs).toEqual([{ object: port.puts[0].object, owner: here, top: true }])
    expect(decodeArgs(spec.args, { resolve: () => 'its value' })).toEqual(['small', 'its value'])
    expect(port.holds).toEqual([`-${port.puts[0].object}`])
    port.returns(0, 1)
    expect(await ref.get()).toBe(1)
  })

  test('on the result of a call that is not submitted yet waits its turn', async () => {
    const first = f(new Uint8Array(5000))
    const second = f(first, [first])
    f('at once')
    await scope.flushed()
    const order = port.submitted.map(({ id }) => resultOf(id))
    expect(order.indexOf(first.id as never)).toBeLessThan(order.indexOf(second.id as never))
    expect(order.length).toBe(3)
  })

  test('whose large argument does not fit fails, and so do those that need it', async () => {
    port.onPut = async () => {
      throw Object.assign(new Error('full'), { name: 'MeshError', code: 'OVERLOADED' })
    }
    const first = f(new Uint8Array(5000))
    const second = f(first)
    expect((await caught(() => second.get())).code).toBe('ARGUMENT_FAILED')
    expect(first.state()).toBe('failure')
    expect((await caught(() => first.get())).message).toBe('full')
    expect(port.submitted).toEqual([])
  })

  test('takes a signal that cancels the task', async () => {
    const controller = new AbortController()
    const ref = f.with({ signal: controller.signal })(1)
    controller.abort(new Error('enough'))
    await turn()
    expect(port.cancelled).toEqual([`${ref.id}: enough`])
    expect((await caught(() => f.with({ signal: controller.signal })(1))).message).toBe('enough')
  })
})

test('a hundred calls with one signal listen to it once, and not after they are let go', () => {
  const { signal } = new AbortController()
  const refs = Array.from({ length: 100 }, () => f.with({ signal })(1) as ObjectRef<number>)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (const nth of refs.keys()) port.returns(nth, 1)
  for (const ref of refs) ref[Symbol.dispose]()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

describe('ids', () => {
  const idsOf = (calls: (f: TaskFunction<Fn>) => void): string[] => {
    const again = new FakePort()
    again.runsAgain = true
    again.context = 'named' as ContextId
    calls(createScope({ port: again, code: new FakeCode('fn') }).fn((x: unknown) => x) as TaskFunction<Fn>)
    return again.submitted.map(({ id }) => id)
  }

  test('of a context that runs again are the same, in any order', () => {
    const first = idsOf((call) => [call(1), call(2), call(1)])
    const second = idsOf((call) => [call(2), call(1), call(1)])
    expect(new Set(first)).toEqual(new Set(second))
    expect(new Set(first).size).toBe(3)
    expect(first[0]).toBe(second[1])
  })

  test('take in the needs and the key', () => {
    const ids = idsOf((call) => {
      call(1)
      call.with({ key: 'b' })(1)
      call.with({ needs: { resources: { gpu: 1 } } })(1)
      call.with({ retries: 9 })(1)
    })
    expect(new Set(ids).size).toBe(4)
  })

  test('do not depend on the order in which needs are written', () => {
    const one = idsOf((call) => call.with({ needs: { slots: 1, labels: { a: 'x', b: 'y' } } })(1))
    const two = idsOf((call) => call.with({ needs: { labels: { b: 'y', a: 'x' }, slots: 1 } })(1))
    expect(one).toEqual(two)
  })
})

describe('a module', () => {
  test('is a plain object of its functions', async () => {
    const tiles = await scope.use(new URL('file:///tiles.task.ts'))
    expect(Object.keys(tiles)).toEqual(['render'])
    expect((tiles as Record<string, unknown>)['rendr']).toBeUndefined()
    expect(inspect(tiles['render'](1))).toBe('ObjectRef tiles.render waiting: await .get()')
    const named = tiles['render'].with({ name: 'the picture' }).with({ retries: 1 })
    expect(inspect(named(1))).toBe('ObjectRef the picture waiting: await .get()')
    expect(port.submitted[1].policy).toMatchObject({ name: 'the picture', retries: 1 })
  })

  test('that runs on one kind of peer brings that need', async () => {
    const code = new FakeCode('render')
    code.module = { ...code.module, only: { kind: 'node', because: 'node:fs' } }
    const tiles = await createScope({ port, code }).use(new URL('file:///tiles.task.ts'))
    tiles['render'].with({ needs: { labels: { zone: 'a' } } })(1)
    expect(port.submitted[0].policy.needs).toEqual({ labels: { kind: 'node', zone: 'a' }, because: 'node:fs' })
  })

  test('wants a URL', async () => {
    const error = await caught(() => scope.use('./tiles.task.ts' as never))
    expect(error.message).toMatch(/^use: expected a URL, as in mesh.use\(new URL/)
  })
})

describe('a ref', () => {
  test('is never a thenable', () => {
    expect('then' in f(1)).toBe(false)
  })

  test('says what it is when it is printed or calculated with', () => {
    const ref = f(1)
    port.states.set(ref.id as never, { state: 'running', peer: 'kestrel-3f' })
    const sentence = /^ObjectRef .* running on kestrel-3f: await \.get\(\)$/
    expect(inspect(ref)).toMatch(sentence)
    expect(() => (ref as never as number) + 1).toThrow(/running on kestrel-3f: await \.get\(\)/)
    expect(() => 'a ' + (ref as never as string)).toThrow(/await \.get\(\)/)
  })

  test('rejects with the failure, and its cause as the application threw it', async () => {
    const ref = f(1)
    const cause = encodeError(Object.assign(new RangeError('deep'), { at: 3 }))
    port.fails(0, 'TASK_FAILED', { cause, peer: 'kestrel-3f', attempt: 2, story: ['a'] })
    const error = await caught(() => ref.get())
    expect(error).toMatchObject({
      name: 'MeshError',
      code: 'TASK_FAILED',
      peer: 'kestrel-3f',
      attempt: 2,
      story: ['a'],
    })
    expect(error.cause).toBeInstanceOf(RangeError)
    expect((error.cause as { at: number }).at).toBe(3)
  })

  test('gives every reader a copy', async () => {
    const ref = f(1)
    port.returns(0, { list: new Uint8Array(9000) })
    const [a, b] = [await ref.get(), await ref.get()] as [{ list: Uint8Array }, { list: Uint8Array }]
    a.list[0] = 1
    expect(b.list[0]).toBe(0)
  })

  test('stops waiting by time and by signal, not the task', async () => {
    const ref = f(1)
    const error = await caught(() => ref.get({ timeoutMs: 1 }))
    expect([error.code, error.message]).toEqual(['GET_TIMEOUT', expect.stringMatching(/waiting: no value after 1 ms$/)])
    const controller = new AbortController()
    const waiting = caught(() => ref.get({ signal: controller.signal }))
    controller.abort(new Error('changed my mind'))
    expect((await waiting).message).toBe('changed my mind')
    expect([port.cancelled, port.watching]).toEqual([[], 0])
  })

  test('checks its options', async () => {
    const error = await caught(() => f(1).get({ timeout: 5 } as never))
    expect(error.message).toBe('ref.get: no option timeout (did you mean timeoutMs?); there are signal, timeoutMs')
  })

  test('is let go with the last of its kind', () => {
    const ref = f(1)
    port.returns(0, 1)
    ref[Symbol.dispose]()
    ref[Symbol.dispose]()
    expect(port.holds).toEqual([`-${ref.id}`])
  })

  test('inside a value holds its object, once for all its mentions', async () => {
    const outer = f(1)
    const link = { object: 'far' as never, owner: 'there/2' as never, top: false }
    const { bytes } = encode([scope.refTo(link, 'far')])
    port.holds.length = 0
    port.settle(outer.id as never, { type: 'value', bytes, refs: [link] })
    const [one] = (await outer.get()) as [ObjectRef<unknown>]
    const [two] = (await outer.get()) as [ObjectRef<unknown>]
    one[Symbol.dispose]()
    expect(port.holds).toEqual([])
    two[Symbol.dispose]()
    expect((await caught(() => two.get())).code).toBe('OBJECT_LOST')
  })

  test('that is collected is let go', async () => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const id = (() => f(1).id)()
    port.returns(0, 1)
    while (port.holds.length === 0) {
      collect()
      await turn()
    }
    expect(port.holds).toEqual([`-${id}`])
  })
})

describe('a failure nobody read', () => {
  test('is said once, when the ref goes', async () => {
    const ref = f(1)
    port.fails(0, 'WORKER_DIED')
    ref[Symbol.dispose]()
    await turn()
    expect(warnings).toEqual([expect.stringMatching(/failed and nobody read it: WORKER_DIED: it was WORKER_DIED$/)])
    expect(port.holds).toEqual([`-${ref.id}`])
  })

  test('is said also when it comes after the ref went', async () => {
    f(1)[Symbol.dispose]()
    expect([warnings, port.holds]).toEqual([[], []])
    port.fails(0)
    await turn()
    expect([warnings.length, port.holds.length]).toEqual([1, 1])
  })

  test('is not said when it was read, handed on, or asked for', async () => {
    const read = f(1)
    const handed = f(2)
    const cancelled = f(3)
    f(handed)
    port.fails(0)
    port.fails(1)
    port.fails(2, 'TASK_CANCELLED')
    await caught(() => read.get())
    for (const ref of [read, handed, cancelled]) ref[Symbol.dispose]()
    await turn()
    expect(warnings).toEqual([])
  })
})

describe('put', () => {
  test('stores, hashes, and gives a ref', async () => {
    const ref = await scope.put({ a: 1 }, { copies: 3 })
    expect(port.puts).toMatchObject([{ object: ref.id, copies: 3, refs: [] }])
    expect(port.puts[0].hash).toBe(port.sha256(port.puts[0].bytes))
  })

  test('refuses a ref', async () => {
    const error = await caught(() => scope.put(f(1) as never))
    expect(error.message).toBe(
      'put: the value is a ref, so it is stored already; use the ref as it is, or put an object around it',
    )
  })

  test('copies, unless the buffer is given away', async () => {
    const kept = new Uint8Array(8)
    const given = new Uint8Array(8)
    await scope.put(kept)
    await scope.put(given, { transfer: true })
    expect([kept.byteLength, given.byteLength]).toEqual([8, 0])
  })
})

describe('many refs', () => {
  test('get keeps the order', async () => {
    const refs = [f(1), f(2), f(3)] as const
    const all = scope.get(refs)
    port.returns(2, 'c')
    port.returns(0, 'a')
    port.returns(1, 'b')
    expect(await all).toEqual(['a', 'b', 'c'])
  })

  test('get rejects with the first failure, at once', async () => {
    const all = caught(() => scope.get([f(1), f(2)]))
    port.fails(1)
    expect((await all).code).toBe('TASK_FAILED')
    expect(port.watching).toBe(0)
  })

  test('get says how many were late', async () => {
    const refs = [f(1), f(2), f(3)] as const
    port.returns(0, 1)
    expect((await caught(() => scope.get(refs, { timeoutMs: 1 }))).message).toBe('2 of 3 refs had no value after 1 ms')
  })

  test('wait returns when enough have settled, failures included', async () => {
    const refs = [f(1), f(2), f(3)]
    const waiting = scope.wait(refs, { count: 2 })
    port.fails(2)
    port.returns(1, 1)
    const { settled, pending } = await waiting
    expect([settled, pending]).toEqual([[refs[1], refs[2]], [refs[0]]])
    expect(port.watching).toBe(0)
  })

  test('wait returns what there is when the time is over', async () => {
    const refs = [f(1), f(2)]
    port.returns(0, 1)
    expect((await scope.wait(refs, { timeoutMs: 1 })).settled).toEqual([refs[0]])
    expect((await scope.wait(refs, { count: 1 })).settled).toEqual([refs[0]])
    expect((await scope.wait([])).settled).toEqual([])
  })

  test('settled yields them as they come', async () => {
    const refs = [f(1), f(2), f(3)]
    const seen: number[] = []
    port.returns(1, 1)
    for await (const ref of scope.settled(refs)) {
      seen.push(refs.indexOf(ref))
      if (seen.length === 1) port.returns(2, 1)
      if (seen.length === 2) port.fails(0)
    }
    expect(seen).toEqual([1, 2, 0])
  })

  test('all is a task like any other', async () => {
    const refs = [f(1), f(2)] as const
    scope.all(refs)
    expect(port.submitted[2]).toMatchObject({ fn: 'all', refs: refs.map(({ id }) => ({ object: id, top: true })) })
  })

  test('what is not a ref is named', async () => {
    expect((await caught(() => scope.get([f(1), 2 as never]))).message).toBe(
      'get: refs[1] is not an ObjectRef of this mesh',
    )
  })
})

test('a closed scope refuses', async () => {
  scope.close(Object.assign(new Error('left'), { code: 'MESH_LEFT' }) as never)
  expect((await caught(() => f(1))).code).toBe('MESH_LEFT')
  expect((await caught(() => scope.put(1))).code).toBe('MESH_LEFT')
})
