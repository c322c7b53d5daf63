// Knocking at addresses until somebody answers: which knocks end with the joining, and which go on.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PeerId } from '../../src/model/ids.ts'
import { Joining } from '../../src/runtime/joining.ts'
import { FakeClock, fakePlatform } from '../support/fake-platform.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Addresses at which somebody is, and what was dialled of them. */
function stage(): { joining: Joining; up: Map<string, PeerId>; knocks: string[]; dialled: string[] } {
  const up = new Map<string, PeerId>()
  const knocks: string[] = []
  const dialled: string[] = []
  const { transport } = fakePlatform('me' as PeerId, new FakeClock())
  const find = async (address: string): Promise<PeerId> => {
    knocks.push(address)
    const peer = up.get(address)
    return peer ?? Promise.reject(new Error('nobody listens there'))
  }
  const dial = async (peer: PeerId): Promise<void> => void dialled.push(peer)
  return {
    joining: new Joining({ self: transport.self, transport: { ...transport, find }, dial }),
    up,
    knocks,
    dialled,
  }
}

describe('joining', () => {
  it('goes on knocking where nobody was when it ended, until somebody is', async () => {
    const { joining, up, knocks, dialled } = stage()
    up.set('a', 'A' as PeerId)
    const joined = joining.join({ addresses: ['a', 'b'], timeoutMs: 10_000 })
    await vi.advanceTimersByTimeAsync(1_000)
    joining.joined()
    await joined
    knocks.length = 0
    await vi.advanceTimersByTimeAsync(300_000)
    expect(new Set(knocks)).toEqual(new Set(['b']))
    expect(knocks.length).toBeLessThan(20)

    up.set('b', 'B' as PeerId)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(dialled.filter((peer) => peer === 'B')).toEqual(['B'])
    knocks.length = 0
    await vi.advanceTimersByTimeAsync(300_000)
    expect(knocks).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves nothing behind when it has failed, or when the peer stops', async () => {
    const { joining, up } = stage()
    const failed = expect(joining.join({ addresses: ['b'], timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'ENTRY_UNREACHABLE',
    })
    await vi.advanceTimersByTimeAsync(5_000)
    await failed
    expect(vi.getTimerCount()).toBe(0)

    up.set('a', 'A' as PeerId)
    const joined = joining.join({ addresses: ['a', 'b'], timeoutMs: 5_000 })
    await vi.advanceTimersByTimeAsync(100)
    joining.joined()
    await joined
    expect(vi.getTimerCount()).toBeGreaterThan(0)
    joining.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('says of somebody who answered and said no more that it is busy, not that nobody is there', async () => {
    const { joining, up } = stage()
    up.set('a', 'A' as PeerId)
    const failed = expect(joining.join({ addresses: ['a', 'b'], timeoutMs: 5_000 })).rejects.toThrow(
      'no entry could be reached: a (it answered, but did not say in time who is there), b (nobody listens there). It may be very busy',
    )
    await vi.advanceTimersByTimeAsync(5_000)
    await failed
  })
})
