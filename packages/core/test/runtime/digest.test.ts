// Ids of work: the same call in the same context has the same id, whoever makes it, from which folder and in
// which order; whatever would make it other work makes it another id.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ContextId } from '../../src/model/ids.ts'
import { type CallIdentity, idSource } from '../../src/runtime/digest.ts'

function ids(context = 'named-render', runsAgain = true): ReturnType<typeof idSource> {
  const sha256 = (head: string | Uint8Array, rest?: Uint8Array): string => {
    const hash = createHash('sha256').update(head)
    if (rest) hash.update(rest)
    return hash.digest('hex')
  }
  return idSource({ context: context as ContextId, runsAgain, sha256 })
}

/** Bundles have no path in them, so the code of a clone in another folder is the same. */
function call(n: number, other: Partial<CallIdentity> = {}): CallIdentity {
  return { code: 'c0de', digest: 'of render', args: Uint8Array.of(n), needs: {}, key: '', ...other }
}

test('30: run again from another folder and in another order, a named job asks for the same', () => {
  const [first, second] = [ids(), ids()]
  const forth = [1, 2, 3].map((n) => first.task(call(n)))
  const back = [3, 2, 1].map((n) => second.task(call(n)))
  expect(back.reverse()).toEqual(forth)
  expect(new Set(forth).size).toBe(3)
  expect(second.put('hash of bytes')).toBe(first.put('hash of bytes'))
})

test('why the code needs a kind of peer names a file of that folder, and is no part of what is asked for', () => {
  const needs = (because: string): CallIdentity['needs'] => ({ labels: { kind: 'node' }, because })
  const [first, second] = [ids(), ids()]
  const here = first.task(call(1, { needs: needs('imports node:fs in a/read.ts') }))
  expect(second.task(call(1, { needs: needs('imports node:fs in b/read.ts') }))).toBe(here)
  expect(ids().task(call(1))).not.toBe(here)
})

test('the n-th of equal calls is the n-th of them again', () => {
  const [first, second] = [ids(), ids()]
  const forth = [first.task(call(1)), first.task(call(2)), first.task(call(1))]
  const back = [second.task(call(1)), second.task(call(1)), second.task(call(2))]
  expect(back).toEqual([forth[0], forth[2], forth[1]])
  expect(forth[0]).not.toBe(forth[2])
})

test('another function, needs or key, and another job are other work; what else is in the bundle is not', () => {
  const base = ids().task(call(1))
  const others = [
    ids().task(call(1, { digest: 'of shade' })),
    ids().task(call(1, { needs: { labels: { gpu: 'yes' } } })),
    ids().task(call(1, { key: 'again' })),
    ids('named-other').task(call(1)),
  ]
  expect(new Set([base, ...others]).size).toBe(5)
  // Another function of the same module was edited.
  expect(ids().task(call(1, { code: 'other' }))).toBe(base)
  const needs = (labels: Record<string, string>): string => ids().task(call(1, { needs: { labels } }))
  expect(needs({ a: '1', b: '2' })).toBe(needs({ b: '2', a: '1' }))
})

test('one source tells calls apart that follow each other and differ in one thing', () => {
  const source = ids()
  const needs = {}
  const calls = [
    call(1, { needs }),
    call(1, { needs, digest: 'of shade' }),
    call(1, { needs, digest: 'of shade', key: 'again' }),
    call(1, { needs: { labels: { gpu: 'yes' } }, digest: 'of shade', key: 'again' }),
  ]
  expect(calls.map((one) => source.task(one))).toEqual(calls.map((one) => ids().task(one)))
})
