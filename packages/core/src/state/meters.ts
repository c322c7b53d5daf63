// How long things took and how they ended, counted in buckets since this peer started: what a monitoring system
// reads off and adds up over peers. Buckets are fixed, so that sums over peers make sense.

/** Upper bounds in seconds, from a tiny task to a long one; what is longer counts as well. */
export const boundsSeconds: readonly number[] = [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600, 3_600]

export class Histogram {
  /** By bucket, the last one for what is longer than all bounds. */
  readonly #counts = boundsSeconds.map(() => 0)
  count = 0
  sumSeconds = 0

  observe(ms: number): void {
    const seconds = ms / 1_000
    this.count++
    this.sumSeconds += seconds
    for (let at = 0; at < boundsSeconds.length; at++) {
      if (seconds > (boundsSeconds[at] as number)) continue
      this.#counts[at] = (this.#counts[at] as number) + 1
      return
    }
  }

  /** How many were as long as each bound or shorter. */
  cumulative(): number[] {
    let sum = 0
    return this.#counts.map((count) => (sum += count))
  }
}

/** How an attempt here can end. */
export interface Ends {
  value: number
  threw: number
  crashed: number
  stopped: number
  returned: number
}

/** What this peer ran and what it asked for. */
export class Meters {
  readonly ends: Ends = { value: 0, threw: 0, crashed: 0, stopped: 0, returned: 0 }
  /** Of attempts here that ended with a value or an error. */
  readonly runs = new Histogram()
  /** From when a task was asked for to when it was settled, however. */
  readonly settles = new Histogram()
  failed = 0
}
