// What every Transport promises: bytes arrive in order and whole, a paused reader stalls its sender
// and nobody else, an end is told once, and a dial says why it failed. A platform runs the suite by
// saying how to make a transport and how to make an address where nobody listens. The simulator has
// none: it stands in for the whole shell, and frames are where it begins.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DialError } from '@murmuration/core/internal'
import type { ByteStream, PeerId, StreamKind, Transport } from '@murmuration/core/internal'

export interface TransportBench {
  create(): Promise<Transport>
  /** Where this peer listened once and does not any more. */
  deadAddress(): Promise<{ peer: PeerId; address: string }>
}

interface Inbound {
  readonly kind: StreamKind
  readonly from: PeerId
  readonly stream: ByteStream
}

const mebibyte = 1024 * 1024
const seen = (reason: unknown): unknown => reason
const never = new AbortController().signal

export function transportContract(name: string, bench: TransportBench): void {
  describe(`Transport contract: ${name}`, () => {
    let a: Transport
    let b: Transport

    beforeEach(async () => {
      a = await bench.create()
      b = await bench.create()
    })

    afterEach(async () => {
      await Promise.all([a.stop(), b.stop()])
    })

    test('a stream carries bytes both ways, in order', async () => {
      echo(b)
      const stream = await a.open('link', b.self, b.addresses(), never)
      const sent = pattern(3 * mebibyte)
      const received = read(stream, sent.byteLength)
      await write(stream, chunked(sent, 100_000))
      expect(Buffer.compare(await received, sent)).toBe(0)
    })

    test('the other side learns who opened it and for what', async () => {
      const inbound = next(b)
      await a.open('object', b.self, b.addresses(), never)
      const { kind, from } = await inbound
      expect([kind, from]).toEqual(['object', a.self])
    })

    test('what arrives before anybody reads is kept', async () => {
      const inbound = next(b)
      const stream = await a.open('link', b.self, b.addresses(), never)
      stream.send(pattern(1_000))
      const other = await inbound
      const second = next(b)
      await a.open('link', b.self, b.addresses(), never)
      await second // Sent later, arrived later: so the first bytes are there.
      expect(Buffer.compare(await read(other.stream, 1_000), pattern(1_000))).toBe(0)
    })

    test('a paused reader stalls the sender, other streams go on, and nothing is lost', async () => {
      const inbound = next(b)
      const bulk = await a.open('object', b.self, b.addresses(), never)
      const { stream: reader } = await inbound
      echo(b)
      // Read fast first, so that windows that grow have grown.
      const warm = read(reader, 16 * mebibyte)
      await write(bulk, repeated(pattern(mebibyte), 16))
      await warm

      reader.pause()
      const total = 96
      let handedOver = 0
      const writing = write(bulk, repeated(pattern(mebibyte), total), () => (handedOver += 1))
      const other = await a.open('object', b.self, b.addresses(), never)
      for (let round = 0; round < 20; round++) {
        const back = read(other, 65_536)
        await write(other, [pattern(65_536)])
        await back
      }
      expect(handedOver).toBeLessThan(total)

      const rest = read(reader, total * mebibyte)
      reader.resume()
      await writing
      expect(Buffer.compare((await rest).subarray(-mebibyte), pattern(mebibyte))).toBe(0)
    })

    test('a reader may pause and resume inside a delivery and gets nothing in between', async () => {
      const inbound = next(b)
      const stream = await a.open('object', b.self, b.addresses(), never)
      const { stream: reader } = await inbound
      const total = 8 * mebibyte
      let paused = false
      let whilePaused = 0
      let length = 0
      const all = new Promise<void>((resolve) => {
        reader.onData((bytes) => {
          if (paused) whilePaused++
          length += bytes.byteLength
          if (length === total) resolve()
          paused = true
          reader.pause()
          setImmediate(() => {
            paused = false
            reader.resume()
          })
        })
      })
      await write(stream, repeated(pattern(65_536), total / 65_536))
      await all
      expect([length, whilePaused]).toEqual([total, 0])
    })

    test('a reader that pauses inside the delivery that its resume brought stalls the sender', async () => {
      const inbound = next(b)
      const stream = await a.open('object', b.self, b.addresses(), never)
      const { stream: reader } = await inbound
      reader.pause()
      const total = 64
      let handedOver = 0
      const writing = write(stream, repeated(pattern(mebibyte), total), () => (handedOver += 1))
      await roundTrip(a, b)

      const first = new Promise<void>((resolve) => {
        reader.onData((bytes) => {
          length += bytes.byteLength
          reader.pause()
          resolve()
        })
      })
      let length = 0
      reader.resume()
      await first
      for (let before = -1; handedOver !== before;) {
        before = handedOver
        for (let round = 0; round < 10; round++) await roundTrip(a, b)
      }
      expect(handedOver).toBeLessThan(total)

      const rest = read(reader, total * mebibyte - length)
      reader.resume()
      await writing
      expect(Buffer.compare((await rest).subarray(-mebibyte), pattern(mebibyte))).toBe(0)
    })

    test('streams that send all they can leave another its turn', async () => {
      const arrived = several(b, 8)
      let enough = false
      const writers = await Promise.all(Array.from({ length: 8 }, () => a.open('object', b.self, b.addresses(), never)))
      const received = (await arrived).map(({ stream }) => collect(stream))
      for (const bulk of writers) bulk.onClose(() => (enough = true)) // What died takes everything, for ever.
      const writing = writers.map((bulk) =>
        write(
          bulk,
          endless(pattern(mebibyte), () => enough),
        ),
      )
      await roundTrip(a, b)
      await roundTrip(a, b)
      enough = true
      await Promise.all(writing)
      expect(received.every((bytes) => bytes() > 0)).toBe(true)
    })

    test('two hundred object streams at once', async () => {
      echo(b)
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const stream = await a.open('object', b.self, b.addresses(), never)
          const sent = pattern(20_000 + i)
          const back = read(stream, sent.byteLength)
          await write(stream, [sent])
          const same = Buffer.compare(await back, sent) === 0
          stream.close()
          return same
        }),
      )
      expect(answers.filter(Boolean)).toHaveLength(200)
    })

    test('close delivers what was sent, then both sides hear of the end once, without an error', async () => {
      const inbound = next(b)
      const mine = await a.open('object', b.self, b.addresses(), never)
      const theirs = (await inbound).stream
      const ends = [endOf(mine), endOf(theirs)]
      const received = collect(theirs)
      for (let i = 0; i < 64; i++) mine.send(pattern(65_536))
      mine.close()
      await Promise.all(ends.map((end) => end.closed))
      expect(received()).toBe(64 * 65_536)
      await roundTrip(a, b)
      expect(ends.map(({ errors }) => errors())).toEqual([[undefined], [undefined]])
    })

    test('a reader that is paused at the end gets the rest before it hears of the end', async () => {
      const inbound = next(b)
      const mine = await a.open('object', b.self, b.addresses(), never)
      const theirs = (await inbound).stream
      theirs.pause()
      const end = endOf(theirs)
      const received = collect(theirs)
      mine.send(pattern(100_000))
      mine.close()
      await roundTrip(a, b)
      expect([received(), end.errors()]).toEqual([0, []])
      theirs.resume()
      await end.closed
      expect([received(), end.errors()]).toEqual([100_000, [undefined]])
    })

    test('abort reaches the other side as an error, once', async () => {
      const inbound = next(b)
      const mine = await a.open('object', b.self, b.addresses(), never)
      const theirs = (await inbound).stream
      const ends = [endOf(mine), endOf(theirs)]
      mine.send(pattern(1_000))
      mine.abort('changed my mind')
      await Promise.all(ends.map((end) => end.closed))
      await roundTrip(a, b)
      expect(ends.map(({ errors }) => errors().map((error) => error instanceof Error))).toEqual([[true], [true]])
    })

    test('a dead stream drops what is sent and does not make the writer wait', async () => {
      const inbound = next(b)
      const mine = await a.open('object', b.self, b.addresses(), never)
      await inbound
      mine.abort('over')
      expect(mine.send(pattern(10 * mebibyte))).toBe(true)
    })

    test('hanging up ends every stream on both sides; opening again works', async () => {
      const arrived = several(b, 2)
      const link = await a.open('link', b.self, b.addresses(), never)
      const object = await a.open('object', b.self, b.addresses(), never)
      const ends = [link, object, ...(await arrived).map(({ stream }) => stream)].map(endOf)
      a.hangUp(b.self, 'test')
      await Promise.all(ends.map((end) => end.closed))
      await roundTrip(a, b)
      expect(ends.map(({ errors }) => errors().length)).toEqual([1, 1, 1, 1])
    })

    test('a transport that stops ends the streams of the others', async () => {
      const inbound = next(b)
      const mine = await a.open('link', b.self, b.addresses(), never)
      await inbound
      const end = endOf(mine)
      await b.stop()
      await end.closed
      expect(end.errors()).toHaveLength(1)
    })

    test('two that dial each other at once both get a working stream', async () => {
      echo(a)
      echo(b)
      const [ab, ba] = await Promise.all([
        a.open('link', b.self, b.addresses(), never),
        b.open('link', a.self, a.addresses(), never),
      ])
      const back = Promise.all([read(ab, 5_000), read(ba, 5_000)])
      await Promise.all([write(ab, [pattern(5_000)]), write(ba, [pattern(5_000)])])
      expect((await back).map(({ byteLength }) => byteLength)).toEqual([5_000, 5_000])
    })

    test('an address tells who listens there', async () => {
      const address = withoutPeer(b.addresses()[0]!)
      expect(await a.find(address, never)).toBe(b.self)
      expect(await a.find(address, never)).toBe(b.self)
      await roundTrip(a, b)
    })

    test('a dial that is refused says so', async () => {
      const { peer, address } = await bench.deadAddress()
      const dials = [() => a.find(address, never), () => a.open('link', peer, [address], never)]
      for (const dial of dials) {
        const error = await dial().then(() => null, seen)
        expect(error).toBeInstanceOf(DialError)
        expect((error as DialError).refused).toBe(true)
      }
    })

    test('a dial that is given up is not called refused', async () => {
      const given = AbortSignal.abort(new Error('no longer wanted'))
      const error = await a.open('link', b.self, b.addresses(), given).then(() => null, seen)
      expect(error).toBeInstanceOf(DialError)
      expect((error as DialError).refused).toBe(false)
    })

    test('another peer at the address is not taken for the one wanted', async () => {
      const other = await bench.create()
      const error = await a.open('link', other.self, [withoutPeer(b.addresses()[0]!)], never).then(() => null, seen)
      await other.stop()
      expect(error).toBeInstanceOf(DialError)
      expect((error as DialError).refused).toBe(false)
    })
  })
}

