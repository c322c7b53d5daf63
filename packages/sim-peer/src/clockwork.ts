// Virtual time: a queue of things that will happen, each at its instant, ties in the order in which
// they were planned. Running it jumps from one to the next; between them nothing passes.

import TinyQueue from 'tinyqueue'

interface Plan {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class Clockwork {
  readonly #queue = new TinyQueue<Plan>([], (a, b) => a.at - b.at || a.order - b.order)
  #order = 0
  now = 0

  after(ms: number, run: () => void): void {
    this.#queue.push({ at: this.now + Math.max(0, ms), order: this.#order++, run })
  }

  /** Runs the next thing, if it is due by `until`. False when there is none. */
  step(until: number): boolean {
    const next = this.#queue.peek()
    if (next && next.at <= until) return this.#run(next)
    this.now = Math.max(this.now, Math.min(until, Number.MAX_SAFE_INTEGER))
    return false
  }

  /** The same, but what is due at that very instant is yet to come. */
  stepBefore(at: number): boolean {
    const next = this.#queue.peek()
    if (next && next.at < at) return this.#run(next)
    this.now = Math.max(this.now, at)
    return false
  }

  #run(next: Plan): true {
    this.#queue.pop()
    this.now = next.at
    next.run()
    return true
  }
}
