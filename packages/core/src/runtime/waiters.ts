// Promises for what the machine settles: one watch per object in the machine, any number of waiters
// here. Bytes of stored objects are read from the store when they are handed over.

import type { PeerEvent } from '../model/events.ts'
import type { LifeId, ObjectId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { Settlement, Wait, Watch } from './context-port.ts'
import type { ObjectStore } from './ports.ts'
import { Readings } from './stream-reading.ts'

/** One wait. An object of its own kind, since there is one for every task that somebody waits for. */
class Waiter implements Watch {
  readonly object: ObjectId
  readonly bytes: boolean
  readonly settled: Promise<Settlement>
  resolve!: (settlement: Settlement) => void
  reject!: (error: Error) => void
  readonly #waiters: Waiters

  constructor(waiters: Waiters, object: ObjectId, bytes: boolean) {
    this.#waiters = waiters
    this.object = object
    this.bytes = bytes
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  stop(): void {
    this.#waiters.remove(this)
  }
}

/** Who waits for a copy count: nobody hands anything over. */
interface DurableWaiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Row {
  readonly owner: LifeId
  /** Nearly always there is just one. */
  waiters: Waiter | Set<Waiter>
}

export interface WaitersOptions {
  readonly post: (event: PeerEvent) => void
  readonly store: ObjectStore
  /** Calls back when what is going on now is over. */
  readonly soon: (then: () => void) => void
}

export class Waiters {
  readonly #post: (event: PeerEvent) => void
  readonly #store: ObjectStore
  readonly #rows = new Map<ObjectId, Row>()
  readonly #durable = new Map<ObjectId, Set<DurableWaiter>>()
  readonly #cancels = new Map<ObjectId, (() => void)[]>()
  /** Streams that contexts here read. */
  readonly readings: Readings
  #failed: Error | null = null

  constructor({ post, store, soon }: WaitersOptions) {
    this.readings = new Readings(soon)
    this.#post = post
    this.#store = store
  }

  /** Objects that somebody waits for. */
  get size(): number {
    return this.#rows.size + this.#durable.size + this.#cancels.size
  }

  watch(object: ObjectId, owner: LifeId, bytes: boolean): Watch {
    const waiter = new Waiter(this, object, bytes)
    if (this.#failed) waiter.reject(this.#failed)
    else this.#add(waiter, owner)
    return waiter
  }

  #add(waiter: Waiter, owner: LifeId): void {
    const { object, bytes } = waiter
    const row = this.#rows.get(object)
    if (!row) this.#rows.set(object, { owner, waiters: waiter })
    else if (row.waiters instanceof Set) row.waiters.add(waiter)
    else row.waiters = new Set([row.waiters, waiter])
    if (!row || bytes) this.#post({ type: 'watch', object, owner, bytes })
  }

  remove(waiter: Waiter): void {
    const { object } = waiter
    const row = this.#rows.get(object)
    if (!row) return
    if (row.waiters instanceof Set) {
      if (!row.waiters.delete(waiter) || row.waiters.size > 0) return
    } else if (row.waiters !== waiter) return
    this.#rows.delete(object)
    this.#post({ type: 'unwatch', object })
  }

  settled(object: ObjectId, source: ObjectId, located: Located): void {
    const row = this.#rows.get(object)
    if (!row) return
    this.#rows.delete(object)
    for (const waiter of waitersOf(row)) this.#hand(waiter, row.owner, { source, located })
  }

  #hand(waiter: Waiter, owner: LifeId, { source, located }: { source: ObjectId; located: Located }): void {
    switch (located.type) {
      case 'failure':
        return waiter.resolve({ type: 'failure', failure: located.failure })
      case 'inline':
        return waiter.resolve({ type: 'value', bytes: located.bytes, refs: located.refs })
      case 'alias':
        return this.#add(waiter, owner)
      case 'stored': {
        if (!waiter.bytes) return waiter.resolve({ type: 'value', bytes: null, refs: located.refs })
        this.#store.get(source).then(
          // Gone again meanwhile, or only its whereabouts were asked for until now: watch on.
          (bytes) => (bytes ? waiter.resolve({ type: 'value', bytes, refs: located.refs }) : this.#add(waiter, owner)),
          (error: Error) => waiter.reject(error),
        )
      }
    }
  }

  untilDurable(object: ObjectId): Wait<void> {
    let stop = (): void => {}
    const settled = new Promise<void>((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      const waiter = { resolve, reject }
      const waiting = this.#durable.get(object) ?? new Set()
      this.#durable.set(object, waiting.add(waiter))
      this.#post({ type: 'durable', object })
      stop = () => {
        waiting.delete(waiter)
        if (waiting.size === 0 && this.#durable.get(object) === waiting) this.#durable.delete(object)
      }
    })
    return { settled, stop: () => stop() }
  }

  durable(object: ObjectId, error: Error | null): void {
    for (const waiter of this.#durable.get(object) ?? []) {
      if (error) waiter.reject(error)
      else waiter.resolve()
    }
    this.#durable.delete(object)
  }

  untilCancelled(object: ObjectId, owner: LifeId, reason: string): Promise<void> {
    if (this.#failed) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#cancels.get(object)
      if (waiting) waiting.push(resolve)
      else this.#cancels.set(object, [resolve])
      this.#post({ type: 'cancel', object, owner, reason })
    })
  }

  cancelled(object: ObjectId): void {
    for (const resolve of this.#cancels.get(object) ?? []) resolve()
    this.#cancels.delete(object)
  }

  /** The peer is gone: nobody is left waiting. What it ended of first is what everybody is told. */
  fail(reason: Error): void {
    const error = (this.#failed ??= reason)
    const rows = [...this.#rows.values()]
    this.#rows.clear()
    for (const row of rows) for (const waiter of waitersOf(row)) waiter.reject(error)
    for (const waiters of this.#durable.values()) for (const waiter of waiters) waiter.reject(error)
    this.#durable.clear()
    const cancelling = Array.from(this.#cancels.keys())
    for (const object of cancelling) this.cancelled(object)
  }
}

function waitersOf({ waiters }: Row): Iterable<Waiter> {
  return waiters instanceof Set ? waiters : [waiters]
}
