// Refs that an outcome, an item or an object put again has inside, on their way: whoever says it keeps them until
// its receiver holds them itself and says `delivered`. A receiver that had given the sender up may have forgotten to.
// So when a conversation has ended, what came there in it is kept no longer than the receiver lists it in the next.
// The same may be said twice under one number, and that the first has come says nothing of the second: answers are counted.

import type { LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { attemptId } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Delivery } from './runs.ts'

export interface Transit {
  readonly saying: string
  readonly to: LifeId
  readonly objects: readonly ObjectId[]
  /** How often `delivered` is still to come: once for each time that it was said in this conversation, and once if it was listed as owed. */
  times: number
}

/** An outcome, an item, or (as a task, with attempt 0) an object put again. */
export interface Said {
  readonly task: TaskId
  readonly attempt: number
  readonly index?: number | undefined
}

export function sayingOf({ task, attempt, index }: Said): string {
  const id = attemptId(task, attempt)
  return index === undefined ? id : `${id}[${index}]`
}

/** At the receiver: what it has yet to hold before it says `delivered`, nothing if it has no use for it; with that, what came before under that number. */
// oxlint-disable-next-line max-params -- a table, what came, from whom, and what it names
export function expectDelivery(
  deliveries: Map<string, Delivery>,
  from: LifeId,
  { task, attempt, index }: Said,
  objects: readonly ObjectId[],
): void {
  const key = `${sayingOf({ task, attempt, index })}@${from}`
  const before = deliveries.get(key)
  const waits = new Set([...(before?.waits ?? []), ...objects])
  deliveries.set(key, { to: from, task, attempt, index, waits, times: (before?.times ?? 0) + 1 })
}

function sayingIn(message: Message): string | null {
  if (message.type === 'outcome' || message.type === 'item') return sayingOf(message)
  return message.type === 'remade' ? sayingOf({ task: message.object as string as TaskId, attempt: 0 }) : null
}

export class Transits {
  readonly #rows = new Map<string, Transit>()

  get size(): number {
    return this.#rows.size
  }

  all(): IterableIterator<Transit> {
    return this.#rows.values()
  }

  has(saying: string, to: LifeId): boolean {
    return this.#rows.has(`${saying}@${to}`)
  }

  /** One task may be asked for, run and answered twice under the same number: what was kept for the first answer is kept along. */
  add(saying: string, to: LifeId, objects: readonly ObjectId[]): void {
    const key = `${saying}@${to}`
    const before = this.#rows.get(key)
    const all = [...(before?.objects ?? []), ...objects]
    this.#rows.set(key, { saying, to, objects: all, times: (before?.times ?? 0) + 1 })
  }

  /** One answer to it was taken, and what that names is held there. The objects, to be let go of, with the last. */
  delivered(saying: string, to: LifeId): readonly ObjectId[] {
    const row = this.#rows.get(`${saying}@${to}`)
    if (!row || --row.times > 0) return []
    return this.#take(row)
  }

  #take({ saying, to, objects }: Transit): readonly ObjectId[] {
    this.#rows.delete(`${saying}@${to}`)
    return objects
  }

  takeAll(to: LifeId): ObjectId[] {
    return this.#takeThose(to, () => true)
  }

  /** A conversation with that life is over. What it never took is on its way again, the rest has come. */
  conversationEnded(to: LifeId, onTheirWay: readonly Message[]): void {
    for (const row of this.#rows.values()) if (row.to === to) row.times = 0
    for (const message of onTheirWay) {
      const row = this.#rows.get(`${sayingIn(message)}@${to}`)
      if (row) row.times++
    }
  }

  /** It has said what it has yet to hold of what had come, and will answer: the rest it holds, or does not need. */
  takeUnlisted(to: LifeId, listed: readonly string[]): ObjectId[] {
    const kept = new Set(listed)
    // That is answered as well, with one answer however often it had come.
    for (const row of this.#rows.values()) if (row.to === to && kept.has(row.saying)) row.times++
    return this.#takeThose(to, ({ times }) => times === 0)
  }

  #takeThose(to: LifeId, isMeant: (row: Transit) => boolean): ObjectId[] {
    const rows = [...this.#rows.values()].filter((row) => row.to === to && isMeant(row))
    return rows.flatMap((row) => this.#take(row))
  }
}
