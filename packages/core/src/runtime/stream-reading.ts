// Reading a stream where its context lives: a window of items is held and waited for ahead of the one that is wanted,
// so that the way to their owner is paid once for many; how many were taken is told as a total. One reading per stream and
// context; whoever loops over it is stream.ts, here or in a worker.

import { MeshError } from '../errors.ts'
import type { ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemOf } from '../model/ids.ts'
import type { PeerEvent } from '../model/events.ts'
import { isEnd } from '../model/stream.ts'
import type { ContextPort, ReadOptions, Settlement, StreamReading, Wait, Watch } from './context-port.ts'

interface Slot {
  readonly item: ObjectId
  watch: Watch
  /** Asked for while others before it were unread. */
  isEarly: boolean
}

export interface ReadingOptions extends ReadOptions {
  readonly port: Pick<ContextPort, 'hold' | 'release' | 'watch'>
  readonly post: (event: PeerEvent) => void
  readonly stream: ObjectId
  readonly owner: LifeId
  readonly reader: ContextId
  readonly run: number
  readonly closed: (reading: PeerReading) => void
}

export class PeerReading implements StreamReading {
  readonly #options: ReadingOptions
  readonly #slots: Slot[] = []
  #taken = 0
  /** Handed out as a value, and kept until whoever got it asks for more: refs inside it are theirs by then. */
  #last: ObjectId | null = null
  #isClosed = false
  #refuse: (error: MeshError) => void = () => {}
  readonly #refused: Promise<never>

  constructor(options: ReadingOptions) {
    this.#options = options
    this.#refused = new Promise((_, reject) => (this.#refuse = reject))
    this.#refused.catch(() => {})
    this.#tell()
    this.#fill()
  }

  get stream(): ObjectId {
    return this.#options.stream
  }

  get reader(): ContextId {
    return this.#options.reader
  }

  next(): Wait<Settlement | null> {
    this.#releaseLast()
    const [slot] = this.#slots
    const settled = slot === undefined ? Promise.resolve(null) : Promise.race([this.#settled(slot), this.#refused])
    return { settled, stop: () => this.close() }
  }

  /** Another context reads it. */
  refuse(error: MeshError): void {
    this.#refuse(error)
    this.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#releaseLast()
    const { port, closed } = this.#options
    for (const { item, watch } of this.#slots.splice(0)) {
      watch.stop()
      port.release(item)
    }
    closed(this)
  }

  async #settled(slot: Slot): Promise<Settlement | null> {
    const settlement = await slot.watch.settled
    if (slot !== this.#slots[0]) return null
    if (settlement.type === 'value') return this.#take(slot, settlement)
    if (slot.isEarly && settlement.failure.code === 'OVERLOADED') {
      // There was no room for it beside those before it, which are gone by now.
      slot.isEarly = false
      slot.watch = this.#watch(slot.item)
      return this.#settled(slot)
    }
    this.close()
    return isEnd(settlement.failure) ? null : settlement
  }

  #take({ item }: Slot, settlement: Settlement): Settlement {
    this.#slots.shift()
    this.#taken++
    if (this.#options.bytes) this.#last = item
    this.#tell()
    this.#fill()
    return settlement
  }

  #tell(): void {
    const { post, stream: object, owner, reader, run } = this.#options
    post({ type: 'took', object, owner, reader, run, taken: this.#taken })
  }

  #fill(): void {
    const { port, stream, owner, ahead } = this.#options
    while (this.#slots.length < ahead) {
      const item = itemOf(stream as string as TaskId, this.#taken + this.#slots.length)
      port.hold(item, owner)
      this.#slots.push({ item, watch: this.#watch(item), isEarly: this.#slots.length > 0 })
    }
  }

  #watch(item: ObjectId): Watch {
    const { port, owner, bytes } = this.#options
    const watch = port.watch(item, owner, { bytes })
    // What nobody has come to yet is told when somebody does.
    watch.settled.catch(() => {})
    return watch
  }

  #releaseLast(): void {
    if (this.#last !== null) this.#options.port.release(this.#last)
    this.#last = null
  }
}

/** Those of all contexts of a peer, so that a refusal finds the one it is for. */
export class Readings {
  readonly #all = new Set<PeerReading>()

  open(options: Omit<ReadingOptions, 'closed'>): PeerReading {
    const reading = new PeerReading({ ...options, closed: (one) => this.#all.delete(one) })
    this.#all.add(reading)
    return reading
  }

  consumed(stream: ObjectId, reader: ContextId): void {
    for (const one of this.#all)
      if (one.stream === stream && one.reader === reader) one.refuse(consumedElsewhere(stream))
  }
}

function consumedElsewhere(stream: ObjectId): MeshError {
  const way = 'a stream has one reader: collect what all of them need, or call the function once for each'
  return new MeshError('STREAM_CONSUMED', `stream ${stream} is read by another task or program: ${way}`)
}
