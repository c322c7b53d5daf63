// Two peers that never reach each other, as a page on one machine and a peer that listens on loopback on another do
// not, while others reach both: each is judged by what the others hear, and nobody is suspected over and over.

import { expect, it } from 'vitest'
import type { PeerId } from '@murmuration/core/internal'
import type { Weather } from '@murmuration/sim-peer'
import { calm } from '@murmuration/sim-peer'
import { Scenario, sumOf } from './scenario.ts'

/** Of a hundred questions and answers four are lost: a suspicion every half minute at most, instead of one every six seconds. */
const windy: Weather = { delayMs: [1, 20], loss: 0.02, duplication: 0.01, reordering: true }

it.each([
  ['three, in calm', ['A'], calm],
  ['five, in calm', ['A', 'B', 'C'], calm],
  ['three, in bad weather', ['A'], windy],
  ['eight, in bad weather', ['A', 'B', 'C', 'D', 'E', 'F'], windy],
] as const)('a cut between two of %s, for ever, makes neither suspect the other', (_name, between, weather) => {
  const mesh = new Scenario(Object.fromEntries(['P', 'N', ...between].map((name) => [name, 1])))
  mesh.cut(['P'], ['N'])
  mesh.network.weather = weather
  mesh.run({ forMs: 30_000 })
  const before = mesh.said('peer:suspected')
  mesh.run({ forMs: 120_000 })
  expect(mesh.said('peer:suspected') - before).toBeLessThanOrEqual(weather === calm ? 0 : 4)
  expect(before).toBeLessThanOrEqual(weather === calm ? 0 : 4)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.network.heal()
  mesh.network.weather = calm
  mesh.endsWell()
})

it('who meets only by hearsay gives no work there, and neither suspects nor buries the other', () => {
  const mesh = new Scenario({ P: 0, A: 1 })
  mesh.cut(['P'], ['N'])
  mesh.add('N', { slots: 4 })
  mesh.until(() => mesh.peer('P').state.members.get('N' as PeerId) !== undefined, 'P has heard of N')
  const program = sumOf(mesh, [1, 2, 3, 4, 5, 6], 2_000, { host: 'P' })
  expect(mesh.result(program)).toBe(21)
  expect(new Set(mesh.runs('work'))).toEqual(new Set(['A']))
  mesh.run({ forMs: 60_000 })
  expect([mesh.said('peer:suspected'), mesh.said('peer:died')]).toEqual([0, 0])
  mesh.endsWell()
})

it('a pair that has met and is cut off for ever, each heard by the others: what the one was given is done elsewhere', () => {
  const mesh = new Scenario({ P: 0, N: 2, A: 1 })
  mesh.run({ forMs: 5_000 })
  const program = sumOf(mesh, [1, 2, 3, 4, 5, 6], 2_000, { host: 'P' })
  mesh.until(() => mesh.runs('work').includes('N'), 'N has begun')
  mesh.cut(['P'], ['N'])
  expect(mesh.result(program)).toBe(21)
  expect(mesh.peer('P').state.members.get('N' as PeerId)).toMatchObject({ state: 'alive', hearsay: true })
  expect(mesh.said('peer:died')).toBe(0)
  // Nothing more is given to it until it is heard.
  const again = mesh.timesRun('work')
  mesh.network.heal()
  mesh.until(() => mesh.peer('P').state.members.get('N' as PeerId)?.hearsay === false, 'P hears N', 60_000)
  mesh.run({ forMs: 20_000 })
  expect(mesh.timesRun('work')).toBe(again)
  mesh.endsWell()
})
