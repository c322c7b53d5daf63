import { describe, expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { Instant, LifeId, ObjectId } from '../../src/model/ids.ts'
import type { Profile } from '../../src/model/world.ts'
import { locate, request } from '../../src/state/locate.ts'
import { writing } from '../../src/runtime/values.ts'
import { createPeerState } from '../../src/state/peer-state.ts'
import type { PeerState } from '../../src/state/peer-state.ts'

const other = 'other/1' as LifeId
const id = (n: number): ObjectId => `o${n}` as ObjectId

function chain(next: (n: number) => number | null, length: number): PeerState {
  const profile: Profile = {
    version: 1,
    name: 'me',
    kind: 'sim',
    slots: 1,
    labels: {},
    resources: {},
    memoryBytes: 1,
    addresses: [],
    domain: 'd',
  }
  const state = createPeerState({
    self: 'me/1' as LifeId,
    profile,
    config: presets.test,
    seed: 1,
    now: 0 as Instant,
    writing,
  })
  for (let n = 0; n < length; n++) {
    state.elsewhere.ask(id(n), other)
    const to = next(n)
    if (to === null) state.elsewhere.told(id(n), { type: 'inline', bytes: new Uint8Array([n % 256]), refs: [] })
    else state.elsewhere.told(id(n), { type: 'alias', link: { object: id(to), owner: other, top: false } })
  }
  return state
}

describe('aliases', () => {
  it('are followed to the end of a long chain', () => {
    const state = chain((n) => (n === 4_999 ? null : n + 1), 5_000)
    expect(locate(state, id(0), other)?.source).toBe(id(4_999))
    request(state, id(0), other)
  })

  it.each([
    ['to itself', 1, 0],
    ['back to the first of many', 300, 0],
    ['back into the middle', 300, 123],
  ])('that lead %s are a failure, not a walk without end', (_how, length, back) => {
    const state = chain((n) => (n === length - 1 ? back : n + 1), length)
    const found = locate(state, id(0), other)
    expect(found?.located).toMatchObject({ type: 'failure', failure: { code: 'OBJECT_LOST', reason: 'cycle' } })
    request(state, id(0), other)
  })
})
