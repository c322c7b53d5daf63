import type { Mesh } from 'murmuration'
import { expect, test } from 'vitest'
import { DEFAULT_VIEW } from '../dragon/expected.ts'
import { planPicture } from '../dragon/plan.ts'
import { renderOnMesh } from '../dragon/render-job.ts'

test.each(['before', 'use', 'put'])(
  'an end that comes early (%s) is an end, and nothing is asked for',
  async (when) => {
    const stop = new AbortController()
    const end = (at: string): void => {
      if (at === when) stop.abort(new Error('Ctrl-C'))
    }
    let asked = 0
    const ask = (): never => {
      asked++
      throw new Error('asked for')
    }
    const mesh = {
      use: async () => (end('use'), new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : ask) })),
      put: async () => end('put'),
    } as unknown as Mesh
    end('before')
    const nothing = (): void => {}
    const events = { done: nothing, pass: nothing, tile: nothing }
    const job = { model: new Uint8Array(), events, signal: stop.signal }
    await expect(renderOnMesh(mesh, planPicture(DEFAULT_VIEW), job)).rejects.toThrow('Ctrl-C')
    expect(asked).toBe(0)
  },
)

test('an end that comes while it renders is an end', async () => {
  const stop = new AbortController()
  const pending = { get: () => new Promise(() => {}), state: () => 'waiting' }
  const call = Object.assign(() => (setImmediate(() => stop.abort(new Error('Ctrl-C'))), pending), { with: () => call })
  const mesh = {
    use: async () => new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : call) }),
    put: async () => pending,
    all: () => pending,
    settled: () => ({ [Symbol.asyncIterator]: () => ({ next: pending.get }) }),
  } as unknown as Mesh
  const events = { done: () => {}, pass: () => {}, tile: () => {} }
  const job = { model: new Uint8Array(), events, signal: stop.signal }
  await expect(renderOnMesh(mesh, planPicture(DEFAULT_VIEW), job)).rejects.toThrow('Ctrl-C')
})
