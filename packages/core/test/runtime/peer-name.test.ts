import { expect, test } from 'vitest'
import { peerName } from '../../src/runtime/peer-name.ts'
import type { PeerId } from '../../src/model/ids.ts'

const peers = Array.from({ length: 4_000 }, (_, i) => `12D3KooWPeer${i}` as PeerId)

test('a bird and four hex digits, the same every time', () => {
  for (const peer of peers.slice(0, 100)) {
    expect(peerName(peer)).toMatch(/^[a-z]+-[0-9a-f]{4}$/)
    expect(peerName(peer)).toBe(peerName(peer))
  }
})

test('spreads peers over many birds and digits', () => {
  const names = peers.map(peerName)
  expect(new Set(names.map((name) => name.split('-')[0])).size).toBeGreaterThan(120)
  expect(new Set(names).size).toBeGreaterThan(3_990)
})
