// The wires, below the sessions: frames are delayed, lost, doubled and overtaken as the weather of
// the moment has it; links are reset; cuts swallow everything in one direction or both without a
// word, as a pulled cable does. What is in flight on a link that closes is gone.

import type { Frame, PeerId } from '@murmuration/core/internal'
import type { Rng } from '@murmuration/core/internal'
import type { Clockwork } from './clockwork.ts'

export interface Weather {
  readonly delayMs: readonly [number, number]
  /** Probabilities per frame. */
  readonly loss: number
  readonly duplication: number
  /** Later frames may overtake earlier ones. */
  readonly reordering: boolean
}

export const calm: Weather = { delayMs: [0.2, 1], loss: 0, duplication: 0, reordering: false }

interface Link {
  readonly number: number
  readonly lastArrival: Map<PeerId, number>
}

export interface Endpoint {
  deliver(frame: Frame): void
  unlinked(peer: PeerId): void
}

export class Network {
  readonly #clock: Clockwork
  readonly #rng: Rng
  readonly #links = new Map<string, Link>()
  readonly #cuts = new Set<string>()
  readonly #endpoints = new Map<PeerId, Endpoint>()
  #number = 0
  weather: Weather = calm
  framesSent = 0

  constructor(clock: Clockwork, rng: Rng) {
    this.#clock = clock
    this.#rng = rng
  }

  plug(peer: PeerId, endpoint: Endpoint): void {
    this.#endpoints.set(peer, endpoint)
  }

  delay(): number {
    return this.#rng.between(this.weather.delayMs[0], this.weather.delayMs[1])
  }

  linked(a: PeerId, b: PeerId): boolean {
    return this.#links.has(pair(a, b))
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
      this.#clock.after(this.delay(), () => this.#endpoints.get(to)?.unlinked(from))
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
    this.#cuts.add(`${from}>${to}`)
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
    this.framesSent++
    const { loss, duplication } = this.weather
    if (this.isCut(from, to) || (loss > 0 && this.#rng.next() < loss)) return
    this.#transmit(link, from, to, frame)
    if (duplication > 0 && this.#rng.next() < duplication) this.#transmit(link, from, to, frame)
  }

  #transmit(link: Link, from: PeerId, to: PeerId, frame: Frame): void {
    let at = this.#clock.now + this.delay()
    if (!this.weather.reordering) {
      at = Math.max(at, (link.lastArrival.get(to) ?? 0) + 0.001)
      link.lastArrival.set(to, at)
    }
    this.#clock.after(at - this.#clock.now, () => {
      if (this.#links.get(pair(from, to)) !== link || this.isCut(from, to)) return
      this.#endpoints.get(to)?.deliver(frame)
    })
  }
}

function pair(a: PeerId, b: PeerId): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}
