// What only shows on libp2p's side of a stream: how much is handed over, and in whose turn.

import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { Libp2pStream } from '../src/stream.ts'
import { Turns } from '../src/writer.ts'

const kibibyte = 1024

/** A connection that takes one write, then is full until it drains. */
class Connection {
  readonly taken: string[] = []
  readonly turns = new Turns(setImmediate)
  readonly #streams: FakeStream[] = []

  open(name: string, urgent = false): { raw: FakeStream; stream: Libp2pStream } {
    const raw = new FakeStream((bytes) => {
      this.taken.push(`${name} ${bytes.byteLength / kibibyte}`)
      for (const each of this.#streams) each.writableNeedsDrain = true
    })
    this.#streams.push(raw)
    return { raw, stream: new Libp2pStream(raw as unknown as Stream, this.turns, { urgent }) }
  }

  async drain(): Promise<void> {
    for (const each of this.#streams) each.drain()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

class FakeStream extends EventTarget {
  status = 'open'
  writeStatus = 'writable'
  writableNeedsDrain = false
  writeBufferLength = 0
  readonly #take: (bytes: Uint8Array) => void

  constructor(take: (bytes: Uint8Array) => void) {
    super()
    this.#take = take
  }

  send(bytes: Uint8Array): boolean {
    this.#take(bytes)
    return false
  }

  drain(): void {
    this.writableNeedsDrain = false
    this.dispatchEvent(new Event('drain'))
  }

  close(): Promise<void> {
    this.writeStatus = 'closed'
    return Promise.resolve()
  }
}

test('large writes are handed over in pieces, and the writer is called back after the last', async () => {
  const connection = new Connection()
  const { stream } = connection.open('a')
  let drained = 0
  stream.onDrain(() => drained++)
  expect(stream.send(new Uint8Array(2_400 * kibibyte))).toBe(false)
  await connection.drain()
  expect(drained).toBe(0)
  await connection.drain()
  expect([connection.taken, drained]).toEqual([['a 1024', 'a 1024', 'a 352'], 1])
})

test('streams take turns, and a link comes first', async () => {
  const connection = new Connection()
  const [a, b, link] = [connection.open('a'), connection.open('b'), connection.open('link', true)]
  a.stream.onDrain(() => a.stream.send(new Uint8Array(1_024 * kibibyte)))
  for (const { stream } of [a, b]) stream.send(new Uint8Array(2_048 * kibibyte))
  link.stream.send(new Uint8Array(kibibyte))
  for (let i = 0; i < 4; i++) await connection.drain()
  expect(connection.taken).toEqual(['a 1024', 'link 1', 'a 1024', 'b 1024', 'a 1024'])
})

test('nothing more is handed to a stream whose reader does not take it, and others do not wait for it', async () => {
  const connection = new Connection()
  const [stalled, free] = [connection.open('stalled'), connection.open('free')]
  stalled.stream.send(new Uint8Array(2_048 * kibibyte))
  stalled.raw.writeBufferLength = 100 * kibibyte
  for (let i = 0; i < 3; i++) await connection.drain()
  expect(connection.taken).toEqual(['stalled 1024'])
  free.stream.send(new Uint8Array(kibibyte))
  expect(connection.taken).toEqual(['stalled 1024', 'free 1'])
  stalled.raw.writeBufferLength = 0
  await connection.drain()
  expect(connection.taken).toEqual(['stalled 1024', 'free 1', 'stalled 1024'])
})

test('many small writes that waited go together', async () => {
  const connection = new Connection()
  const { stream } = connection.open('a')
  for (let i = 0; i < 10; i++) stream.send(new Uint8Array(kibibyte))
  await connection.drain()
  expect(connection.taken).toEqual(Array.from({ length: 10 }, () => 'a 1'))
})

test('what was sent goes out before the stream is closed', async () => {
  const connection = new Connection()
  const { raw, stream } = connection.open('a')
  stream.send(new Uint8Array(2_048 * kibibyte))
  stream.close()
  stream.send(new Uint8Array(kibibyte))
  expect(raw.writeStatus).toBe('writable')
  await connection.drain()
  expect([connection.taken, raw.writeStatus]).toEqual([['a 1024', 'a 1024'], 'closed'])
})
