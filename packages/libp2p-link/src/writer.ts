// The writing half of a stream, and whose turn it is among the streams of one connection. libp2p
// serves them in the order in which they were opened: eight bulk streams that always have more keep
// a ninth from even being negotiated. So bytes wait here until the stream can really take them, and
// are handed over piece by piece, round after round; a link's first, since heartbeats ride on it.

import type { Stream } from '@libp2p/interface'

/** Handed over per turn. Small enough to leave room for others, large enough to keep bulk fast. */
const pieceBytes = 1024 * 1024

export class Turns {
  readonly #urgent = new Set<Writer>()
  readonly #patient = new Set<Writer>()
  readonly #soon: (callback: () => void) => void
  #scheduled = false

  /** `soon`: after the microtasks and events that are due already. */
  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon
  }

  /** Gives the writer a turn when it can write, after those that came before it. */
  wait(writer: Writer): void {
    this.#queueOf(writer).add(writer)
    if (writer.canWrite) this.opened()
  }

  leave(writer: Writer): void {
    this.#queueOf(writer).delete(writer)
  }

  /** Whether somebody is waiting who could write now. Who waits for its reader holds up nobody. */
  isSomebodyReady(): boolean {
    for (const writer of this.#urgent) if (writer.canWrite) return true
    for (const writer of this.#patient) if (writer.canWrite) return true
    return false
  }

  /** The socket or a window can take more. libp2p flushes what it has buffered in microtasks of that event; turns come after. */
  opened(): void {
    if (this.#scheduled || this.#urgent.size + this.#patient.size === 0) return
    this.#scheduled = true
    this.#soon(() => this.#round())
  }

  #round(): void {
    this.#scheduled = false
    for (const writer of [...this.#urgent, ...this.#patient]) {
      if (!writer.canWrite) continue
      this.leave(writer)
      writer.takeTurn()
    }
    if (this.isSomebodyReady()) this.opened()
  }

  #queueOf(writer: Writer): Set<Writer> {
    return writer.urgent ? this.#urgent : this.#patient
  }
}

export class Writer {
  readonly urgent: boolean
  readonly #stream: Stream
  readonly #turns: Turns
  readonly #queue: Uint8Array[] = []
  #full = false
  #ending = false
  #onDrain: (() => void) | null = null

  constructor(stream: Stream, turns: Turns, urgent: boolean) {
    this.#stream = stream
    this.#turns = turns
    this.urgent = urgent
    stream.addEventListener('drain', () => turns.opened())
  }

  /** What libp2p still holds of ours waits for its reader: more would only pile up there. */
  get canWrite(): boolean {
    const { writeStatus, writableNeedsDrain, writeBufferLength } = this.#stream
    return writeStatus === 'writable' && !writableNeedsDrain && writeBufferLength === 0
  }

  send(bytes: Uint8Array): boolean {
    if (this.#ending || this.#stream.writeStatus !== 'writable') return true
    if (bytes.byteLength > 0) this.#queue.push(bytes)
    if (!this.#full && (this.urgent || !this.#turns.isSomebodyReady())) {
      while (this.#queue.length > 0 && this.canWrite) this.#handOver()
    }
    if (this.#queue.length > 0 || !this.canWrite) this.#wait()
    return !this.#full
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  takeTurn(): void {
    this.#handOver()
    if (this.#queue.length > 0) this.#wait()
    else if (this.#ending) this.#end()
    else {
      this.#full = false
      this.#onDrain?.()
    }
  }

  /** Ends our writing after what was sent. */
  close(): void {
    if (this.#ending) return
    this.#ending = true
    if (this.#queue.length === 0) this.#end()
  }

  /** Forgets what was not handed over: the stream is dead. */
  drop(): void {
    this.#ending = true
    this.#queue.length = 0
    this.#turns.leave(this)
  }

  #wait(): void {
    this.#full = true
    this.#turns.wait(this)
  }

  #handOver(): void {
    let room = pieceBytes
    while (room > 0) {
      const [head] = this.#queue
      if (head === undefined) return
      if (head.byteLength > room) this.#queue[0] = head.subarray(room)
      else this.#queue.shift()
      try {
        this.#stream.send(head.byteLength > room ? head.subarray(0, room) : head)
      } catch {
        this.drop() // It died in this very call: 'close' is on its way.
      }
      room -= head.byteLength
    }
  }

  #end(): void {
    this.#turns.leave(this)
    this.#stream.close().catch(() => {}) // It broke while flushing: 'close' tells.
  }
}
