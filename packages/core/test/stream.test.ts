// What a stream is in a program's hands: read once, left as a whole, refused where a value is wanted.

import { beforeEach, describe, expect, test } from 'vitest'
import { createScope } from '../src/scope.ts'
import type { MeshError } from '../src/errors.ts'
import type { Ref } from '../src/refs.ts'
import { encode } from '../src/runtime/values.ts'
import type { ObjectStream, Scope } from '../src/types.ts'
import { FakeCode, FakePort } from './support/fake-port.ts'

let port: FakePort
let scope: Scope
let frames: (n: number) => ObjectStream<number>

beforeEach(async () => {
  port = new FakePort()
  const code = new FakeCode({ name: 'frames', kind: 'generator', digest: '' })
  scope = createScope({ port, code })
  const module = await scope.use(new URL('file:///tiles.task.ts'))
  frames = module['frames'] as never
})

function gives(...values: unknown[]): void {
  port.toRead = [...values.map((value) => ({ type: 'value', ...encode(value) }) as const), null]
}

describe('a stream', () => {
  test('is what a generator function gives, with 64 items of lead', () => {
    expect(frames(3).id).toBe(port.submitted[0].id)
    expect(port.submitted[0].policy.ahead).toBe(64)
  })

  test('is read once, in order, and then it is over', async () => {
    gives(1, 2)
    const stream = frames(2)
    const items: number[] = []
    for await (const item of stream) items.push(item)
    expect(items).toEqual([1, 2])
    expect(port.cancelled).toEqual([])
    expect(() => stream.refs()).toThrow(/^tiles.frames was read already, and a stream is read once/)
  })

  test('that is left is cancelled, however it is left', async () => {
    gives(1, 2)
    for await (const _ of frames(2)) break
    expect(port.cancelled).toEqual([expect.stringMatching(/: its reader has left the loop$/)])
    gives(1, 2)
    const reading = frames(2)[Symbol.asyncIterator]()
    await reading.next()
    await expect(reading.throw?.(new RangeError('mine'))).rejects.toThrow('mine')
    expect(port.holds.filter((line) => line.startsWith('left'))).toHaveLength(2)
  })

  test('throws what its generator threw', async () => {
    const failure = { code: 'TASK_FAILED', reason: '', message: 'at 1', task: null, peer: null, attempt: 1 } as const
    port.toRead = [
      { type: 'value', ...encode(1) },
      { type: 'failure', failure: { ...failure, cause: null, story: [] } },
    ]
    const items: number[] = []
    const reading = (async () => {
      for await (const item of frames(2)) items.push(item)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'TASK_FAILED' })
    expect(items).toEqual([1])
    expect(port.cancelled).toEqual([])
  })

  test('an error that is yielded is an item like any other', async () => {
    gives(new RangeError('as data'), 2)
    const items: unknown[] = []
    for await (const item of frames(2)) items.push(item)
    expect(items).toEqual([new RangeError('as data'), 2])
    expect(items[0]).toBeInstanceOf(RangeError)
  })

  test('gives its items as refs, held by name', async () => {
    gives(1, 2)
    const ids: string[] = []
    for await (const ref of frames(2).refs()) ids.push(ref.id)
    expect(ids).toEqual([0, 1].map((i) => `${port.submitted[0].id}[${i}]`))
  })

  test('travels inside a value as itself', async () => {
    const stream = frames(2)
    frames.call(null, { stream } as never)
    expect(port.submitted[1].refs).toEqual([{ object: stream.id, owner: port.self, top: false }])
    frames.call(null, stream as never)
    expect(port.submitted[2].refs).toEqual([{ object: stream.id, owner: port.self, top: false }])
  })

  test('says what it is where a value is wanted', async () => {
    const stream = frames(1)
    expect(() => (stream as unknown as Ref).toString()).toThrow(
      /^ObjectStream tiles.frames .*: for await \(const item of stream\)$/,
    )
    expect(() => JSON.stringify({ stream })).toThrow(/ObjectStream/)
    const error = await scope.get([stream] as never).then(
      () => new Error('no error'),
      (cause: MeshError) => cause,
    )
    expect(error.message).toMatch(/refs\[0\] is an ObjectStream/)
    stream[Symbol.dispose]()
    expect(() => stream[Symbol.asyncIterator]()).toThrow(/this stream of tiles.frames was disposed/)
  })
})
