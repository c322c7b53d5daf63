// Names of actors that are asked about: who was asked and has not answered, what was found, and for whom. A
// name belongs to whoever answers for the actor that has it; there is no list of them anywhere.

import type { FoundActor } from '../model/events.ts'
import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { never } from '../model/ids.ts'

/** What an actor waits for in place of an input while its name is asked about. */
export function nameOf({ id }: { readonly id: TaskId }): ObjectId {
  return `name:${id}` as ObjectId
}

export interface Search {
  readonly name: string
  /** How many answers each of them owes. */
  readonly waits: Map<LifeId, number>
  readonly by: Instant
  found: FoundActor | null
  /** Actors here that are to have it. */
  readonly claims: TaskId[]
  /** Questions of programs here. */
  readonly requests: number[]
}

/** It is to stand for that one, once that goes on with its code. */
export interface Wish {
  readonly found: FoundActor
  /** When whoever answers for it is asked again: it may have thought us dead, and told us nothing. */
  askAt: Instant
}

export class Names {
  readonly #searches = new Map<string, Search>()

  /** Of actors here that wait until another of their name goes on with their code. */
  readonly changing = new Map<TaskId, Wish>()

  get size(): number {
    return this.#searches.size
  }

  get(name: string): Search | undefined {
    return this.#searches.get(name)
  }

  all(): IterableIterator<Search> {
    return this.#searches.values()
  }

  add(name: string, asked: Iterable<LifeId>, by: Instant): Search {
    const search: Search = {
      name,
      waits: new Map([...asked].map((life) => [life, 1])),
      by,
      found: null,
      claims: [],
      requests: [],
    }
    this.#searches.set(name, search)
    return search
  }

  remove(search: Search): void {
    this.#searches.delete(search.name)
  }

  /** A conversation with that life begins anew: what it has said may be lost. */
  begunAnew(life: LifeId, now: Instant): void {
    for (const wish of this.changing.values()) if (wish.found.owner === life) wish.askAt = now
  }

  deadline(): Instant {
    let next: Instant = never
    for (const { by } of this.#searches.values()) if (by < next) next = by
    for (const { askAt } of this.changing.values()) if (askAt < next) next = askAt
    return next
  }
}
