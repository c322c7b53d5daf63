// Promises for what the machine settles: one watch per object in the machine, any number of waiters
// here. Bytes of stored objects are read from the store when they are handed over.

import type { PeerEvent } from '../model/events.ts'
import type { LifeId, ObjectId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { Settlement, Watch } from './context-port.ts'
import type { ObjectStore } from './ports.ts'

interface Waiter {
  readonly bytes: boolean
  readonly resolve: (settlement: Settlement) => void
  readonly reject: (error: Error) => void
}

interface Row {
  readonly owner: LifeId
  readonly waiters: Set<Waiter>
}

export class Waiters {
  readonly #post: (event: PeerEvent) => void
  readonly #store: ObjectStore
  readonly #rows = new Map<ObjectId, Row>()
  readonly #durable = new Map<ObjectId, Waiter[]>()
  readonly #cancels = new Map<ObjectId, (() => void)[]>()
  #failed: Error | null = null

  constructor({ post, store }: { post: (event: PeerEvent) => void; store: ObjectStore }) {
    this.#post = post
    this.#store = store
  }

  /** Objects that somebody waits for. */
  get size(): number {
    return this.#rows.size + this.#durable.size + this.#cancels.size
  }

  watch(object: ObjectId, owner: LifeId, bytes: boolean): Watch {
    let waiter: Waiter | undefined
    const settled = new Promise<Settlement>((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      waiter = { bytes, resolve, reject }
      this.#add(object, owner, waiter)
    })
    return { settled, stop: () => waiter && this.#remove(object, waiter) }
  }

  #add(object: ObjectId, owner: LifeId, waiter: Waiter): void {
    let row = this.#rows.get(object)
    const first = row === undefined
    if (!row) {
      row = { owner, waiters: new Set() }
      this.#rows.set(object, row)
    }
    row.waiters.add(waiter)
    if (first || waiter.bytes) this.#post({ type: 'watch', object, owner, bytes: waiter.bytes })
  }

  #remove(object: ObjectId, waiter: Waiter): void {
    const row = this.#rows.get(object)
    if (!row?.waiters.delete(waiter) || row.waiters.size > 0) return
    this.#rows.delete(object)
    this.#post({ type: 'unwatch', object })
  }

  settled(object: ObjectId, source: ObjectId, located: Located): void {
    const row = this.#rows.get(object)
    if (!row) return
    this.#rows.delete(object)
    for (const waiter of row.waiters) this.#hand(object, row.owner, { waiter, source, located })
  }

  #hand(
    object: ObjectId,
    owner: LifeId,
    { waiter, source, located }: { waiter: Waiter; source: ObjectId; located: Located },
  ): void {
    switch (located.type) {
      case 'failure':
        return waiter.resolve({ type: 'failure', failure: located.failure })
      case 'inline':
        return waiter.resolve({ type: 'value', bytes: located.bytes, refs: located.refs })
      case 'alias':
        return this.#add(object, owner, waiter)
      case 'stored': {
        if (!waiter.bytes) return waiter.resolve({ type: 'value', bytes: null, refs: located.refs })
        this.#store.get(source).then(
          // Gone again meanwhile, or only its whereabouts were asked for until now: watch on.
          (bytes) =>
            bytes ? waiter.resolve({ type: 'value', bytes, refs: located.refs }) : this.#add(object, owner, waiter),
          (error: Error) => waiter.reject(error),
        )
      }
    }
  }

  untilDurable(object: ObjectId): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      const waiter: Waiter = { bytes: false, resolve: () => resolve(), reject }
      const waiting = this.#durable.get(object)
      if (waiting) waiting.push(waiter)
      else this.#durable.set(object, [waiter])
      this.#post({ type: 'durable', object })
    })
  }

  durable(object: ObjectId, error: Error | null): void {
    for (const waiter of this.#durable.get(object) ?? []) {
      if (error) waiter.reject(error)
      else waiter.resolve({ type: 'value', bytes: null, refs: [] })
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

  /** The peer is gone: nobody is left waiting. */
  fail(error: Error): void {
    this.#failed = error
    const rows = [...this.#rows.values()]
    this.#rows.clear()
    for (const { waiters } of rows) for (const waiter of waiters) waiter.reject(error)
    for (const waiters of this.#durable.values()) for (const waiter of waiters) waiter.reject(error)
    this.#durable.clear()
    const cancelling = Array.from(this.#cancels.keys())
    for (const object of cancelling) this.cancelled(object)
  }
}
