// Object bytes on their own streams, so that bulk never delays a heartbeat: one stream per transfer,
// chunks with backpressure, SHA-256 checked when all have arrived. A transfer that breaks goes on
// where it stopped, from the next holder; bytes of several that turn out wrong are nobody's fault, and
// are asked for again from one. Holders serve few large transfers at once; with all of them busy whoever
// decides is asked for others, which join those known. Which holders, and why, is not known here.

import type { Config } from '../model/config.ts'
import type { LifeId, ObjectId, PeerId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import { limits } from '../model/limits.ts'
import type { Fetched } from '../model/object.ts'
import { Arrival, Sources, Stall } from './arrival.ts'
import type { FetchRequest } from './arrival.ts'
import { CodecError, pack, unpack } from './codec.ts'
import { Deframer, kinds, sendFramed } from './framing.ts'
import { StoreFullError } from './memory-store.ts'
import type { ByteStream, Hasher, Transport } from './ports.ts'
import type { TieredStore } from './tiered-store.ts'
import type { Admission } from '../trust/admission.ts'

export interface TransferOptions {
  readonly transport: Transport
  readonly store: TieredStore
  readonly admission: Admission
  readonly createHasher: () => Hasher
  readonly config: Pick<Config, 'chunkBytes' | 'maxServes' | 'maxUploads' | 'stallMs'>
  readonly addressesOf: (peer: PeerId) => readonly string[]
  /** All holders of it that are known are busy. */
  readonly busy?: ((object: ObjectId) => void) | undefined
}

const headLimitBytes = 4_096
/** Holders asked in one fetch: past it the machine decides anew. */
const maxTries = 40
/** Waits for busy holders in one fetch, a second each at most: as many. */
const maxWaits = 300

/** How one holder's answer ended. */
type End = 'whole' | 'absent' | 'busy' | 'broken'

interface Head {
  readonly status: 'ok' | 'absent' | 'busy' | 'forbidden'
  readonly size: number
  /** Whoever answers is one of the mesh, too. */
  readonly pass: unknown
}

export class Transfers {
  readonly #options: TransferOptions
  readonly #aborts = new Set<AbortController>()
  /** Where the fetches that are under way look: more may be named meanwhile. */
  readonly #sources = new Map<ObjectId, Sources>()
  #serving = 0
  #uploading = 0
  #closed = false

  constructor(options: TransferOptions) {
    this.#options = options
  }

  /** Ends in what came of it; never rejects. */
  async fetch(request: FetchRequest): Promise<Fetched> {
    const { object, size, hash } = request
    const { store } = this.#options
    if (size > 0 && store.isOnDisk(object, hash)) return { type: 'here', size, hash }
    if (!store.fits(size)) return { type: 'failed', absent: [], corrupt: [], full: true }
    const sources = new Sources(request.from)
    this.#sources.set(object, sources)
    try {
      return await this.#fetch(request, sources)
    } finally {
      this.#sources.delete(object)
    }
  }

  /** More holders for a fetch that is under way. */
  add(object: ObjectId, holders: readonly LifeId[]): void {
    this.#sources.get(object)?.add(holders)
  }

  async #fetch(request: FetchRequest, sources: Sources): Promise<Fetched> {
    const arrival = new Arrival(request, this.#options.createHasher)
    const { absent, corrupt } = sources
    for (let tries = 0; tries < maxTries;) {
      const life = await this.#nextHolder(request.object, sources)
      if (life === undefined) break
      const end = await this.#fetchFrom(life, request, arrival).catch(() => 'broken' as const)
      if (end === 'busy') {
        sources.busy.add(life)
        continue
      }
      tries++
      if (end === 'absent') absent.push(life)
      if (end !== 'whole') continue
      const bytes = arrival.verified()
      if (bytes === null) {
        // Of bytes from several nobody knows whose were bad.
        if (arrival.senders.size > 1) sources.again(life)
        else corrupt.push(life)
        arrival.restart()
        continue
      }
      return this.#keep(request, bytes)
    }
    return { type: 'failed', absent, corrupt, full: false }
  }

  /** With everybody busy it asks who else has the bytes, and waits a while, longer each time. */
  async #nextHolder(object: ObjectId, sources: Sources): Promise<LifeId | undefined> {
    const next = sources.next()
    if (next !== undefined || sources.busy.size === 0) return next
    if (this.#closed || sources.waits >= maxWaits) return undefined
    this.#options.busy?.(object)
    await sources.wait(Math.min(50 * 2 ** Math.min(sources.waits, 5), 1_000))
    return sources.next()
  }

  async #keep({ object, hash }: FetchRequest, bytes: Uint8Array): Promise<Fetched> {
    try {
      await this.#options.store.put(object, bytes, hash)
      return { type: 'here', size: bytes.length, hash }
    } catch (error) {
      return { type: 'failed', absent: [], corrupt: [], full: error instanceof StoreFullError }
    }
  }

  /** Whether the bytes here are those; the loop gets its turns while they are hashed. */
  async verify(object: ObjectId, hash: string): Promise<boolean> {
    const bytes = await this.#options.store.get(object)
    if (!bytes) return false
    const hasher = this.#options.createHasher()
    const { chunkBytes } = this.#options.config
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      hasher.update(bytes.subarray(at, at + chunkBytes))
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    return hasher.digest() === hash
  }

  async #fetchFrom(life: LifeId, { object, ofMembers }: FetchRequest, arrival: Arrival): Promise<End> {
    const { transport, admission, addressesOf, config } = this.#options
    const peer = peerOf(life)
    arrival.sender = life
    const abort = new AbortController()
    this.#aborts.add(abort)
    const stall = new Stall(config.stallMs, () => abort.abort())
    try {
      const stream = await transport.open('object', peer, addressesOf(peer), abort.signal)
      sendFramed(stream, kinds.hello, pack({ pass: admission.pass, object, offset: arrival.received }))
      const isWelcome = ({ pass }: Head): boolean => {
        const verdict = ofMembers ? admission.judge(peer, { pass }) : null
        return verdict === null || (verdict.admitted && verdict.role === 'member')
      }
      return await receive(stream, arrival, { stall, signal: abort.signal, isWelcome })
    } finally {
      stall.stop()
      this.#aborts.delete(abort)
    }
  }

  /** Answers one inbound stream. */
  serve(from: PeerId, stream: ByteStream): void {
    const stall = new Stall(this.#options.config.stallMs, () => stream.abort('nothing was asked for'))
    const deframer = new Deframer(headLimitBytes, (_kind, payload) => {
      stall.stop()
      void this.#answer(from, stream, payload).catch(() => stream.abort('the transfer failed here'))
    })
    stream.onClose(() => stall.stop())
    stream.onData((bytes) => {
      if (!deframer.push(bytes)) stream.abort('a request larger than allowed')
    })
  }

  async #answer(from: PeerId, stream: ByteStream, payload: Uint8Array): Promise<void> {
    const { pass, object, offset } = readRequest(payload)
    const { admission, store, config } = this.#options
    const refuse = (status: Head['status']): void => {
      sendFramed(stream, kinds.hello, pack({ status, size: 0, pass: admission.pass }))
      stream.close()
    }
    if (!admission.judge(from, { pass }).admitted) return refuse('forbidden')
    if (this.#serving >= config.maxServes) return refuse('busy')
    // Small things, bundles among them, do not wait behind large ones.
    const isLarge = (store.sizeOf(object) ?? 0) > config.chunkBytes
    if (isLarge && this.#uploading >= config.maxUploads) return refuse('busy')
    this.#serving++
    if (isLarge) this.#uploading++
    try {
      const bytes = await store.get(object)
      if (!bytes) return refuse('absent')
      sendFramed(stream, kinds.hello, pack({ status: 'ok', size: bytes.length, pass: admission.pass }))
      await sendChunks(stream, bytes.subarray(Math.min(offset, bytes.length)), config)
      stream.close()
    } finally {
      this.#serving--
      if (isLarge) this.#uploading--
    }
  }

  close(): void {
    this.#closed = true
    for (const abort of this.#aborts) abort.abort()
  }
}

function readRequest(payload: Uint8Array): { pass: string; object: ObjectId; offset: number } {
  const { pass, object, offset } = (unpack(payload) ?? {}) as Record<string, unknown>
  const valid = typeof pass === 'string' && typeof object === 'string' && object.length <= limits.nameLength
  if (!valid || typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0)
    throw new CodecError('not a request for an object')
  return { pass, object: object as ObjectId, offset }
}

async function sendChunks(
  stream: ByteStream,
  bytes: Uint8Array,
  { chunkBytes, stallMs }: { chunkBytes: number; stallMs: number },
): Promise<void> {
  let wake: (() => void) | null = null
  const ended = { yes: false }
  stream.onDrain(() => wake?.())
  stream.onClose(() => {
    ended.yes = true
    wake?.()
  })
  for (let at = 0; at < bytes.length && !ended.yes; at += chunkBytes) {
    if (stream.send(bytes.subarray(at, at + chunkBytes))) continue
    const stall = new Stall(stallMs, () => stream.abort('the receiver takes nothing'))
    await new Promise<void>((resolve) => (wake = resolve))
    stall.stop()
  }
}

/** Reads one answer into the arrival. */
function receive(
  stream: ByteStream,
  arrival: Arrival,
  { stall, signal, isWelcome }: { stall: Stall; signal: AbortSignal; isWelcome: (head: Head) => boolean },
): Promise<End> {
  return new Promise((resolve) => {
    let head: Head | null = null
    const end = (result: End, reason?: string): void => {
      if (reason) stream.abort(reason)
      resolve(result)
    }
    signal.addEventListener('abort', () => end('broken', 'nothing arrived for too long'))
    let early: Uint8Array = new Uint8Array(0)
    stream.onClose(() => end(head?.status === 'ok' && arrival.isWhole ? 'whole' : 'broken'))
    stream.onData((chunk) => {
      stall.touch()
      if (head)
        return void (arrival.take(chunk)
          ? arrival.isWhole && end('whole')
          : end('broken', 'not the size that was announced'))
      early = join(early, chunk)
      const split = readHead(early)
      if (split === 'invalid') return end('broken', 'not an answer')
      if (split === null) return
      head = split.head
      if (head.status !== 'ok') return end(head.status === 'forbidden' ? 'broken' : head.status)
      if (!isWelcome(head)) return end('absent', 'only a member can be asked for this')
      if (!arrival.expect(head.size) || !arrival.take(split.rest))
        return end('broken', 'not the size that was announced')
      if (arrival.isWhole) end('whole')
    })
  })
}

function readHead(bytes: Uint8Array): { head: Head; rest: Uint8Array } | 'invalid' | null {
  if (bytes.length < 5) return null
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  if (length > headLimitBytes) return 'invalid'
  if (bytes.length < 5 + length) return null
  try {
    const { status, size, pass } = (unpack(bytes.slice(5, 5 + length)) ?? {}) as Record<string, unknown>
    const known = status === 'ok' || status === 'absent' || status === 'busy' || status === 'forbidden'
    if (!known || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return 'invalid'
    return { head: { status, size, pass }, rest: bytes.subarray(5 + length) }
  } catch {
    return 'invalid'
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
