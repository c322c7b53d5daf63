// Bytes that an earlier life of this peer left on its disk and that no owner has taken back yet. Unknown is
// not freed: they stay until somebody who answers for them says so, and otherwise for a documented time,
// or until the disk is needed; then the oldest go first. Who is to be told of them is not known here.

import type { Instant, LifeId, ObjectId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import { assert, broken } from '../model/assert.ts'
import type { FoundNote } from '../model/object.ts'

/** Where bytes go that memory has no room for. */
export interface Disk {
  /** 0: there is none. */
  readonly limitBytes: number
  /** It took no more when it was last asked to: not asked again before that. */
  retryAt: Instant
}

interface Row {
  readonly note: FoundNote
  readonly until: Instant
}

export class Foundlings {
  readonly #rows = new Map<ObjectId, Row>()
  /** Who has been told of all of them, and until when that will do: whoever had nothing to say may have by then. */
  readonly #told = new Set<LifeId>()
  #tellAgainAt: Instant = never
  #bytes = 0

  get size(): number {
    return this.#rows.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(object: ObjectId): FoundNote | undefined {
    return this.#rows.get(object)?.note
  }

  *all(): Iterable<FoundNote> {
    for (const { note } of this.#rows.values()) yield note
  }

  /** The oldest first. */
  add(notes: readonly FoundNote[], until: Instant): void {
    for (const note of notes) {
      this.take(note.object)
      this.#rows.set(note.object, { note, until })
      this.#bytes += note.size
    }
    this.#told.clear()
  }

  /** They are somebody's now, or gone. */
  take(object: ObjectId): FoundNote | undefined {
    const row = this.#rows.get(object)
    if (!row) return undefined
    this.#rows.delete(object)
    this.#bytes -= row.note.size
    return row.note
  }

  oldest(): FoundNote | undefined {
    for (const { note } of this.#rows.values()) return note
    return undefined
  }

  /** Those whose time is over. They were found together, so the first are the first to go. */
  due(now: Instant): FoundNote[] {
    return [...this.#rows.values()].filter(({ until }) => until <= now).map(({ note }) => note)
  }

  /** False when that one has been told already. */
  tell(life: LifeId): boolean {
    if (this.#told.has(life)) return false
    this.#told.add(life)
    return true
  }

  /** That life is over, or its conversation with us is: what was told in it may not have been heard. */
  untell(life: LifeId): void {
    this.#told.delete(life)
  }

  tellAgain(now: Instant, next: Instant): void {
    if (this.#tellAgainAt > now && this.#tellAgainAt !== never) return
    this.#tellAgainAt = next
    this.#told.clear()
  }

  deadline(): Instant {
    for (const { until } of this.#rows.values()) return Math.min(until, this.#tellAgainAt) as Instant
    return never
  }

  check(isHeld: (object: ObjectId) => boolean): void {
    let bytes = 0
    for (const { note } of this.#rows.values()) {
      bytes += note.size
      if (isHeld(note.object)) broken(`${note.object} has keepers or none`)
    }
    assert(bytes === this.#bytes, 'bytes found are counted')
  }
}
