// The class of counter.ts: ordinary TypeScript, to be tested as such. With `snapshot` and `restore` what it knows
// outlives the peer where it lives.

export class Counter {
  #total: number

  constructor(total: number) {
    this.#total = total
  }

  static restore(total: number): Counter {
    return new Counter(total)
  }

  snapshot(): number {
    return this.#total
  }

  add(n: number): number {
    this.#total += n
    return this.#total
  }
}