function echo(transport: Transport): void {
  transport.onStream((_kind, _from, stream) => {
    stream.onData((bytes) => {
      if (!stream.send(Uint8Array.from(bytes))) stream.pause()
    })
    stream.onDrain(() => stream.resume())
  })
}

function next(transport: Transport): Promise<Inbound> {
  return several(transport, 1).then(([first]) => first!)
}

function several(transport: Transport, count: number): Promise<Inbound[]> {
  const arrived: Inbound[] = []
  return new Promise((resolve) => {
    transport.onStream((kind, from, stream) => {
      arrived.push({ kind, from, stream })
      if (arrived.length === count) resolve(arrived)
    })
  })
}

/** Everything sent from `from` before is at `to` afterwards. */
async function roundTrip(from: Transport, to: Transport): Promise<void> {
  echo(to)
  const stream = await from.open('object', to.self, to.addresses(), never)
  const back = read(stream, 1)
  stream.send(new Uint8Array(1))
  await back
}

async function write(stream: ByteStream, chunks: Iterable<Uint8Array>, taken: () => void = () => {}): Promise<void> {
  let wake = (): void => {}
  stream.onDrain(() => wake())
  for (const chunk of chunks) {
    const drained = new Promise<void>((resolve) => (wake = resolve))
    if (!stream.send(chunk)) await drained
    taken()
  }
}

