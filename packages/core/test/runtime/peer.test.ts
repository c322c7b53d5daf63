// The shell's part in judging time: a turn of a machine that has slept says so before anything is judged, and
// when a turn runs: at once while little goes on, with all that is on its way when much does. And whose connections
// it closes.

import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/model/config.ts'
import { presets } from '../../src/model/config.ts'
import type { CodeId, ContextId, Instant, LifeId, ObjectId, PeerId, TaskId } from '../../src/model/ids.ts'
import type { Frame } from '../../src/model/messages.ts'
import type { Claim, Profile } from '../../src/model/world.ts'
import { defaultPolicy } from '../../src/options.ts'
import { Peer } from '../../src/runtime/peer.ts'
import type { Tenure } from '../../src/state/residents.ts'
import type { RunRow } from '../../src/state/runs.ts'
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
async function alone(
  config: Partial<Config> = {},
  hangUp: (peer: PeerId) => void = () => {},
): Promise<{ clock: FakeClock; peer: Peer; thinks: () => string | undefined }> {
  const clock = new FakeClock()
  const platform = fakePlatform('here' as PeerId, clock)
  platform.transport.hangUp = hangUp
  const peer = new Peer({ platform, self: 'here/1' as LifeId, profile, config: { ...presets.test, ...config } })
  peer.post({ type: 'linked', life: 'there/1' as LifeId, role: 'member' })
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

/** It hosts an actor, by a lease that runs for a while by its own clock. */
function host({ state }: Peer): Tenure {
  const [epoch, spec] = [
    { number: 2, by: state.self },
    { id: 'actor', policy: defaultPolicy },
  ]
  const resident = state.residents.add('actor' as ObjectId, { id: 'actor#1', attempt: 1, spec } as RunRow)
  const record = { epoch, version: 1, group: [], before: null, snapshot: null, answers: [], fences: [] }
  const until = 1e9 as Instant
  const counts = {
    committed: 1,
    asked: new Map(),
    nth: 0,
    granted: new Map(),
    blank: new Set<LifeId>(),
    faithful: new Set<LifeId>(),
  }
  return (resident.tenure = { epoch, record, ...counts, until, renewAt: until })
}

it('a lease counts no more when the clock missed as much of it as it leaves for that', async () => {
  const { clock, peer } = await alone()
  const tenure = host(peer)
  clock.sleep(presets.test.leaseMs / 20)
  clock.fire()
  expect(tenure.until).toBe(1e9)
  clock.sleep(presets.test.leaseMs / 5)
  clock.fire()
  expect(tenure.until).toBe(0)
  await peer.stop()
})

/** A frame that says nothing but that `there` has so many free slots. */
function frameOf(free: number): Frame {
  const nothing = { mine: 0, yours: 0, ack: 0, seq: 0, messages: [], signals: [], claims: [] }
  const load = { free, queued: 0, awareness: 0 }
  return { from: 'there/1' as LifeId, to: 'here/1' as LifeId, ...nothing, load }
}

/** Somebody was here, and left. */
const third = { life: 'third/1' as LifeId, incarnation: 1, by: 'third' as PeerId }
const thirdLeft: Claim[] = [
  { ...third, state: 'alive', profile },
  { ...third, state: 'left' },
]

describe('of a life that is over', () => {
  /** Whom it hangs up on when it hears that of others. */
  async function hungUpOn(claims: readonly Claim[]): Promise<PeerId[]> {
    const hungUp: PeerId[] = []
    const { peer } = await alone({}, (one) => hungUp.push(one))
    peer.post({ type: 'received', frame: { ...frameOf(2), claims } })
    await peer.stop()
    return hungUp
  }

  it('what is connected goes, though no link stands: it may not have said hello yet', async () => {
    expect(await hungUpOn(thirdLeft)).toEqual(['third'])
  })

  it('nothing is touched when a later one is here: it may be about to say hello', async () => {
    const later: Claim = { ...third, life: 'third/2' as LifeId, state: 'alive', profile }
    expect(await hungUpOn([...thirdLeft.slice(0, 1), later])).toEqual([])
  })
})

function submitTo(peer: Peer, count: number): void {
  for (let n = 0; n < count; n++) {
    const context = 'job' as ContextId
    const what = { context, depth: 0, code: 'code' as CodeId, fn: 'fn', args: new Uint8Array(0), refs: [] }
    peer.post({ type: 'submit', spec: { id: `job.${n}` as TaskId, ...what, policy: defaultPolicy } })
  }
}

describe('a frame', () => {
  const freeAt = ({ state }: Peer): number | undefined => state.members.get('there' as PeerId)?.load?.free

  it('is taken before its stream goes on, while little goes on', async () => {
    const { peer } = await alone()
    peer.post({ type: 'received', frame: frameOf(3) })
    expect(freeAt(peer)).toBe(3)
    await peer.stop()
  })

  it('waits for a turn that is due already, and is taken after what was there before it', async () => {
    const { peer } = await alone()
    submitTo(peer, 1)
    peer.post({ type: 'received', frame: frameOf(3) })
    expect(freeAt(peer)).toBeUndefined()
    await Promise.resolve()
    expect(freeAt(peer)).toBe(3)
    await peer.stop()
  })

  it('waits for what else is on its way, while much goes on', async () => {
    const { peer } = await alone()
    submitTo(peer, 5)
    await Promise.resolve()
    peer.post({ type: 'received', frame: frameOf(3) })
    expect(freeAt(peer)).toBeUndefined()
    await Promise.resolve()
    expect(freeAt(peer)).toBe(3)
    await peer.stop()
  })

  it('that comes while effects are carried out is for the next turn', async () => {
    const { peer } = await alone()
    const taken: (number | undefined)[] = []
    peer.events.addEventListener('peer:left', () => {
      peer.post({ type: 'received', frame: frameOf(3) })
      taken.push(freeAt(peer))
    })
    peer.post({ type: 'received', frame: { ...frameOf(2), claims: thirdLeft } })
    expect(taken).toEqual([2])
    await Promise.resolve()
    expect(freeAt(peer)).toBe(3)
    await peer.stop()
  })
})

it('a listener that calls a function whose bundle goes in that very turn brings it anew', async () => {
  const { peer } = await alone({ maxCodes: 2 })
  const bytes = { source: new TextEncoder().encode('export {}'), assets: new Map<string, Uint8Array>() }
  const [old, recent] = ['old', 'recent'] as CodeId[] as [CodeId, CodeId]
  peer.keepCode(old, bytes)
  await Promise.resolve()
  expect(peer.state.code.has(old)).toBe(true)
  peer.events.addEventListener('peer:left', () => peer.keepCode(old, bytes))
  submitTo(peer, 5)
  peer.keepCode(recent, bytes)
  peer.post({ type: 'received', frame: { ...frameOf(2), claims: thirdLeft } })
  await Promise.resolve()
  await Promise.resolve()
  expect(peer.state.code.has(old)).toBe(true)
  await peer.stop()
})
