import { decodeFrame, encodeFrame } from '@murmuration/core/internal'
import type { Frame, LifeId, Profile } from '@murmuration/core/internal'
import { describe, expect, test } from 'vitest'
import { checkJoinOptions } from '../src/options.ts'
import type { JoinOptions } from '../src/options.ts'

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, 'value']))

describe('what cannot be is refused by name', () => {
  test.each([
    [{ slot: 2 }, 'joinMesh: no option slot (did you mean slots?); there are entry, slots,'],
    [{ constructor: 2 }, 'joinMesh: no option constructor'],
    [null, 'joinMesh: expected an object of options, received null'],
    [{ slots: 5_000 }, 'joinMesh: slots must be a whole number from 0 to 4096; received 5000'],
    [
      { entry: 'lab-3:9000' },
      "joinMesh: entry must be a list of addresses, as in ['lab-3:9000'], or an invite's link; received",
    ],
    [{ entry: ['lab-3'] }, 'joinMesh: entry: "lab-3" is no address'],
    [{ labels: { '': 'x' } }, 'names of 1 to 512 characters; received {"":"x"}'],
    [{ labels: { zone: 3 } }, "joinMesh: labels must be an object of strings, as in { zone: 'lab-3' }"],
    [{ labels: many(1_000) }, /labels and resources are \d+ characters together; at most 8192 .*: shorten them/],
    [{ resources: { gpu: Infinity } }, 'received {"gpu":Infinity}'],
    [{ resources: { gpu: -1 } }, 'joinMesh: resources must be an object of name: amount'],
    [{ identity: 'new' }, 'joinMesh: identity must be one of kept, fresh; received "new"'],
    [{ signal: 3 }, 'joinMesh: signal must be an AbortSignal; received 3'],
  ])('%#', (options, sentence) => {
    const code = { code: 'INVALID_OPTION' }
    expect(() => checkJoinOptions(options)).toThrow(expect.objectContaining(code))
    expect(() => checkJoinOptions(options)).toThrow(sentence)
  })
})

test.each<JoinOptions>([
  {},
  { labels: undefined },
  { labels: { zone: 'lab 3', 'k=a': 'b', constructor: '' }, resources: { gpu: 0.5, ['x'.repeat(512)]: 0 } },
  { labels: { zone: 'x'.repeat(8_000) }, slots: 4_096, memoryBytes: Number.MAX_SAFE_INTEGER },
])('what is accepted can travel: %#', (options) => {
  checkJoinOptions(options)
  const { labels = {}, resources = {}, slots = 1, memoryBytes = 0 } = options
  const told = { version: 1, name: 'kestrel-3f', kind: 'node', addresses: [], domain: 'here' } as const
  const profile: Profile = { ...told, labels, resources, slots, memoryBytes }
  const life = 'a/1' as LifeId
  const claims: Frame['claims'] = [{ life, incarnation: 0, state: 'alive', profile, by: life }] as never
  const frame = { from: life, to: life, mine: 1, yours: 1, ack: 0, seq: 1, messages: [], signals: [], load: null }
  expect(decodeFrame(encodeFrame({ ...frame, claims }), life, life).claims).toEqual(claims)
})
