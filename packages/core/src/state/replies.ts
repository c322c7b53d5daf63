// Replies of actors that must be given again when they are asked for again (`onceOnly`): kept over there until this
// side says that nobody will. Nobody will when the call's result was let go of here and the context that made the
// call is over for good, and whoever asked for that has heard so; a context that was lost runs again elsewhere, and
// asks again. A program's runs once.

import type { Keep } from '../model/actor.ts'
import type { ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { Multimap } from '../model/multimap.ts'

export interface Reply {
  readonly task: TaskId
  readonly actor: ObjectId
  /** Who gave it. */
  readonly at: LifeId
  readonly context: ContextId
  isReleased: boolean
  /** Now that its context has ended; null: it has not. */
  keep: Keep | null
  /** Who asked for its context, as which attempt, and has not taken the outcome yet: should we be gone, it runs again. */
  untold: Map<LifeId, number>
}

export class Replies {
  readonly #rows = new Map<TaskId, Reply>()
  readonly #byContext = new Multimap<ContextId, TaskId>()

  get size(): number {
    return this.#rows.size
  }

  get(task: TaskId): Reply | undefined {
    return this.#rows.get(task)
  }

  add(reply: Reply): void {
    this.#rows.set(reply.task, reply)
    this.#byContext.add(reply.context, reply.task)
  }

  all(): IterableIterator<Reply> {
    return this.#rows.values()
  }

  ofContext(context: ContextId): Reply[] {
    if (this.#rows.size === 0) return []
    return this.#byContext
      .of(context)
      .map((task) => this.#rows.get(task))
      .filter((reply) => reply !== undefined)
  }

  remove({ task, context }: Reply): void {
    this.#rows.delete(task)
    this.#byContext.delete(context, task)
  }
}
