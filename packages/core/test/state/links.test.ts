import { expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { Instant, LifeId, PeerId } from '../../src/model/ids.ts'
import { Links } from '../../src/state/links.ts'

it('the entries used last are remembered, each where it was found last', () => {
  const links = new Links({ ...presets.test, maxEntries: 3 })
  const id = (n: number): PeerId => `e${n}` as PeerId
  for (const n of [1, 2, 3, 1, 4]) links.entry(id(n), [`somewhere/${n}`])
  links.entry(id(1), ['elsewhere'])
  expect([...links.entries()]).toEqual(['e3', 'e4', 'e1'])
  expect(links.entryAddresses(id(1))).toEqual(['elsewhere'])
  expect(links.entryAddresses(id(2))).toEqual([])
})

it('a dial that failed is told of with whom it was to reach, whoever has come since', () => {
  const links = new Links(presets.test)
  const [peer, now] = ['p' as PeerId, 0 as Instant]
  expect(links.want(peer, 'p/1' as LifeId, now)).toBe(true)
  // One is under way.
  expect(links.want(peer, 'p/2' as LifeId, now)).toBe(false)
  expect(links.dialFailed(peer, now, 0)).toBe('p/1')
  expect(links.want(peer, 'p/2' as LifeId, 60_000 as Instant)).toBe(true)
  expect(links.dialFailed(peer, 60_000 as Instant, 0)).toBe('p/2')
})
