import { expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { PeerId } from '../../src/model/ids.ts'
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
