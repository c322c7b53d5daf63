// Reading a stream where its context lives: a window of items is held and waited for ahead of the one that is wanted,
// so that the way to their owner is paid once for many; how many were taken is told as a total. The window begins small
// and doubles with every word, as a connection's does: a stream of three items is not asked for sixty-four. One reading per stream and
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
  settlement: Settlement | null
}

export interface ReadingOptions extends ReadOptions {
  readonly port: Pick<ContextPort, 'hold' | 'release' | 'watch'>
  readonly post: (event: PeerEvent) => void
  /** Calls back when what is going on now is over. */
  readonly soon: (then: () => void) => void
  readonly stream: ObjectId
  readonly owner: LifeId
  readonly reader: ContextId
  readonly run: number
  readonly closed: (reading: PeerReading) => void
}

export class PeerReading implements StreamReading {
  readonly #options: ReadingOptions
  readonly #slots: Slot[] = []
  /** Items held and waited for. */
  #window: number
  #taken = 0
  /** Taken, and not told yet: a loop that finds its items here takes many before anybody has to know. */
  #untold = 0
  /** Values that were handed out, to be let go of with the next word; the last one may have refs inside that are yet to be held. */
  #read: ObjectId[] = []
  #isSoon = false
  #isClosed = false
  /** Why it may not read. */
  #refused: MeshError | null = null
  /** Ends the wait that is under way. No promise for all of them: each wait would stay with it. */
  #refuse: (error: MeshError) => void = () => {}

  constructor(options: ReadingOptions) {
    this.#options = options
    this.#window = Math.min(firstWindow, options.ahead)
    this.#tell()
  }

  get stream(): ObjectId {
    return this.#options.stream
  }

  get reader(): ContextId {
    return this.#options.reader
  }

  next(): Wait<Settlement | null> {
    if (this.#refused !== null) return { settled: Promise.reject(this.#refused), stop: () => {} }
    const [slot] = this.#slots
    if (slot?.settlement == null && this.#untold > 0) this.#tell()
    const [first] = this.#slots
    return { settled: first === undefined ? over : this.#settled(first), stop: () => this.close() }
  }

  /** Another context reads it. */
  refuse(error: MeshError): void {
    this.#refused = error
    this.#refuse(error)
    this.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { port, closed } = this.#options
    for (const { item, watch } of this.#slots.splice(0)) {
      watch.stop()
      port.release(item)
    }
    for (const item of this.#read.splice(0)) port.release(item)
    closed(this)
  }

  async #settled(slot: Slot): Promise<Settlement | null> {
    const settlement = slot.settlement ?? (await this.#wait(slot))
    if (slot !== this.#slots[0]) return null
    if (settlement.type === 'value') return this.#take(slot, settlement)
    if (slot.isEarly && settlement.failure.code === 'OVERLOADED') {
      // There was no room for it beside those before it, which are gone by now.
      if (this.#untold > 0) this.#tell()
      slot.isEarly = false
      this.#watch(slot)
      return this.#settled(slot)
    }
    this.close()
    return isEnd(settlement.failure) ? null : settlement
  }

  #wait({ watch }: Slot): Promise<Settlement> {
    return new Promise((resolve, reject) => {
      this.#refuse = reject
      watch.settled.then(resolve, reject)
    })
  }

  #take({ item }: Slot, settlement: Settlement): Settlement {
    this.#slots.shift()
    this.#taken++
    this.#untold++
    if (this.#options.bytes) this.#read.push(item)
    if (this.#untold * 2 >= this.#window) this.#tell()
    else if (!this.#isSoon) {
      this.#isSoon = true
      this.#options.soon(() => {
        this.#isSoon = false
        if (this.#untold > 0) this.#tell()
      })
    }
    return settlement
  }

  /** How many were taken; lets go of them, and asks for as many more. */
  #tell(): void {
    if (this.#isClosed) return
    const { post, stream: object, owner, reader, run, port, ahead } = this.#options
    if (this.#taken > 0) this.#window = Math.min(this.#window * 2, ahead)
    this.#untold = 0
    post({ type: 'took', object, owner, reader, run, taken: this.#taken })
    const last = this.#read.pop()
    for (const item of this.#read) port.release(item)
    this.#read = last === undefined ? [] : [last]
    while (this.#slots.length < this.#window) {
      const item = itemOf(object as string as TaskId, this.#taken + this.#slots.length)
      port.hold(item, owner)
      const slot: Slot = { item, watch: none, isEarly: this.#slots.length > 0, settlement: null }
      this.#watch(slot)
      this.#slots.push(slot)
    }
  }

  #watch(slot: Slot): void {
    const { port, owner, bytes } = this.#options
    slot.settlement = null
    slot.watch = port.watch(slot.item, owner, { bytes })
    const settled = (settlement: Settlement): void => void (slot.settlement = settlement)
    // What nobody has come to yet is told when somebody does.
    slot.watch.settled.then(settled, () => {})
  }
}

const firstWindow = 8
const over: Promise<null> = Promise.resolve(null)
const none: Watch = { settled: new Promise(() => {}), stop: () => {} }

/** Those of all contexts of a peer, so that a refusal finds the one it is for. */
export class Readings {
  readonly #soon: ReadingOptions['soon']
  readonly #all = new Set<PeerReading>()

  constructor(soon: ReadingOptions['soon']) {
    this.#soon = soon
  }

  open(options: Omit<ReadingOptions, 'closed' | 'soon'>): PeerReading {
    const reading = new PeerReading({ ...options, soon: this.#soon, closed: (one) => this.#all.delete(one) })
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
