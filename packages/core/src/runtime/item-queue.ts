// What a worker's generator yielded, on its way to whoever asked: stored items go to the store first, and nothing that
// was yielded after one overtakes it. When there is no room for one, nothing more is told: the attempt is given back.

import type { TaskId } from '../model/ids.ts'
import { itemOf } from '../model/ids.ts'
import type { Item } from '../model/stream.ts'
import type { ObjectStore } from './ports.ts'
import type { YieldedItem } from './worker-messages.ts'

export interface ItemQueueOptions {
  readonly task: TaskId
  readonly store: ObjectStore
  readonly tell: (index: number, item: Item) => void
  /** The store took no more. */
  readonly full: () => void
}

export class ItemQueue {
  readonly #options: ItemQueueOptions
  #storing: Promise<void> | undefined
  isFull = false

  constructor(options: ItemQueueOptions) {
    this.#options = options
  }

  add(items: readonly YieldedItem[]): void {
    for (const one of items) {
      if (one.bytes === null) this.after(() => this.#tell(one))
      else this.#storing = this.#then(() => this.#store(one))
    }
  }

  /** Once all that was yielded before is told: at once, when nothing is being stored. */
  after(then: () => void): void {
    if (this.#storing === undefined) then()
    else this.#storing = this.#then(then)
  }

  #then(what: () => Promise<void> | void): Promise<void> {
    const mine: Promise<void> = (this.#storing ?? Promise.resolve()).then(what).finally(() => {
      if (this.#storing === mine) this.#storing = undefined
    })
    return mine
  }

  async #store({ index, item, bytes }: YieldedItem): Promise<void> {
    if (this.isFull) return
    const { store, task, full } = this.#options
    try {
      if (bytes !== null && item.type === 'stored') await store.put(itemOf(task, index), bytes, item.hash)
      this.#options.tell(index, item)
    } catch {
      this.isFull = true
      full()
    }
  }

  #tell({ index, item }: YieldedItem): void {
    if (!this.isFull) this.#options.tell(index, item)
  }
}
