import { beforeEach, describe, expect, test } from 'vitest'
import type { MeshError } from '../src/errors.ts'
import { decodeArgs } from '../src/runtime/values.ts'
import { createScope, type OpenScope } from '../src/scope.ts'
import type { TaskFunction } from '../src/types.ts'
import { FakeCode, FakePort } from './support/fake-port.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let port: FakePort
let scope: OpenScope
let double: TaskFunction<(x: number) => number>

beforeEach(() => {
  port = new FakePort()
  scope = createScope({ port, code: new FakeCode('fn'), warn: () => {} })
  double = scope.fn((x: number) => x * 2)
})

/** Answers every task at once, but for those inputs. */
const answer = (except: readonly number[] = []): void => {
  port.onSubmit = (spec) => {
    const [x] = decodeArgs(spec.args, { resolve: () => 0 }) as [number]
    const nth = port.submitted.length
    queueMicrotask(() => (except.includes(x) ? port.fails(nth) : port.returns(nth, x * 2)))
  }
}
function* naturals(): Generator<number> {
  for (let i = 0; ; i++) yield i
}

describe('map', () => {
  test('gives results in the order of the inputs', async () => {
    const out: number[] = []
    const loop = (async () => {
      for await (const value of scope.map([1, 2, 3], (x) => double(x))) out.push(value)
    })()
    while (port.submitted.length < 3) await Promise.resolve()
    for (const nth of [2, 1, 0]) port.returns(nth, nth)
    await loop
    expect(out).toEqual([0, 1, 2])
  })

  test('or as they finish', async () => {
    const out: number[] = []
    const loop = (async () => {
      for await (const value of scope.map([1, 2, 3], (x) => double(x), { ordered: false })) out.push(value)
    })()
    while (port.submitted.length < 3) await Promise.resolve()
    for (const nth of [2, 1, 0]) port.returns(nth, nth)
    await loop
    expect(out).toEqual([2, 1, 0])
  })

  test.each([true, false])('never has more out or unread than `ahead` (ordered: %s)', async (ordered) => {
    answer()
    let read = 0
    for await (const value of scope.map(naturals(), (x) => double(x), { ahead: 5, ordered })) {
      expect(value).toBe(read * 2)
      read++
      await new Promise((resolve) => setImmediate(resolve))
      expect(port.submitted.length - read).toBeLessThanOrEqual(5)
      if (read === 20) break
    }
    expect(port.submitted.length).toBeGreaterThan(20)
  })

  test('releases each result as it is read', async () => {
    answer()
    for await (const value of scope.map([1, 2, 3], (x) => double(x))) expect(value).toBeGreaterThan(0)
    expect(port.holds).toEqual(port.submitted.map(({ id }) => `-${id}`))
  })

  test('cancels what is out when the loop is left, and ends the inputs', async () => {
    let ended = false
    const inputs = (function* () {
      try {
        yield* [0, 1, 2, 3]
      } finally {
        ended = true
      }
    })()
    const loop = (async () => {
      for await (const _ of scope.map(inputs, (x) => double(x), { ahead: 3 })) break
    })()
    while (port.submitted.length < 3) await Promise.resolve()
    port.returns(0, 0)
    await loop
    expect(port.cancelled.map((line) => line.split(': ')[0])).toEqual(port.submitted.slice(1).map(({ id }) => id))
    expect(ended).toBe(true)
    expect(port.submitted.length).toBeLessThanOrEqual(4)
  })

  test('ends with the first error', async () => {
    answer([2])
    const out: number[] = []
    const loop = async (): Promise<void> => {
      for await (const value of scope.map([1, 2, 3], (x) => double(x))) out.push(value)
    }
    await expect(loop()).rejects.toMatchObject({ code: 'TASK_FAILED' })
    expect(out).toEqual([2])
  })

  test('settlements go on past a bad input', async () => {
    answer([2])
    const out: unknown[] = []
    const call = (x: number) => (x === 3 ? double(Symbol() as never) : double(x))
    for await (const one of scope.map([1, 2, 3, 4], call).settlements()) {
      out.push('error' in one ? [one.index, one.input, one.error.code] : [one.index, one.input, one.value])
    }
    expect(out).toEqual([
      [0, 1, 2],
      [1, 2, 'TASK_FAILED'],
      [2, 3, 'UNSERIALIZABLE'],
      [3, 4, 8],
    ])
  })

  test('waits instead of overloading', async () => {
    answer()
    const reply = port.onSubmit
    let full = true
    port.onSubmit = (spec) => {
      if (full && port.submitted.length === 2) {
        full = false
        throw Object.assign(new Error('full'), { code: 'OVERLOADED' })
      }
      reply(spec)
    }
    const out: number[] = []
    for await (const value of scope.map([1, 2, 3, 4], (x) => double(x))) out.push(value)
    expect([out, full]).toEqual([[2, 4, 6, 8], false])
  })

  test('takes asynchronous inputs, and their errors', async () => {
    answer()
    const inputs = (async function* () {
      yield 1
      await turn()
      yield 2
      throw new Error('source dried up')
    })()
    const out: number[] = []
    const loop = async (): Promise<void> => {
      for await (const value of scope.map(inputs, (x) => double(x))) out.push(value)
    }
    await expect(loop()).rejects.toThrow('source dried up')
    expect(out).toEqual([2, 4])
  })

  test('stops by signal and by time', async () => {
    const controller = new AbortController()
    const first = async (options: object): Promise<unknown> => {
      try {
        for await (const _ of scope.map([1], (x) => double(x), options)) return 'a result'
      } catch (error) {
        return (error as MeshError).code ?? (error as Error).message
      }
      return 'the end'
    }
    const waiting = first({ signal: controller.signal })
    controller.abort(new Error('stop'))
    expect(await waiting).toBe('stop')
    expect(await first({ timeoutMs: 1 })).toBe('GET_TIMEOUT')
    expect(port.cancelled.length).toBe(2)
  })

  test('the same ref for two inputs serves both', async () => {
    const ref = double(1)
    const out: number[] = []
    const loop = (async () => {
      for await (const value of scope.map(['a', 'b'], () => ref)) out.push(value)
    })()
    while (port.watching < 2) await Promise.resolve()
    port.returns(0, 2)
    await loop
    expect(out).toEqual([2, 2])
  })

  test.each([
    ['a promise', async (x: number) => double(x).get(), /it returned a promise: call without async/],
    ['a rejected promise', () => Promise.reject(new Error('nobody hears it')), /it returned a promise/],
    ['a number', (x: number) => x * 2, /must return an ObjectRef.*it returned a number/],
    ['nothing', () => undefined, /it returned undefined/],
  ])('a call that returns %s ends the loop with a sentence', async (_, call, sentence) => {
    for (const options of [{ ordered: true }, { ordered: false }]) {
      let ended = false
      const inputs = (function* () {
        try {
          yield* [1, 2, 3]
        } finally {
          ended = true
        }
      })()
      const loop = async (): Promise<void> => {
        for await (const _ of scope.map(inputs, call as never, options).settlements()) void _
      }
      await expect(loop()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(sentence),
      })
      expect(ended).toBe(true)
    }
  })

  test('what was called for before such a call is still read', async () => {
    answer()
    const out: number[] = []
    const loop = async (): Promise<void> => {
      const call = (x: number) => (x === 3 ? (undefined as never) : double(x))
      for await (const value of scope.map([1, 2, 3, 4], call)) out.push(value)
    }
    await expect(loop()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(out).toEqual([2, 4])
  })

  test('checks its options', () => {
    expect(() => scope.map([1], (x) => double(x), { ahead: 0 })).toThrow(
      'map: ahead must be a whole number, 1 or more; received 0',
    )
  })
})
