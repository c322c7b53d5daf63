// Whatever arrives on a raw stream: rubbish, too much of it, another version, another mesh. The link is
// closed, counted, and the mesh goes on; who joins the wrong one is told.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Admission, encodeFrame, kinds, lifeId, pack, sendFramed } from '@murmuration/core/internal'
import type { ByteStream, Frame, LifeId, PeerId } from '@murmuration/core/internal'
import { createTransport, freshIdentity, userKeys } from '@murmuration/node-peer/internal'
import type { Mesh } from 'murmuration'
import { Flock, until } from './flock.ts'

type Transport = Awaited<ReturnType<typeof createTransport>>

const never = new AbortController().signal
let flock: Flock
let mesh: Mesh
const transports: Transport[] = []

beforeAll(async () => {
  flock = await Flock.start(1)
  mesh = await flock.join()
})

afterAll(async () => {
  await Promise.all(transports.map((transport) => transport.stop()))
  await flock.end()
})

async function stranger(): Promise<Transport> {
  const { key } = await freshIdentity()
  const transport = await createTransport({ key })
  transport.onStream(() => {})
  transports.push(transport)
  return transport
}

async function admissionOf({ self }: Transport): Promise<Admission> {
  return new Admission({ self, by: await userKeys(flock.home), now: () => Date.now() })
}

const frameOf = (from: LifeId): Frame => ({
  from,
  to: lifeId(mesh.id as PeerId, 1),
  mine: 1,
  yours: 0,
  ack: 0,
  seq: 1,
  messages: [],
  signals: [],
  claims: [],
  load: null,
})

const oversized = (): Uint8Array => Uint8Array.of(0x7f, 0xff, 0xff, 0xff, kinds.frame)
const noise = Uint8Array.from({ length: 256 }, (_, i) => (i * 197 + 131) % 256)

/** After a proper hello. */
const rubbish: [title: string, send: (stream: ByteStream, self: LifeId) => void][] = [
  ['a frame larger than allowed', (stream) => void stream.send(oversized())],
  ['bytes that are no frame', (stream) => void sendFramed(stream, kinds.frame, noise)],
  ['a frame of nothing', (stream) => void sendFramed(stream, kinds.frame, new Uint8Array())],
  ['a kind of frame that does not exist', (stream) => void sendFramed(stream, 9 as never, pack('hello'))],
  ['a second hello', (stream) => void sendFramed(stream, kinds.hello, pack({}))],
  [
    'a message that does not exist',
    (stream, self) => {
      const messages = [{ type: 'obey', object: 'x' } as never]
      sendFramed(stream, kinds.frame, encodeFrame({ ...frameOf(self), messages }))
    },
  ],
  [
    'a message with a field of another type',
    (stream, self) => {
      const messages = [{ type: 'grant', credits: -1 } as never]
      sendFramed(stream, kinds.frame, encodeFrame({ ...frameOf(self), messages }))
    },
  ],
]

async function violations(): Promise<number> {
  return (await mesh.counters())['violations'] ?? 0
}

describe('rubbish on a link', () => {
  test.each(rubbish)('%s closes it and is counted; the mesh goes on', async (_title, send) => {
    const transport = await stranger()
    const admission = await admissionOf(transport)
    const before = await violations()
    const self = lifeId(transport.self, 1)
    const stream = await transport.open('link', mesh.id as PeerId, mesh.addresses, never)
    const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()))
    const greeted = new Promise<void>((resolve) => stream.onData(() => resolve()))
    sendFramed(stream, kinds.hello, pack({ version: 1, life: self, pass: admission.pass }))
    await greeted
    send(stream, self)
    await closed
    await until(async () => (await violations()) === before + 1)
    expect(
      await mesh
        .fn((x: number) => x * x)(7)
        .get(),
    ).toBe(49)
  })

  test.each([
    ['bytes', noise],
    ['a hello of four gigabytes', oversized()],
  ])('%s instead of a hello', async (_title, bytes) => {
    const transport = await stranger()
    const before = await violations()
    const stream = await transport.open('link', mesh.id as PeerId, mesh.addresses, never)
    const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()))
    stream.send(bytes)
    await closed
    await until(async () => (await violations()) > before)
  })

  test('who keeps sending it is not listened to any more', async () => {
    const transport = await stranger()
    const before = await violations()
    for (let i = 0; i < 5; i++) {
      const stream = await transport.open('link', mesh.id as PeerId, mesh.addresses, never)
      const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()))
      stream.send(oversized())
      await closed
    }
    expect(await violations()).toBe(before + 3)
  })
})

describe('joining the wrong mesh', () => {
  test('another mesh key is FORBIDDEN, and says what to do', async () => {
    const other = await Flock.start(0)
    try {
      await expect(other.join({ entry: flock.entry })).rejects.toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining(`this peer's key is from ${join(other.home, 'mesh.key')}`) as string,
      })
    } finally {
      await other.end()
    }
  })

  test('another version of the protocol is VERSION_MISMATCH on both sides', async () => {
    const transport = await stranger()
    const { pass } = await admissionOf(transport)
    const hello = pack({ version: 99, life: lifeId(transport.self, 1), pass })
    transport.onStream((_kind, _from, stream) => void sendFramed(stream, kinds.hello, hello))
    await expect(flock.join({ entry: [transport.addresses()[0] as string] })).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
      message: expect.stringMatching(/protocol 1, the other 99/) as string,
    })
    const before = await violations()
    const stream = await transport.open('link', mesh.id as PeerId, mesh.addresses, never)
    const said = new Promise<string>((resolve) => {
      let text = ''
      stream.onData((bytes) => (text += Buffer.from(bytes).toString('latin1')))
      stream.onClose(() => resolve(text))
    })
    sendFramed(stream, kinds.hello, hello)
    expect(await said).toMatch(/VERSION_MISMATCH/)
    expect(await violations()).toBe(before)
  })

  test('an entry where nobody listens is named', async () => {
    const gone = await stranger()
    const [address = ''] = gone.addresses()
    await gone.stop()
    await expect(flock.join({ entry: [address], timeoutMs: 500 })).rejects.toMatchObject({
      code: 'ENTRY_UNREACHABLE',
      message: expect.stringContaining(address) as string,
    })
  })

  test('of several entries one is enough', async () => {
    const late = await flock.join({ entry: ['127.0.0.1:1', ...flock.entry] })
    expect(
      await late
        .fn((x: number) => x + 1)(1)
        .get(),
    ).toBe(2)
    await late.leave()
  })
})

test('two processes with one identity directory are two peers', async () => {
  const first = await flock.add({ identity: 'kept' })
  const second = await flock.add({ identity: 'kept' })
  expect(second.id).not.toBe(first.id)
  const here = (id: string): boolean => mesh.peers().some((peer) => peer.id === id && peer.state === 'alive')
  await until(() => here(first.id) && here(second.id))
  await first.leave()
  const again = await flock.add({ identity: 'kept' })
  expect(again.id).toBe(first.id)
  await until(() => here(first.id))
  expect(
    await mesh
      .fn(() => process.pid)
      .with({ needs: { peer: again.name } })()
      .get(),
  ).toBe(again.pid)
})
