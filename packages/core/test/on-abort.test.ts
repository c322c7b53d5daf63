import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { onAbort } from '../src/on-abort.ts'
import { within } from '../src/within.ts'

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('many who listen to one signal', () => {
  test('are one listener, which goes with the last of them', () => {
    const { signal } = new AbortController()
    const stops = Array.from({ length: 100 }, () => onAbort(signal, () => {}))
    expect(listeners(signal)).toBe(1)
    for (const stop of stops) stop()
    for (const stop of stops) stop()
    expect(listeners(signal)).toBe(0)
    onAbort(signal, () => {})
    expect(listeners(signal)).toBe(1)
  })

  test('are all told, once, but for those who stopped, even meanwhile', () => {
    const controller = new AbortController()
    const told: number[] = []
    const stops = [0, 1, 2, 3].map((number) =>
      onAbort(controller.signal, () => {
        told.push(number)
        if (number === 1) stops[2]()
      }),
    )
    stops[0]()
    controller.abort()
    expect(told).toEqual([1, 3])
    expect(listeners(controller.signal)).toBe(0)
  })

  test('a hundred waits with one signal end with it, and leave nothing at it', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const options = { signal, timeoutMs: 60_000 }
    const waits = Array.from({ length: 100 }, () => within(new Promise(() => {}), options, () => 'late'))
    const done = within(Promise.resolve(1), options, () => 'late')
    expect(listeners(signal)).toBe(1)
    expect(await done).toBe(1)
    controller.abort(new Error('enough'))
    const ends = await Promise.allSettled(waits)
    expect(ends.every((end) => end.status === 'rejected' && (end.reason as Error).message === 'enough')).toBe(true)
    expect(listeners(signal)).toBe(0)
    await expect(within(new Promise(() => {}), options, () => 'late')).rejects.toThrow('enough')
  })
})
