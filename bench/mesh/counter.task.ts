// The actor that rows call: it adds, and can be asked for what it has.

export class Counter {
  #count: number

  constructor(count: number) {
    this.#count = count
  }

  add(by: number): number {
    this.#count += by
    return this.#count
  }

  snapshot(): number {
    return this.#count
  }

  static restore(count: number): Counter {
    return new Counter(count)
  }
}
