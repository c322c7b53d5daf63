// What a generator has yielded and its reader has yet to take: how many items, and how large they are together. It
// decides whether there may be more. Sizes are remembered only where there is a limit in bytes.

import type { Lead, StreamOrder } from '../model/stream.ts'
import { isFarAhead } from '../model/stream.ts'

export class Unread {
  readonly #from: number
  readonly #lead: Lead
  #taken: number
  readonly #sizes = new Map<number, number>()
  #bytes = 0

  constructor({ from, taken }: StreamOrder, lead: Lead) {
    this.#from = from
    this.#taken = taken
    this.#lead = lead
  }

  get taken(): number {
    return this.#taken
  }

  yielded(index: number, bytes: number): void {
    if (this.#lead.aheadBytes === 0 || index < this.#taken) return
    this.#sizes.set(index, bytes)
    this.#bytes += bytes
  }

  /** Its reader has taken so many, in all. */
  proceed(taken: number): void {
    this.#taken = taken
    for (const [index, bytes] of this.#sizes) {
      if (index >= taken) break
      this.#sizes.delete(index)
      this.#bytes -= bytes
    }
  }

  /** The generator may go on to that item. What is only passed over waits for nobody. */
  mayYield(index: number): boolean {
    return index < this.#from || !isFarAhead(this.#lead, index - this.#taken, this.#bytes)
  }
}
