import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { createScope, type OpenScope } from '../src/scope.ts'
import type { ObjectRef } from '../src/types.ts'
import { FakeCode, FakePort } from './support/fake-port.ts'

let port: FakePort
let scope: OpenScope
let ref: ObjectRef<number>

beforeEach(() => {
  port = new FakePort()
  scope = createScope({ port, code: new FakeCode('fn'), warn: () => {} })
  ref = scope.fn(function double(x: number) {
    return x * 2
  })(1)
})

describe('a ref', () => {
  const sentence = 'ObjectRef double waiting: await .get()'

  test('prints as what it is', () => {
    expect(inspect(ref)).toBe(sentence)
  })

  test('says so when it is taken for its value', () => {
    const mistakes: (() => unknown)[] = [
      () => (ref as never) + 1,
      () => Number(ref),
      () => JSON.stringify(ref),
      () => JSON.stringify({ results: [ref] }),
    ]
    for (const mistake of mistakes) expect(mistake).toThrow(new TypeError(sentence))
  })

  test('tells whoever waited in vain what it knows', async () => {
    Object.assign(port, { outlook: () => ({ task: 't', attempt: 2, why: ['double waits for a slot', 'owl: busy'] }) })
    await expect(ref.get({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'GET_TIMEOUT',
      message: 'double waiting: no value after 1 ms; double waits for a slot; owl: busy',
      task: 't',
      attempt: 2,
      story: ['double waits for a slot', 'owl: busy'],
    })
  })
})
