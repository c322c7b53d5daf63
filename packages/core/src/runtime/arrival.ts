// One fetch while it is under way: the bytes as they come in, from whom, and who may be asked next. It
// counts and hashes; how bytes travel, and what becomes of them, is not known here.

import type { LifeId, ObjectId } from '../model/ids.ts'
import type { Hasher } from './ports.ts'

export interface FetchRequest {
  readonly object: ObjectId
  /** 0 when it is not known, as for bundles. */
  readonly size: number
  readonly hash: string
  readonly from: readonly LifeId[]
  /** From others than members it will not do. */
  readonly ofMembers: boolean
}

/** Bundles have no size beforehand; this is the most that is taken on trust. */
const unknownSizeLimitBytes = 64 * 1024 * 1024

/** Bytes as they come in, kept across holders, hashed on the way. */
export class Arrival {
  readonly #request: FetchRequest
  readonly #createHasher: () => Hasher
  #bytes: Uint8Array | null = null
  #hasher: Hasher
  received = 0
  /** Who is sending now, and who sent any of the bytes that are here. */
  sender: LifeId | null = null
  readonly senders = new Set<LifeId>()

  constructor(request: FetchRequest, createHasher: () => Hasher) {
    this.#request = request
    this.#createHasher = createHasher
    this.#hasher = createHasher()
  }

  /** The size as the holder says it. False when it cannot be this object. */
  expect(size: number): boolean {
    const { size: known } = this.#request
    if (known > 0 ? size !== known : size > unknownSizeLimitBytes) return false
    if (this.#bytes?.length === size) return true
    if (this.#bytes !== null) this.restart()
    try {
      this.#bytes = new Uint8Array(size)
    } catch {
      return false // More than an array can be: nobody has that.
    }
    return true
  }

  take(chunk: Uint8Array): boolean {
    const bytes = this.#bytes
    if (!bytes || this.received + chunk.length > bytes.length) return false
    bytes.set(chunk, this.received)
    this.#hasher.update(chunk)
    this.received += chunk.length
    if (this.sender !== null && chunk.length > 0) this.senders.add(this.sender)
    return true
  }

  get isWhole(): boolean {
    return this.#bytes !== null && this.received === this.#bytes.length
  }

  verified(): Uint8Array | null {
    return this.#bytes && this.#hasher.digest() === this.#request.hash ? this.#bytes : null
  }

  restart(): void {
    this.#bytes = null
    this.received = 0
    this.senders.clear()
    this.#hasher = this.#createHasher()
  }
}

/** The holders of one fetch: those yet to be asked, those that were busy, and what others had. */
export class Sources {
  readonly absent: LifeId[] = []
  readonly corrupt: LifeId[] = []
  readonly busy = new Set<LifeId>()
  readonly #queue: LifeId[]
  readonly #known: Set<LifeId>
  #wake: (() => void) | null = null
  waits = 0

  constructor(holders: readonly LifeId[]) {
    this.#queue = [...holders]
    this.#known = new Set(holders)
  }

  next(): LifeId | undefined {
    return this.#queue.shift()
  }

  again(life: LifeId): void {
    this.#queue.unshift(life)
  }

  add(holders: readonly LifeId[]): void {
    const fresh = holders.filter((life) => !this.#known.has(life))
    for (const life of fresh) this.#known.add(life)
    this.#queue.push(...fresh)
    if (fresh.length > 0) this.#wake?.()
  }

  /** Those that were busy are asked again after that time, or as soon as there are others. */
  async wait(ms: number): Promise<void> {
    this.waits++
    if (this.#queue.length > 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
    this.#queue.push(...this.busy)
    this.busy.clear()
  }
}

/** Calls back when nothing was touched for a while. */
export class Stall {
  readonly #ms: number
  readonly #expired: () => void
  #timer: ReturnType<typeof setTimeout>
  #touchedAt = performance.now()

  constructor(ms: number, expired: () => void) {
    this.#ms = ms
    this.#expired = expired
    this.#timer = setTimeout(() => this.#look(), ms)
  }

  touch(): void {
    this.#touchedAt = performance.now()
  }

  #look(): void {
    const left = this.#touchedAt + this.#ms - performance.now()
    if (left <= 0) this.#expired()
    else this.#timer = setTimeout(() => this.#look(), left)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
