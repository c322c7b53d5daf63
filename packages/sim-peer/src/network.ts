// The wires, below the sessions: frames are delayed, lost, doubled and overtaken as the weather of
// the moment has it; links are reset; cuts swallow everything in one direction or both without a
// word, as a pulled cable does. What is in flight on a link that closes is gone. Frames travel as the
// bytes that real peers would send: what the codec cannot carry does not arrive.

import type { Frame, PeerId } from '@murmuration/core/internal'
import { CodecError, Rng, decodeFrame, encodeFrame, hash32, peerOf } from '@murmuration/core/internal'
import type { Clockwork } from './clockwork.ts'

export interface Weather {
  readonly delayMs: readonly [number, number]
  /** Probabilities per frame. */
  readonly loss: number
  readonly duplication: number
  /** Later frames may overtake earlier ones. */
  readonly reordering: boolean
}

export interface Echoes {
  readonly share: number
  readonly lateMs: readonly [number, number]
}

export const silent: Echoes = { share: 0, lateMs: [0, 0] }
export const calm: Weather = { delayMs: [0.2, 1], loss: 0, duplication: 0, reordering: false }

interface Link {
  readonly number: number
  readonly lastArrival: Map<PeerId, number>
}

export interface Endpoint {
  deliver(frame: Frame): void
  unlinked(peer: PeerId): void
  /** What that one sent is no frame. */
  violated(peer: PeerId, reason: string): void
}

export class Network {
  readonly #clock: Clockwork
  readonly #seed: number
  /** A wire has chances of its own: that somebody else is not there changes nothing on it. */
  readonly #rngs = new Map<string, Rng>()
  readonly #maxFrameBytes: number
  readonly #links = new Map<string, Link>()
  /** How many cuts lie between two peers, per direction. */
  readonly #cuts = new Map<string, number>()
  readonly #endpoints = new Map<PeerId, Endpoint>()
  #number = 0
  /** Sizes of all that was sent: part of what makes two runs the same. */
  bytesSent = 0
  weather: Weather = calm
  /** How much further apart than others some pairs are, and which. */
  distances = { ms: 0, salt: 0 }
  /** Which share of the frames is delivered once more, how much later, whatever their link has come to. */
  echoes: Echoes = silent

  constructor(clock: Clockwork, seed: number, maxFrameBytes: number) {
    this.#clock = clock
    this.#seed = seed
    this.#maxFrameBytes = maxFrameBytes
  }

  plug(peer: PeerId, endpoint: Endpoint): void {
    this.#endpoints.set(peer, endpoint)
  }

  delay(a: PeerId, b: PeerId): number {
    return this.#rngOf(a, b).between(this.weather.delayMs[0], this.weather.delayMs[1]) + this.#distance(a, b)
  }

  #rngOf(from: PeerId, to: PeerId): Rng {
    const wire = `${from}>${to}`
    let rng = this.#rngs.get(wire)
    if (!rng) this.#rngs.set(wire, (rng = new Rng(hash32(`${wire}|${this.#seed}`))))
    return rng
  }

  /** Most are near each other; over a third peer the way may be shorter. */
  #distance(a: PeerId, b: PeerId): number {
    const { ms, salt } = this.distances
    return ms === 0 ? 0 : ms * (hash32(`${pair(a, b)}|${salt}`) / 2 ** 32) ** 3
  }

  link(a: PeerId, b: PeerId): void {
    this.#links.set(pair(a, b), { number: ++this.#number, lastArrival: new Map() })
  }

  /** Closes a link. Each side that can be told is told. */
  unlink(a: PeerId, b: PeerId): void {
    if (!this.#links.delete(pair(a, b))) return
    for (const [to, from] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.isCut(from, to)) continue
      this.#clock.after(this.delay(a, b), () => this.#endpoints.get(to)?.unlinked(from))
    }
  }

  linksOf(peer: PeerId): PeerId[] {
    const others: PeerId[] = []
    for (const key of this.#links.keys()) {
      const [a, b] = key.split('|') as [PeerId, PeerId]
      if (a === peer) others.push(b)
      else if (b === peer) others.push(a)
    }
    return others
  }

  /** Swallows everything from one peer to another, silently. */
  cut(from: PeerId, to: PeerId): void {
    const key = `${from}>${to}`
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1)
  }

  /** Takes one such cut back. */
  mend(from: PeerId, to: PeerId): void {
    const key = `${from}>${to}`
    const left = (this.#cuts.get(key) ?? 0) - 1
    if (left > 0) this.#cuts.set(key, left)
    else this.#cuts.delete(key)
  }

  heal(): void {
    this.#cuts.clear()
  }

  isCut(from: PeerId, to: PeerId): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`)
  }

  send(from: PeerId, to: PeerId, frame: Frame): void {
    const link = this.#links.get(pair(from, to))
    if (!link) return
    const bytes = this.#encoded(frame)
    const { loss, duplication } = this.weather
    const rng = this.#rngOf(from, to)
    if (this.isCut(from, to) || (loss > 0 && rng.next() < loss)) return
    const arrives = (): void => this.#arrive(bytes, frame)
    this.#transmit(link, from, to, arrives)
    if (duplication > 0 && rng.next() < duplication) this.#transmit(link, from, to, arrives)
    const { share, lateMs } = this.echoes
    if (share > 0 && rng.next() < share) this.#clock.after(rng.between(lateMs[0], lateMs[1]), arrives)
  }

  /** What cannot be read ends the link. */
  #arrive(bytes: Uint8Array, { from, to }: Pick<Frame, 'from' | 'to'>): void {
    const endpoint = this.#endpoints.get(peerOf(to))
    try {
      endpoint?.deliver(decodeFrame(bytes, from, to))
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      endpoint?.violated(peerOf(from), error.message)
      this.unlink(peerOf(from), peerOf(to))
    }
  }

  #encoded(frame: Frame): Uint8Array {
    const bytes = encodeFrame(frame)
    this.bytesSent += bytes.length
    if (bytes.length > this.#maxFrameBytes)
      throw new Error(`${frame.from} sends a frame of ${bytes.length} bytes, and none may have so many`)
    return bytes
  }

  #transmit(link: Link, from: PeerId, to: PeerId, arrives: () => void): void {
    let at = this.#clock.now + this.delay(from, to)
    if (!this.weather.reordering) {
      at = Math.max(at, (link.lastArrival.get(to) ?? 0) + 0.001)
      link.lastArrival.set(to, at)
    }
    this.#clock.after(at - this.#clock.now, () => {
      if (this.#links.get(pair(from, to)) !== link || this.isCut(from, to)) return
      arrives()
    })
  }
}

function pair(a: PeerId, b: PeerId): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}
