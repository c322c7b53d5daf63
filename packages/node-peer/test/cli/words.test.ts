import { expect, test } from 'vitest'
import { bytes, duration, shortAddress, shortIds } from '../../src/cli/words.ts'

test('durations and sizes are short enough for a column', () => {
  expect([12, 1_500, 30_000, 600_000, 10_800_000, 400_000_000].map(duration)).toEqual([
    '12 ms',
    '1.5 s',
    '30 s',
    '10 min',
    '3 h',
    '5 days',
  ])
  expect([0, 1_023, 1_024, 5 * 1_024 * 1_024, 250 * 1_024 ** 3].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '5.0 MiB',
    '250 GiB',
  ])
})

test('addresses are as people type them', () => {
  expect(shortAddress('/ip4/127.0.0.1/tcp/9000/p2p/12D3KooWabc')).toBe('127.0.0.1:9000')
  expect(shortAddress('/ip4/10.0.0.3/tcp/9001/ws/p2p/12D3KooWabc')).toBe('ws://10.0.0.3:9001')
  expect(shortAddress('/ip6/::1/tcp/9000')).toBe('[::1]:9000')
  expect(shortAddress('/unix/somewhere')).toBe('/unix/somewhere')
})

test('ids are cut where they still differ', () => {
  const short = shortIds(['abcdefgh-1', 'abcdefgh-2', 'z'], 4)
  expect(['abcdefgh-1', 'abcdefgh-2', 'z'].map(short)).toEqual(['abcdefgh-1', 'abcdefgh-2', 'z'])
  expect(shortIds(['aaaaaaaa', 'bbbbbbbb'], 4)('aaaaaaaa')).toBe('aaaa')
})
