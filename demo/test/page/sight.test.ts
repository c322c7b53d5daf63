// What a page makes of the answers: who is here, how they are linked, what they keep, what happened.

import { describe, expect, test } from 'vitest'
import type { Notice } from '@murmuration/core/internal'
import { field, Layout } from '../../page/src/sight/layout.ts'
import { type Line, withNotice } from '../../page/src/sight/sentences.ts'
import { linksIn, objectsIn, peersIn, type SeenPeer } from '../../page/src/sight/sight.ts'
import { tintsOf } from '../../page/src/sight/tints.ts'

function member(peer: string, more: Record<string, string | number | boolean | null> = {}) {
  const plain = { peer, name: peer, state: 'alive', kind: 'node', slots: 2, free: 1, queued: 0, sinceMs: 0, ageMs: 9 }
  return { ...plain, how: '', addresses: '[]', labels: '{}', linked: false, ...more }
}

describe('peers', () => {
  test('each tells of itself best; the page comes first', () => {
    const answers = [
      { from: 'A', rows: [member('A', { free: 0 }), member('me', { free: null })] },
      { from: 'me', rows: [member('me', { free: 2 }), member('A', { free: null })] },
    ]
    expect(peersIn(answers, 'me').map(({ id, free, isSelf }) => [id, free, isSelf])).toEqual([
      ['me', 2, true],
      ['A', 0, false],
    ])
  })

  test('who was found dead here is dead, whatever it last said of itself', () => {
    const answers = [
      { from: 'me', rows: [member('me'), member('A', { state: 'dead', how: 'its connection closed' })] },
      { from: 'A', rows: [member('A')] },
    ]
    expect(peersIn(answers, 'me')[1]).toMatchObject({ id: 'A', state: 'dead', how: 'its connection closed' })
  })

  test('the long dead, those who only look and those whom nobody met are left out', () => {
    const rows = [
      member('me'),
      member('dead', { state: 'dead', sinceMs: 60_000 }),
      member('looks', { role: 'observer' }),
      member('gone before we came', { state: 'left', kind: 'unknown' }),
    ]
    expect(peersIn([{ from: 'me', rows }], 'me').map(({ id }) => id)).toEqual(['me'])
  })

  test('a link stands when one end says so, and both are here', () => {
    const answers = [
      {
        from: 'me',
        rows: [member('me'), member('A', { linked: true }), member('gone', { state: 'left', linked: true })],
      },
      { from: 'A', rows: [member('A'), member('me', { linked: true })] },
    ]
    expect(linksIn(answers, peersIn(answers, 'me'))).toEqual([{ a: 'A', b: 'me' }])
  })

  test('have one hue each, the same whoever looks, as long as hues last', () => {
    const ids = Array.from({ length: 12 }, (_, at) => `peer ${at * 17}`)
    const tints = tintsOf(ids)
    expect(new Set(tints.values()).size).toBe(12)
    expect(tintsOf([...ids].reverse())).toEqual(tints)
    expect(tintsOf([...ids, 'one more']).size).toBe(13)
  })
})

test('objects are told by their owners, the largest first', () => {
  const row = { object: 'o', state: 'stored', size: 10, copies: 2, wanted: 2, holders: 'A me', owner: true }
  const answers = [
    { from: 'A', rows: [row, { ...row, object: 'none', copies: 0 }] },
    {
      from: 'me',
      rows: [
        { ...row, owner: false, state: 'held' },
        { ...row, object: 'p', size: 99, copies: 1, holders: 'me' },
      ],
    },
  ]
  expect(objectsIn(answers).map(({ id, copies, holders }) => [id, copies, holders])).toEqual([
    ['p', 1, ['me']],
    ['o', 2, ['A', 'me']],
  ])
})

describe('what happened', () => {
  const told = (notices: readonly [Notice, number][]): readonly Line[] =>
    notices.reduce<readonly Line[]>((lines, [notice, at]) => withNotice(lines, notice, at), [])
  const retried = { type: 'task:retried', task: 't', fn: 'render', attempt: 2, reason: 'peer jay-26 died' } as Notice

  test('is a sentence each, the newest first', () => {
    const died = {
      type: 'peer:died',
      peer: 'p',
      name: 'jay-26',
      how: 'its connection closed',
      attemptsMoved: 1,
      objectsRecopied: 2,
    } as Notice
    const lines = told([
      [{ type: 'peer:joined', peer: 'p', name: 'jay-26' } as Notice, 1],
      [{ type: 'peer:suspected', peer: 'p', name: 'jay-26', by: 'teal-2f' } as Notice, 2],
      [died, 3],
    ])
    expect(lines.map(({ tone, text }) => [tone, text])).toEqual([
      ['bad', 'jay-26 died: its connection closed. 1 attempt moved elsewhere, 2 objects copied again.'],
      ['doubt', 'jay-26 does not answer teal-2f: it may be gone.'],
      ['good', 'jay-26 joined.'],
    ])
  })

  test('of one kind and at once is one line with a number', () => {
    const lines = told([
      [retried, 1_000],
      [{ type: 'peer:left', peer: 'q', name: 'owl-77' } as Notice, 1_100],
      [retried, 1_200],
      [retried, 9_000],
    ])
    expect(lines.map(({ text }) => text)).toEqual([
      'render runs again: peer jay-26 died.',
      'owl-77 left.',
      '2 tasks (render among them) run again: peer jay-26 died.',
    ])
    expect(new Set(lines.map(({ number }) => number)).size).toBe(3)
  })
})

describe('the drawing of the flock', () => {
  const peers = (count: number): SeenPeer[] =>
    peersIn([{ from: 'p0', rows: Array.from({ length: count }, (_, at) => member(`p${at}`)) }], 'p0')

  test.each([1, 2, 5, 24])('of %d peers stays in its field, nobody on another', (count) => {
    const places = [...new Layout().of(peers(count), []).values()]
    for (const { x, y } of places) {
      expect(x).toBeGreaterThan(20)
      expect(x).toBeLessThan(field.width - 20)
      expect(y).toBeGreaterThan(15)
      expect(y).toBeLessThan(field.height - 20)
    }
    const distances = places.flatMap((a, at) => places.slice(at + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y)))
    if (count <= 5) for (const distance of distances) expect(distance).toBeGreaterThan(45)
  })

  test('rests while nobody comes or goes', () => {
    const layout = new Layout()
    const before = new Map([...layout.of(peers(4), [])].map(([id, { x, y }]) => [id, [x, y]]))
    const after = new Map([...layout.of(peers(4), [])].map(([id, { x, y }]) => [id, [x, y]]))
    expect(after).toEqual(before)
  })
})