function read(stream: ByteStream, length: number): Promise<Buffer> {
  const whole = Buffer.alloc(length)
  let at = 0
  return new Promise((resolve, reject) => {
    stream.onClose((error) => reject(error ?? new Error(`ended after ${at} of ${length} bytes`)))
    stream.onData((bytes) => {
      whole.set(bytes, at)
      at += bytes.byteLength
      if (at === length) resolve(whole)
    })
  })
}

function collect(stream: ByteStream): () => number {
  let length = 0
  stream.onData((bytes) => {
    length += bytes.byteLength
  })
  return () => length
}

function endOf(stream: ByteStream): { closed: Promise<void>; errors: () => (Error | undefined)[] } {
  const errors: (Error | undefined)[] = []
  const closed = new Promise<void>((resolve) => {
    stream.onClose((error) => {
      errors.push(error)
      resolve()
    })
  })
  stream.onData(() => {})
  return { closed, errors: () => errors }
}

function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7) & 0xff
  return bytes
}

function* repeated(bytes: Uint8Array, times: number): Iterable<Uint8Array> {
  for (let i = 0; i < times; i++) yield bytes
}

function* endless(bytes: Uint8Array, enough: () => boolean): Iterable<Uint8Array> {
  while (!enough()) yield bytes
}

function* chunked(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}
