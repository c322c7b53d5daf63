// Bytes from several holders, some of which break off or send rubbish: who is asked again, and who is blamed.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LifeId, ObjectId, PeerId } from '../../src/model/ids.ts'
import { pack, unpack } from '../../src/runtime/codec.ts'
import { Deframer, kinds, sendFramed } from '../../src/runtime/framing.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import type { ByteStream, Hasher, Transport } from '../../src/runtime/ports.ts'
import { TieredStore } from '../../src/runtime/tiered-store.ts'
import { Transfers } from '../../src/runtime/transfer.ts'
import { Admission, meshKeys } from '../../src/trust/index.ts'

const object = 'o' as ObjectId
const good = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251)
const rubbish = good.map((byte) => byte ^ 1)
const hash = createHash('sha256').update(good).digest('hex')
const [a, b, c] = ['a/1', 'b/1', 'c/1'] as LifeId[] as [LifeId, LifeId, LifeId]

/** What a holder sends, and after how much of it it breaks off. */
interface Holder {
  readonly bytes: Uint8Array
  readonly breaksAt?: number
  /** How often it says that it is busy, first. */
  busy?: number
}

interface Bench {
  readonly transfers: Transfers
  readonly store: TieredStore
  /** Who was asked, and from which byte on. */
  readonly asked: string[]
  /** Called when all that are known are busy. */
  onBusy: () => void
}

function createHasher(): Hasher {
  const sha256 = createHash('sha256')
  return { update: (bytes) => void sha256.update(bytes), digest: () => sha256.digest('hex') }
}

function bench(holders: Readonly<Record<string, Holder>>): Bench {
  const asked: string[] = []
  const open = async (_kind: unknown, peer: PeerId): Promise<ByteStream> =>
    answering(holders[peer], (offset) => asked.push(`${peer} from ${offset}`))
  const store = new TieredStore(new MemoryStore(1e6), null)
  const transfers = new Transfers({
    transport: { open } as Partial<Transport> as Transport,
    store,
    admission: new Admission({ self: 'r' as PeerId, by: meshKeys(new Uint8Array(32)), now: () => 0 }),
    createHasher,
    config: { chunkBytes: 100, maxServes: 1, maxUploads: 1, stallMs: 1_000 },
    addressesOf: () => [],
    busy: () => made.onBusy(),
  })
  const made: Bench = { transfers, store, asked, onBusy: () => {} }
  return made
}

/** A stream to a holder: takes the request, sends the head and the bytes from there on. */
function answering(holder: Holder, asked: (offset: number) => void): ByteStream {
  const { bytes, breaksAt = bytes.length } = holder
  let onData: (bytes: Uint8Array) => void = () => {}
  let onClose: (error?: Error) => void = () => {}
  const answer = (offset: number): void => {
    asked(offset)
    const send = (part: Uint8Array): boolean => (onData(part), true)
    const isBusy = (holder.busy ?? 0) > 0
    if (isBusy) {
      holder.busy = (holder.busy ?? 0) - 1
      sendFramed({ send } as ByteStream, kinds.hello, pack({ status: 'busy', size: 0 }))
      return onClose()
    }
    sendFramed({ send } as ByteStream, kinds.hello, pack({ status: 'ok', size: bytes.length }))
    onData(bytes.subarray(offset, Math.max(offset, breaksAt)))
    onClose(breaksAt < bytes.length ? new Error('broken') : undefined)
  }
  const requests = new Deframer(4_096, (_kind, payload) => {
    const { offset } = unpack(payload) as { offset: number }
    queueMicrotask(() => answer(offset))
  })
  return {
    send: (request) => requests.push(request),
    onData: (listener) => (onData = listener),
    onDrain: () => {},
    onClose: (listener) => (onClose = listener),
    pause: () => {},
    resume: () => {},
    close: () => {},
    abort: () => {},
  }
}

const request = (...from: LifeId[]): Parameters<Transfers['fetch']>[0] => ({ object, size: good.length, hash, from })

describe('fetch', () => {
  test('goes on from the next holder where one broke off', async () => {
    const { transfers, asked } = bench({ a: { bytes: good, breaksAt: 600 }, b: { bytes: good } })
    expect(await transfers.fetch(request(a, b))).toMatchObject({ type: 'here', size: 1_000 })
    expect(asked).toEqual(['a from 0', 'b from 600'])
  })

  test('blames who sent all of it', async () => {
    const { transfers } = bench({ a: { bytes: rubbish }, b: { bytes: good } })
    const { transfers: alone } = bench({ a: { bytes: rubbish } })
    expect(await transfers.fetch(request(a, b))).toMatchObject({ type: 'here' })
    expect(await alone.fetch(request(a))).toMatchObject({ type: 'failed', corrupt: [a] })
  })

  test('blames nobody for bytes of several: the last is asked for all of it', async () => {
    const { transfers, asked } = bench({ a: { bytes: rubbish, breaksAt: 600 }, b: { bytes: good } })
    expect(await transfers.fetch(request(a, b))).toMatchObject({ type: 'here' })
    expect(asked).toEqual(['a from 0', 'b from 600', 'b from 0'])
  })

  test('blames the last when it is wrong on its own, and not who broke off', async () => {
    const { transfers, asked } = bench({
      a: { bytes: good, breaksAt: 600 },
      b: { bytes: rubbish },
      c: { bytes: rubbish },
    })
    expect(await transfers.fetch(request(a, b, c))).toMatchObject({ type: 'failed', corrupt: [b, c] })
    expect(asked).toEqual(['a from 0', 'b from 600', 'b from 0', 'c from 0'])
  })

  test('with everybody busy it takes whom it is named, and does not wait for the others', async () => {
    const made = bench({ a: { bytes: good, busy: 1_000 }, b: { bytes: good, busy: 1_000 }, c: { bytes: good } })
    made.onBusy = () => made.transfers.add(object, [a, c])
    expect(await made.transfers.fetch(request(a, b))).toMatchObject({ type: 'here' })
    expect(made.asked).toEqual(['a from 0', 'b from 0', 'c from 0'])
  })

  test('with nobody else it asks the busy ones again', async () => {
    const made = bench({ a: { bytes: good, busy: 2 } })
    let times = 0
    made.onBusy = () => void times++
    expect(await made.transfers.fetch(request(a))).toMatchObject({ type: 'here' })
    expect([made.asked.length, times]).toEqual([3, 2])
  })

  test('goes on elsewhere from where it was when the rest is busy', async () => {
    const made = bench({ a: { bytes: good, breaksAt: 600 }, b: { bytes: good, busy: 1 }, c: { bytes: good } })
    made.onBusy = () => made.transfers.add(object, [c])
    expect(await made.transfers.fetch(request(a, b))).toMatchObject({ type: 'here' })
    expect(made.asked).toEqual(['a from 0', 'b from 600', 'c from 600'])
  })
})

describe('verify', () => {
  test('hashes what is in the store', async () => {
    const { transfers, store } = bench({})
    expect(await transfers.verify(object, hash)).toBe(false)
    await store.put(object, rubbish)
    expect(await transfers.verify(object, hash)).toBe(false)
    await store.put(object, good)
    expect(await transfers.verify(object, hash)).toBe(true)
  })
})
