// The monotonic clock of one simulated peer: it begins anywhere, runs a little fast or slow, and may
// stand still while the machine sleeps. Nobody but its peer ever reads it.

import type { Instant } from '@murmuration/core/internal'
import type { Clockwork } from './clockwork.ts'

export class LocalClock {
  readonly #clockwork: Clockwork
  readonly #offset: number
  readonly #rate: number
  #lostMs = 0
  #stoppedAt: number | null = null

  /** `rate`: local per virtual time. */
  constructor(clockwork: Clockwork, { offset, rate }: { readonly offset: number; readonly rate: number }) {
    this.#clockwork = clockwork
    this.#offset = offset
    this.#rate = rate
  }

  now(): Instant {
    const virtual = this.#stoppedAt ?? this.#clockwork.now
    return ((virtual - this.#lostMs) * this.#rate + this.#offset) as Instant
  }

  /** How far off that is, in virtual time. */
  msTo(at: Instant): number {
    return (at - this.now()) / this.#rate
  }

  stop(): void {
    this.#stoppedAt ??= this.#clockwork.now
  }

  go(): void {
    if (this.#stoppedAt === null) return
    this.#lostMs += this.#clockwork.now - this.#stoppedAt
    this.#stoppedAt = null
  }
}
