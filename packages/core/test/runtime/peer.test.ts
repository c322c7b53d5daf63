// The shell's part in judging time: a turn of a machine that has slept says so before anything is judged.

import { expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { LifeId, PeerId } from '../../src/model/ids.ts'
import type { Profile } from '../../src/model/world.ts'
import { Peer } from '../../src/runtime/peer.ts'
import { FakeClock, fakePlatform } from '../support/fake-platform.ts'

const profile: Profile = {
  version: 1,
  name: 'here',
  kind: 'node',
  slots: 1,
  labels: {},
  resources: {},
  memoryBytes: 0,
  addresses: [],
  domain: 'here',
}

/** A peer that has met another, from which nothing is heard any more. */
async function alone(): Promise<{ clock: FakeClock; peer: Peer; thinks: () => string | undefined }> {
  const clock = new FakeClock()
  const platform = fakePlatform('here' as PeerId, clock)
  const peer = new Peer({ platform, self: 'here/1' as LifeId, profile, config: presets.test })
  peer.post({ type: 'linked', life: 'there/1' as LifeId })
  await Promise.resolve()
  return { clock, peer, thinks: () => peer.state.members.get('there' as PeerId)?.state }
}

it('who wakes up buries nobody in the turn that would have done it: its time begins again', async () => {
  const awake = await alone()
  let turns = 0
  for (; awake.thinks() !== 'dead'; turns++) awake.clock.fire()

  const { clock, peer, thinks } = await alone()
  for (let turn = 1; turn < turns; turn++) clock.fire()
  expect(thinks()).toBe('suspect')
  clock.sleep(60_000)
  clock.fire()
  expect(thinks()).toBe('suspect')
  const wokeAt = clock.now()
  while (thinks() !== 'dead') clock.fire()
  expect(clock.now() - wokeAt).toBeGreaterThanOrEqual(presets.test.suspectMinMs)
  await Promise.all([awake.peer.stop(), peer.stop()])
})
