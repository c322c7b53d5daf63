import { beforeEach, expect, test } from 'vitest'
import type { MeshError } from '../src/errors.ts'
import { createScope, type OpenScope } from '../src/scope.ts'
import type { Fn, TaskFunction } from '../src/types.ts'
import { FakeCode, FakePort } from './support/fake-port.ts'

let port: FakePort
let scope: OpenScope
let f: TaskFunction<Fn>

beforeEach(() => {
  port = new FakePort()
  scope = createScope({ port, code: new FakeCode('render'), warn: () => {} })
  f = scope.fn((...all: unknown[]) => all) as TaskFunction<Fn>
})

test('get takes one twice, and any number may wait for it at once', async () => {
  const [one, other] = [f(1), f(2)]
  const gets = Array.from({ length: 100 }, () => scope.get([one, other, one]))
  const waits = Array.from({ length: 100 }, () => scope.wait([other, one, other], { count: 3 }))
  const own = Array.from({ length: 100 }, () => one.get())
  port.returns(1, 'b')
  port.returns(0, 'a')
  for (const values of await Promise.all(gets)) expect(values).toEqual(['a', 'b', 'a'])
  for (const { settled, pending } of await Promise.all(waits))
    expect([settled, pending]).toEqual([[other, one, other], []])
  expect(new Set(await Promise.all(own))).toEqual(new Set(['a']))
  expect(port.watching).toBe(0)
})

test('wait counts each mention of a ref, has nothing to wait for in none, and names what is none', async () => {
  const ref = f(1)
  const waiting = scope.wait([ref, ref], { count: 2 })
  port.returns(0, 1)
  expect(await waiting).toEqual({ settled: [ref, ref], pending: [] })
  expect(await scope.wait([], { count: 3 })).toEqual({ settled: [], pending: [] })
  await expect(scope.wait([ref, {} as never])).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: 'wait: refs[1] is not an ObjectRef of this mesh',
  } satisfies Partial<MeshError>)
})

test('wait brings no bytes here, get does', async () => {
  const ref = f(1)
  const waiting = scope.wait([ref])
  expect(port.fetched).toEqual([])
  port.returns(0, 1)
  await waiting
  expect(port.fetched).toEqual([])
  await scope.get([ref])
  expect(port.fetched).toEqual([ref.id])
})
