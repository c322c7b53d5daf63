// The one timer and the two clocks of a peer in Node.

import type { Clock } from '@murmuration/core/internal'

/** setTimeout takes 32 bits; a longer wait fires at once. */
const longestWaitMs = 2 ** 31 - 1

export class NodeClock implements Clock {
  #timer: NodeJS.Timeout | null = null

  now(): number {
    return performance.now()
  }

  wall(): number {
    return Date.now()
  }

  soon(callback: () => void): void {
    setImmediate(callback)
  }

  wakeAt(at: number, callback: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = at === Number.POSITIVE_INFINITY ? null : this.#wait(at, callback)
  }

  #wait(at: number, callback: () => void): NodeJS.Timeout {
    const ms = Math.max(0, at - this.now())
    // Timers may fire up to a millisecond early; up to the next whole one they do not.
    return setTimeout(() => this.#fire(at, callback), Math.min(Math.ceil(ms), longestWaitMs))
  }

  #fire(at: number, callback: () => void): void {
    this.#timer = this.now() < at ? this.#wait(at, callback) : null
    if (this.#timer === null) callback()
  }
}
