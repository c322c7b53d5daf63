// What became of the objects this peer answers for, and who holds their bytes. It answers questions
// of loss in its own words (`holderDied` returns what lost a copy); it does not know what recovery
// is, nor who needs an object.

import { broken } from '../model/assert.ts'
import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { LazySet } from '../model/lazy-set.ts'
import type { Failure, Located } from '../model/object.ts'
import type { RefLink } from '../model/task.ts'

/** `alias`: the task returned a ref, and this object is that one. `faded`: its bytes were let go, its lineage is kept. */
export type EntryState = 'pending' | 'inline' | 'stored' | 'failed' | 'alias' | 'faded'

export interface Entry {
  readonly object: ObjectId
  /** The task that makes it; null for a `put`. */
  readonly task: TaskId | null
  state: EntryState
  bytes: Uint8Array | null
  size: number
  /** Of stored bytes; also remembered after they are gone, so that a rebuild is compared. */
  hash: string
  refs: readonly RefLink[]
  /** It was stored and had no refs inside: bytes with that hash, wherever they turn up, are all there is to it. */
  isPlain: boolean
  failure: Failure | null
  alias: RefLink | null
  readonly copies: number
  /** Asked for or put inside a task, or taken over: a ref to it may leave inside something that others answer for. */
  isInner: boolean
  readonly holders: LazySet<LifeId>
  /** Copies on their way. */
  readonly copying: LazySet<LifeId>
  /** Peers that declined a copy, so that others are asked. */
  readonly declined: LazySet<LifeId>
  /** Borrowers to be told when it settles. */
  readonly wantedBy: LazySet<LifeId>
  /** Holders that were asked to look at their bytes, since somebody had no good ones from them. */
  readonly doubted: LazySet<LifeId>
  /** Peers that have such bytes and are making them once more: told to let go if the result is not theirs. */
  readonly spared: LazySet<LifeId>
}

interface Alias extends Entry {
  alias: RefLink
}

export class Directory {
  readonly #rows = new Map<ObjectId, Entry>()
  readonly #heldBy = new Map<LifeId, Set<ObjectId>>()
  /** Stored objects with fewer copies than wanted, whether or not anybody can take one. */
  readonly short = new Set<ObjectId>()
  /** Stored objects that nobody has, or is fetching, any more. */
  readonly bare = new Set<ObjectId>()
  /** Holders that are about to leave: still a source, no longer a copy. */
  readonly #retiring = new Set<LifeId>()
  readonly #changed: (object: ObjectId) => void
  readonly #removed: (object: ObjectId) => void

  /** Told of every row that is other than before, and of every row that is about to go. */
  constructor(changed: (object: ObjectId) => void = ignore, removed: (object: ObjectId) => void = ignore) {
    this.#changed = changed
    this.#removed = removed
  }

  get size(): number {
    return this.#rows.size
  }

  get(object: ObjectId): Entry | undefined {
    return this.#rows.get(object)
  }

  all(): IterableIterator<Entry> {
    return this.#rows.values()
  }

  add(object: ObjectId, task: TaskId | null, copies: number): Entry {
    if (this.#rows.has(object)) broken(`object ${object} is entered once`)
    const row: Entry = {
      object,
      task,
      state: 'pending',
      bytes: null,
      size: 0,
      hash: '',
      refs: [],
      isPlain: false,
      failure: null,
      alias: null,
      copies,
      isInner: false,
      holders: new LazySet(),
      copying: new LazySet(),
      declined: new LazySet(),
      wantedBy: new LazySet(),
      doubted: new LazySet(),
      spared: new LazySet(),
    }
    this.#rows.set(object, row)
    return row
  }

  inline(row: Entry, bytes: Uint8Array, refs: readonly RefLink[]): void {
    row.state = 'inline'
    row.bytes = bytes
    row.size = bytes.length
    row.refs = refs
    this.#changed(row.object)
  }

  stored(row: Entry, size: number, hash: string, refs: readonly RefLink[]): void {
    row.state = 'stored'
    row.size = size
    row.hash = hash
    row.refs = refs
    row.isPlain = refs.length === 0
    row.failure = null
    this.#count(row)
  }

  become(row: Entry, link: RefLink): void {
    row.state = 'alias'
    row.alias = link
    row.refs = [link]
    this.#changed(row.object)
  }

  failed(row: Entry, failure: Failure): void {
    row.state = 'failed'
    row.failure = failure
    row.refs = []
    this.#count(row)
  }

  /** Its bytes are gone: `pending` when it is being made again, `faded` when it may be. */
  reopen(row: Entry, state: 'pending' | 'faded'): void {
    for (const life of row.holders) this.removeHolder(row, life)
    row.state = state
    row.failure = null
    row.bytes = null
    row.alias = null
    row.refs = []
    row.copying.clear()
    row.declined.clear()
    this.#count(row)
  }

  addHolder(row: Entry, life: LifeId): void {
    row.holders.add(life)
    row.doubted.delete(life)
    row.copying.delete(life)
    row.declined.delete(life)
    const held = this.#heldBy.get(life)
    if (held) held.add(row.object)
    else this.#heldBy.set(life, new Set([row.object]))
    this.#count(row)
  }

  removeHolder(row: Entry, life: LifeId): void {
    if (!row.holders.delete(life)) return
    row.doubted.delete(life)
    const held = this.#heldBy.get(life)
    held?.delete(row.object)
    if (held?.size === 0) this.#heldBy.delete(life)
    this.#count(row)
  }

  /** A copy that is let go of for want of room there. It is not asked for there again at once. */
  strike(row: Entry, life: LifeId): void {
    this.removeHolder(row, life)
    row.declined.add(life)
  }

  copying(row: Entry, life: LifeId): void {
    row.copying.add(life)
    this.#count(row)
  }

  declined(row: Entry, life: LifeId): void {
    row.copying.delete(life)
    row.declined.add(life)
    this.#count(row)
  }

  /** Everything else that changes a row comes by here. */
  #count(row: Entry): void {
    this.#changed(row.object)
    if (row.state === 'stored' && row.holders.size === 0 && row.copying.size === 0) this.bare.add(row.object)
    else this.bare.delete(row.object)
    if (row.state === 'stored' && this.copiesOf(row) + row.copying.size < row.copies) this.short.add(row.object)
    else this.short.delete(row.object)
  }

