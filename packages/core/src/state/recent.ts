// The last few of many measurements, and what part of them is how large. A ring forgets, where a running
// estimate of a quantile (P², Jain and Chlamtac 1985) would remember the first runs of a function for ever;
// adding one is a store, and only who asks pays for the sorting.

const kept = 32

export class Recent {
  readonly #ring = new Float64Array(kept)
  /** Of all that there were. */
  count = 0

  add(value: number): void {
    this.#ring[this.count++ % kept] = value
  }

  /** So large or less are `part` of them, 0 to 1; null of none. The nearest rank: one that was measured. */
  quantile(part: number): number | null {
    const size = Math.min(this.count, kept)
    if (size === 0) return null
    const sorted = this.#ring.slice(0, size).sort()
    return sorted[Math.max(0, Math.ceil(part * size) - 1)] ?? null
  }
}
