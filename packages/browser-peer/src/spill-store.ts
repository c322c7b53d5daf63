// Objects in IndexedDB, for what memory has no room for and for the next life of this page's peer. Each
// identity has a database of its own; labels are read when it is opened, bytes when they are asked for.
// Bytes and label are written in one transaction, so that whatever crashes, both are there or neither.

import { SpoiltError, StoreFullError } from '@murmuration/core/internal'
import type { FoundNote, ObjectId, SpillStore } from '@murmuration/core/internal'
import { answered, openDatabase, written } from './database.ts'
import { sha256 } from './sha256.ts'

interface Row {
  readonly label: FoundNote
  /** When it was written, in milliseconds since 1970. */
  readonly at: number
}

const [labels, objects] = ['labels', 'objects'] as const

/** Rejects with DOMException when the browser keeps nothing for this site. */
export async function openSpillStore(identity: number, limitBytes: number): Promise<SpillStore> {
  const database = await openDatabase(`murmuration objects ${identity}`, [labels, objects])
  const rows = await answered<Row[]>(database.transaction(labels).objectStore(labels).getAll())
  return new PageSpillStore(database, rows, limitBytes)
}

class PageSpillStore implements SpillStore {
  readonly limitBytes: number
  readonly #database: IDBDatabase
  readonly #found: readonly FoundNote[]
  readonly #labels = new Map<ObjectId, FoundNote>()
  /** What is being written; what is let go of meanwhile is not here any more. */
  readonly #writes = new Map<ObjectId, symbol>()
  #usedBytes = 0

  constructor(database: IDBDatabase, rows: readonly Row[], limitBytes: number) {
    this.#database = database
    this.limitBytes = limitBytes
    const sorted = [...rows].sort((a, b) => a.at - b.at)
    for (const { label } of sorted) this.#enter(label)
    this.#found = sorted.map(({ label }) => label)
  }

  found(): readonly FoundNote[] {
    return this.#found
  }

  usedBytes(): number {
    return this.#usedBytes
  }

  has(id: ObjectId): boolean {
    return this.#labels.has(id)
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.#labels.get(id)?.size
  }

  labelOf(id: ObjectId): FoundNote | undefined {
    return this.#labels.get(id)
  }

  put(id: ObjectId, bytes: Uint8Array, hash = sha256(bytes)): Promise<void> {
    return this.#write({ object: id, size: bytes.byteLength, hash, owners: [] }, bytes)
  }

  async keep(label: FoundNote, bytes: Uint8Array | null): Promise<void> {
    const known = this.#labels.get(label.object)
    if (bytes && known?.hash !== label.hash) return this.#write(label, bytes)
    if (!known) return
    const transaction = this.#database.transaction(labels, 'readwrite')
    transaction.objectStore(labels).put({ label, at: Date.now() } satisfies Row, label.object)
    await written(transaction).catch(declined)
    if (this.#labels.get(label.object) === known) this.#labels.set(label.object, label)
  }

  async get(id: ObjectId): Promise<Uint8Array | undefined> {
    const label = this.#labels.get(id)
    if (!label) return undefined
    const reading: IDBRequest<Uint8Array | undefined> = this.#database.transaction(objects).objectStore(objects).get(id)
    const bytes = await answered(reading).catch(() => undefined)
    if (bytes && sha256(bytes) === label.hash) return bytes
    // It was let go of while it was read.
    if (this.#labels.get(id) !== label) return undefined
    this.delete(id)
    throw new SpoiltError(`object ${id} cannot be read back from this site’s storage as it was written`)
  }

  delete(id: ObjectId): void {
    this.#writes.delete(id)
    const label = this.#labels.get(id)
    if (!label) return
    this.#labels.delete(id)
    this.#usedBytes -= label.size
    this.#remove(id)
  }

  /** The bytes stay. */
  close(): Promise<void> {
    this.#labels.clear()
    this.#writes.clear()
    this.#usedBytes = 0
    this.#database.close()
    return Promise.resolve()
  }

  #enter(label: FoundNote): void {
    this.#usedBytes += label.size - (this.sizeOf(label.object) ?? 0)
    this.#labels.set(label.object, label)
  }

  /** The place is taken before anything is written, so that two writes do not share it. */
  async #write(label: FoundNote, bytes: Uint8Array): Promise<void> {
    const { object, size } = label
    const free = this.limitBytes - this.#usedBytes + (this.sizeOf(object) ?? 0)
    if (size > free)
      throw new StoreFullError(`object ${object} of ${size} bytes does not fit: this page has room for ${free} more`)
    const mine = Symbol(object)
    this.#writes.set(object, mine)
    this.#usedBytes += size
    try {
      const transaction = this.#database.transaction([labels, objects], 'readwrite')
      transaction.objectStore(labels).put({ label, at: Date.now() } satisfies Row, object)
      transaction.objectStore(objects).put(bytes, object)
      await written(transaction)
      if (this.#writes.get(object) === mine) this.#enter(label)
      // Deleted meanwhile; of another that writes the same object, the later transaction counts.
      else if (!this.#writes.has(object) && !this.#labels.has(object)) this.#remove(object)
    } catch (error) {
      declined(error)
    } finally {
      this.#usedBytes -= size
      if (this.#writes.get(object) === mine) this.#writes.delete(object)
    }
  }

  #remove(id: ObjectId): void {
    const transaction = this.#database.transaction([labels, objects], 'readwrite')
    transaction.objectStore(labels).delete(id)
    transaction.objectStore(objects).delete(id)
    // What stays behind is found by the next life, and let go of there.
    written(transaction).catch(() => {})
  }
}

/** Whatever the browser has against it (the quota is used up, the site's data was cleared): it takes no more. */
function declined(error: unknown): never {
  if (!(error instanceof DOMException)) throw error
  throw new StoreFullError(`this site’s storage did not take an object: ${error.message}`, { cause: error })
}