  /** Nothing that was asked of that peer counts as asked: neither copies nor looks at those it has. */
  copiesLost(life: LifeId): void {
    for (const row of this.#rows.values()) {
      row.doubted.delete(life)
      if (row.copying.delete(life)) this.#count(row)
    }
  }

  /** False when that holder has been asked to look at its bytes already. */
  doubt(row: Entry, life: LifeId): boolean {
    if (row.doubted.has(life)) return false
    row.doubted.add(life)
    return true
  }

  /** Who is asked for the bytes: holders in doubt only when there are no others. */
  sources(row: Entry): LifeId[] {
    const all = [...row.holders]
    if (row.doubted.size === 0) return all
    const trusted = all.filter((life) => !row.doubted.has(life))
    return trusted.length > 0 ? trusted : all
  }

  copiesOf(row: Entry): number {
    if (this.#retiring.size === 0) return row.holders.size
    let count = 0
    for (const life of row.holders) if (!this.#retiring.has(life)) count++
    return count
  }

  /** That peer is leaving: what it has must be elsewhere first. */
  retire(life: LifeId): void {
    this.#retiring.add(life)
    for (const object of this.heldBy(life)) this.#count(this.#rows.get(object) as Entry)
  }

  isRetiring(life: LifeId): boolean {
    return this.#retiring.has(life)
  }

  /** That life is over: the objects that lost a copy, or one that was on its way. */
  holderDied(life: LifeId): Entry[] {
    const hit: Entry[] = []
    this.#retiring.delete(life)
    for (const object of this.heldBy(life)) {
      const row = this.#rows.get(object) as Entry
      this.removeHolder(row, life)
      hit.push(row)
    }
    for (const row of this.#rows.values()) {
      row.wantedBy.delete(life)
      row.declined.delete(life)
      if (row.copying.delete(life)) this.#count(row)
    }
    return hit
  }

  /** What we think that life holds of ours. */
  heldBy(life: LifeId): ObjectId[] {
    return [...(this.#heldBy.get(life) ?? [])]
  }

  /** The chance to take a copy is given again to those who declined. */
  forgive(): void {
    for (const object of this.short) this.#rows.get(object)?.declined.clear()
  }

  /** Those that stand for other objects. */
  aliases(): Alias[] {
    return [...this.#rows.values()].filter((row): row is Alias => row.state === 'alias')
  }

  /** Null while it is pending. */
  locate(object: ObjectId): Located | null {
    const row = this.#rows.get(object)
    if (!row) return null
    switch (row.state) {
      case 'inline':
        return { type: 'inline', bytes: row.bytes as Uint8Array, refs: row.refs }
      case 'stored':
        return { type: 'stored', size: row.size, hash: row.hash, holders: this.sources(row), refs: row.refs }
      case 'failed':
        return { type: 'failure', failure: row.failure as Failure }
      case 'alias':
        return { type: 'alias', link: row.alias as RefLink }
      case 'pending':
      case 'faded':
        return null
    }
  }

  remove(object: ObjectId): void {
    const row = this.#rows.get(object)
    if (!row) return
    for (const life of row.holders) this.removeHolder(row, life)
    this.short.delete(object)
    this.bare.delete(object)
    this.#removed(object)
    this.#rows.delete(object)
  }

  check(): void {
    for (const row of this.#rows.values()) {
      if (!(row.state !== 'inline' || row.bytes !== null)) broken(`${row.object} is inline with its bytes`)
      if (!(row.state !== 'failed' || row.failure !== null)) broken(`${row.object} failed for a reason`)
      const missing = row.state === 'stored' && this.copiesOf(row) + row.copying.size < row.copies
      if (this.short.has(row.object) !== missing) broken(`${row.object} is listed while short`)
      if (!(row.state !== 'stored' || row.holders.size + row.copying.size > 0))
        broken(`${row.object} is stored somewhere`)
      if (row.doubted.size > 0)
        for (const life of row.doubted)
          if (!row.holders.has(life)) broken(`${life} is doubted as a holder of ${row.object}`)
      for (const life of row.holders)
        if (!this.#heldBy.get(life)?.has(row.object)) broken(`${row.object} is indexed under ${life}`)
    }
  }
}

function ignore(): void {}
