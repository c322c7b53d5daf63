// What a program is told when it asks a mesh of one about itself.

import { rm } from 'node:fs/promises'
import { joinMesh } from '@murmuration/node-peer'
import type { Mesh } from '@murmuration/node-peer'
import { peerInfo } from '@murmuration/core/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryHome } from './fixtures/child.ts'

const labels = { zone: 'lab 3', 'k=a': 'b', k: 'a=b', empty: '' }
let home: string
let mesh: Mesh

beforeAll(async () => {
  home = await temporaryHome()
  mesh = await joinMesh({ home, entry: [], slots: 1, taskOutput: 'none', labels: { ...labels, kind: 'mine' } })
})

afterAll(async () => {
  await mesh.leave()
  await rm(home, { recursive: true, force: true })
})

test('labels and addresses come back as they are, but for the kind', () => {
  const [self] = mesh.peers()
  expect(self).toMatchObject({ isSelf: true, labels: { ...labels, kind: 'node' }, addresses: mesh.addresses })
})

test.each([['no json'], ['["a"]'], ['{"a":1}'], ['null'], [undefined]])(
  'what a peer tells as %s does no harm',
  (told) => {
    const row = { peer: 'x', labels: told, addresses: told } as never
    expect(peerInfo(row, 'y')).toMatchObject({ labels: {}, addresses: told === '["a"]' ? ['a'] : [] })
  },
)

test('a task is listed with its name, while it runs and after', async () => {
  const square = mesh.fn((x: number) => x * x)
  const named = square.with({ name: 'the square', needs: { labels: { zone: 'nowhere' } } })(2)
  expect(await mesh.tasks()).toMatchObject([
    { id: expect.any(String) as string, fn: 'fn', name: 'the square', state: 'ready' },
  ])
  await named.cancel()
  expect(await square(3).get()).toBe(9)
  expect(await mesh.tasks()).toMatchObject([
    { name: null, state: 'value' },
    { name: 'the square', state: 'cancelled' },
  ])
})

describe('a question that cannot be asked is refused', () => {
  test.each([
    ['too many rows', () => mesh.tasks({ limit: 20_000 }), 'tasks: limit must be a whole number from 1 to 10000'],
    ['no rows', () => mesh.objects({ limit: -1 }), 'objects: limit must be'],
    ['another option', () => mesh.counters({ peers: 'x' } as never), 'no option peers (did you mean peer?)'],
    ['an id of nothing', () => mesh.explain(undefined as never), 'explain: expected a ref, or the whole id'],
    ['an id of 1 MiB', () => mesh.explain('x'.repeat(2 ** 20 + 1)), 'explain: expected a ref, or the whole id'],
  ])('%s', async (_what, ask, sentence) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(sentence) as string,
    })
  })
})
