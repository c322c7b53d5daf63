// Small outcomes on their way from a worker to its peer's main thread: a ring of bytes in shared memory with
// one writer and one reader. A message per outcome would cost both threads several times what a tiny task does;
// here the worker knocks once, and what it finishes until the reader has come is taken along. Nothing is held
// back for that: an outcome can be read the moment it is written, whatever the next attempt takes. Where there is
// no shared memory (a page that is not cross-origin isolated) outcomes travel as messages, as all others do.

/** Places in the head, each 32 bits wide: where the next record goes, which one is read next, whether the reader was told, how much news it has heard. */
const written = 0
const taken = 1
const knocked = 2
const heard = 3
const headBytes = 16

/** A record: number and duration as 64-bit floats, the length of its bytes, then these, up to a multiple of eight. */
const recordBytes = 24
/** In place of a number: the record did not fit before the end, it is at the beginning. */
const skip = -1

/** Capacity of one worker's ring. */
const ringBytes = 128 * 1024
/** Larger outcomes travel as messages. */
const outcomeBytes = 8 * 1024

export function sharedRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(headBytes + ringBytes)
}

class Ring {
  protected readonly head: Int32Array
  protected readonly floats: Float64Array
  protected readonly lengths: Uint32Array
  protected readonly bytes: Uint8Array
  protected readonly capacity: number

  constructor(memory: SharedArrayBuffer) {
    this.capacity = memory.byteLength - headBytes
    this.head = new Int32Array(memory, 0, headBytes / 4)
    this.floats = new Float64Array(memory, headBytes)
    this.lengths = new Uint32Array(memory, headBytes)
    this.bytes = new Uint8Array(memory, headBytes)
  }
}

export class OutcomeWriter extends Ring {
  #news = 0

  /** Something goes as a message that no later outcome may overtake: until it is heard, outcomes are messages too. */
  tells(): void {
    this.#news = (this.#news + 1) | 0
  }

  /** `full`: to be sent as a message instead, as it is after news. `knock`: the reader is to be told that there is something. */
  write(number: number, ms: number, value: Uint8Array): 'full' | 'knock' | 'written' {
    if (Atomics.load(this.head, heard) !== this.#news) return 'full'
    const size = sizeOf(value.byteLength)
    const at = value.byteLength > outcomeBytes ? undefined : this.#placeFor(size)
    if (at === undefined) return 'full'
    this.floats[at / 8] = number
    this.floats[at / 8 + 1] = ms
    this.lengths[at / 4 + 4] = value.byteLength
    this.bytes.set(value, at + recordBytes)
    Atomics.store(this.head, written, (at + size) % this.capacity)
    return Atomics.exchange(this.head, knocked, 1) === 0 ? 'knock' : 'written'
  }

  /** Where the record goes, one piece. The ring is never filled to the last byte: then it would look empty. */
  #placeFor(size: number): number | undefined {
    const next = Atomics.load(this.head, written)
    const unread = Atomics.load(this.head, taken)
    if (next < unread) return size < unread - next ? next : undefined
    const isLast = next + size === this.capacity
    if (next + size <= this.capacity && !(isLast && unread === 0)) return next
    if (size >= unread) return undefined
    this.floats[next / 8] = skip
    return 0
  }
}

export class OutcomeReader extends Ring {
  /** The message that the writer told of has come. */
  hears(): void {
    Atomics.add(this.head, heard, 1)
  }

  /** Takes all there is, oldest first; the bytes are the taker's own. Throws RangeError when that is no record. */
  drain(take: (number: number, ms: number, value: Uint8Array) => void): void {
    // First of all: whatever is written from now on knocks again.
    Atomics.store(this.head, knocked, 0)
    let at = Atomics.load(this.head, taken)
    while (at !== Atomics.load(this.head, written)) {
      const number = this.floats[at / 8]!
      if (number === skip) {
        at = 0
        continue
      }
      const ms = this.floats[at / 8 + 1]!
      const length = this.lengths[at / 4 + 4]!
      const next = at + sizeOf(length)
      if (!(next <= this.capacity)) throw new RangeError(`an outcome of ${length} bytes at ${at}`)
      const value = this.bytes.slice(at + recordBytes, at + recordBytes + length)
      at = next % this.capacity
      Atomics.store(this.head, taken, at)
      take(number, ms, value)
    }
  }
}

function sizeOf(length: number): number {
  return recordBytes + Math.ceil(length / 8) * 8
}
