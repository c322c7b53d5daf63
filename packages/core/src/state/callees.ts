// Actors that contexts here call: where each lives, as far as was heard, and the calls that have not gone there
// yet, in the order in which each context made them. A call that waits for an argument holds up those that the
// same context made after it, and so does one that is out where the actor lived before. Where an actor lives is
// news from whoever answers for it.

import { compareEpochs } from '../model/actor.ts'
import { broken } from '../model/assert.ts'
import type { ContextId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { Epoch } from '../model/task.ts'

interface Waiting {
  readonly task: TaskId
  /** Its place among the calls that were made here. */
  readonly nth: number
}

export interface Callee {
  readonly actor: ObjectId
  /** The one that it stands for, by a name that was taken; mostly itself. */
  meant: ObjectId
  /** Null: nobody has said, or whoever it was is gone. */
  at: LifeId | null
  /** The latest incarnation that was heard of. */
  epoch: Epoch | null
  /** Calls that are not settled, and their places. */
  readonly open: Map<TaskId, number>
  /** Those that are at the actor. */
  readonly out: Set<TaskId>
  /** Of these: those that went where it lived before, which has yet to say what became of them. */
  readonly behind: Set<TaskId>
  /** Those that are not, by context, in order. */
  readonly lines: Map<ContextId, Waiting[]>
  /** When whoever answers for it is asked once more where it lives, and when its calls have waited for that long enough. */
  askAt: Instant
  by: Instant
}

export class Callees {
  readonly #rows = new Map<ObjectId, Callee>()
  #nth = 0
  /** Something may be ready to go. */
  isStirred = false

  get size(): number {
    return this.#rows.size
  }

  get(actor: ObjectId): Callee | undefined {
    return this.#rows.get(actor)
  }

  all(): IterableIterator<Callee> {
    return this.#rows.values()
  }

  /** A call was made. */
  add(actor: ObjectId, context: ContextId, task: TaskId): Callee {
    let row = this.#rows.get(actor)
    if (!row) {
      row = {
        actor,
        meant: actor,
        at: null,
        epoch: null,
        open: new Map(),
        out: new Set(),
        behind: new Set(),
        lines: new Map(),
        askAt: never,
        by: never,
      }
      this.#rows.set(actor, row)
    }
    row.open.set(task, this.#nth++)
    this.#queue(row, context, task)
    return row
  }

  #queue(row: Callee, context: ContextId, task: TaskId): void {
    const nth = row.open.get(task)
    if (nth === undefined) return
    let line = row.lines.get(context)
    if (!line) row.lines.set(context, (line = []))
    let at = line.length
    while (at > 0 && (line[at - 1] as Waiting).nth > nth) at--
    line.splice(at, 0, { task, nth })
    this.isStirred = true
  }

  /** It goes to the actor. */
  sent(row: Callee, context: ContextId, task: TaskId): void {
    const line = row.lines.get(context)
    if (line?.[0]?.task !== task) broken('calls go in order')
    line.shift()
    if (line.length === 0) row.lines.delete(context)
    row.out.add(task)
  }

  /** It came back, and is to go once more: in its old place. */
  returned(actor: ObjectId, context: ContextId, task: TaskId): void {
    const row = this.#rows.get(actor)
    if (!row?.out.delete(task)) return
    row.behind.delete(task)
    this.#queue(row, context, task)
  }

  settled(actor: ObjectId, context: ContextId, task: TaskId): void {
    const row = this.#rows.get(actor)
    if (!row?.open.delete(task)) return
    this.isStirred = true
    row.behind.delete(task)
    if (!row.out.delete(task)) {
      const line = row.lines.get(context)
      const at = line?.findIndex((waiting) => waiting.task === task) ?? -1
      if (at >= 0) line?.splice(at, 1)
      if (line?.length === 0) row.lines.delete(context)
    }
    if (row.open.size === 0) this.#rows.delete(actor)
  }

  /** It lives there. False when that is no news. */
  hosted(row: Callee, at: LifeId, epoch: Epoch): boolean {
    const order = row.epoch === null ? 1 : compareEpochs(epoch, row.epoch)
    if (order < 0 || (order === 0 && row.at === at)) return false
    if (row.at !== at) for (const task of row.out) row.behind.add(task)
    row.at = at
    row.epoch = epoch
    this.isStirred = true
    return true
  }

  /** It does not live there any more, as far as is known. */
  lost(row: Callee, at: LifeId): boolean {
    if (row.at !== at) return false
    row.at = null
    this.isStirred = true
    return true
  }

  /** Has anything to send and nowhere to send it. */
  waits(row: Callee): boolean {
    return row.at === null && row.lines.size > 0
  }

  /** From now on: asked again in a while, and given up in the end. */
  await(row: Callee, now: Instant, { askMs, waitMs }: { readonly askMs: number; readonly waitMs: number }): void {
    if (!this.waits(row)) {
      row.askAt = never
      row.by = never
      return
    }
    if (row.askAt === never || row.askAt <= now) row.askAt = after(now, askMs)
    if (row.by === never) row.by = after(now, waitMs)
  }

  /** What was stirred after the last look is looked at in the next turn, at once. */
  deadline(now: Instant): Instant {
    let next: Instant = this.isStirred && this.#rows.size > 0 ? now : never
    for (const { askAt, by } of this.#rows.values()) next = Math.min(next, askAt, by) as Instant
    return next
  }

  check(): void {
    for (const row of this.#rows.values()) {
      if (row.open.size === 0) broken(`${row.actor} is called by somebody`)
      let waiting = 0
      for (const [context, line] of row.lines) {
        waiting += line.length
        if (line.length === 0) broken(`an empty line of ${context} is gone`)
        for (let at = 1; at < line.length; at++)
          if (!((line[at - 1] as Waiting).nth < (line[at] as Waiting).nth)) broken('calls go in order')
      }
      if (waiting + row.out.size !== row.open.size) broken('calls wait or are out')
      for (const task of row.behind) if (!row.out.has(task)) broken(`${task} is out`)
    }
  }
}
