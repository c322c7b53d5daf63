// How the main thread takes back what a busy worker has not begun: a few cells of shared memory, since a worker
// that computes hears no message. The worker says which attempt it begins and then looks whether it was taken
// back; the main thread says what it takes back and then looks what was begun. Whatever the order, one of them
// sees the other (Dekker 1965); where both do, the worker does not run it and says so. Without shared memory
// nothing can be taken back from a worker that computes.

const begun = 0
const isSet = 1
const from = 2
const end = 3

export function recallCells(): SharedArrayBuffer {
  return new SharedArrayBuffer(16)
}

/** The worker's side. Attempts are numbered upwards; numbers wrap at 32 bits. */
export class Recalled {
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /** True: it was taken back, and is not to be begun. */
  begins(number: number): boolean {
    const cells = this.#cells
    Atomics.store(cells, begun, number | 0)
    if (Atomics.load(cells, isSet) === 0) return false
    return !isBefore(number, Atomics.load(cells, from)) && isBefore(number, Atomics.load(cells, end))
  }
}

/** The main thread's side. */
export class Recall {
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /** Whether the worker has begun it; only where attempts begin in the order of their numbers. */
  hasBegun(number: number): boolean {
    return !isBefore(Atomics.load(this.#cells, begun), number)
  }

  /** Takes back the attempts from `first` up to, not including, `after`. Those that the predicate tells of will not run. */
  take(first: number, after: number): (number: number) => boolean {
    const cells = this.#cells
    Atomics.store(cells, isSet, 0)
    Atomics.store(cells, from, first | 0)
    Atomics.store(cells, end, after | 0)
    Atomics.store(cells, isSet, 1)
    const last = Atomics.load(cells, begun)
    return (number) => isBefore(last, number) && !isBefore(number, first) && isBefore(number, after)
  }
}

function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}
