// What `setTimeout` and its like give back in a simulation: it fires in virtual time. It looks like Node's.

import type { Place } from './place.ts'

export class VirtualTimer {
  readonly #place: Place
  readonly #run: () => void
  readonly #ms: number
  readonly #repeats: boolean
  /** Counts settings, so that one that was set again fires once. */
  #set = 0
  #isClosed = false

  constructor(place: Place, run: () => void, { ms, repeats }: { readonly ms: number; readonly repeats: boolean }) {
    this.#place = place
    this.#run = run
    this.#ms = Math.max(repeats ? 1 : 0, ms)
    this.#repeats = repeats
    this.#start()
  }

  #start(): void {
    const set = ++this.#set
    this.#place.after(this.#ms, () => {
      if (this.#isClosed || set !== this.#set) return
      if (this.#repeats) this.#start()
      else this.#isClosed = true
      this.#run()
    })
  }

  close(): this {
    this.#isClosed = true
    return this
  }

  refresh(): this {
    this.#isClosed = false
    this.#start()
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
