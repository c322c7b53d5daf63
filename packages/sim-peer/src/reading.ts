// How a context of the simulation reads a stream: a window of items is held and watched ahead of the one that is
// wanted, as the shell of a real peer does, and what was taken is told as a total.

import type { ContextId, Failure, LifeId, ObjectId, TaskId } from '@murmuration/core/internal'
import { isEnd, itemOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { Received, Runner } from './runner.ts'
import type { SimRef } from './values.ts'

type Answer = Received | { readonly failure: Failure }

/** What a reader gets: an item, the end, or why there is none. */
export type Next = Received | { readonly failure: Failure } | 'end'

/** Items asked for at once. */
const windowItems = 4

export class SimReading {
  readonly stream: ObjectId
  readonly #owner: LifeId
  readonly #peer: SimPeer
  readonly #runner: Runner
  readonly #reader: ContextId
  readonly #run: number
  /** Items asked for, and what came of those that have settled. */
  readonly #window = new Map<ObjectId, Answer | null>()
  readonly #held = new Set<ObjectId>()
  /** Those for which there was no room when they were asked for. */
  readonly #early = new Set<ObjectId>()
  #taken = 0
  #asRefs = false

  // oxlint-disable-next-line max-params -- who reads what, and where
  constructor(peer: SimPeer, runner: Runner, { object, owner }: SimRef, run: number) {
    this.stream = object
    this.#owner = owner
    this.#peer = peer
    this.#runner = runner
    this.#reader = runner.id
    this.#run = run
    this.#tell()
  }

  #tell(): void {
    const { stream: object, ...rest } = { stream: this.stream, reader: this.#reader, run: this.#run }
    this.#peer.event({ type: 'took', object, owner: this.#owner, ...rest, taken: this.#taken })
  }

  /** The item that comes next. */
  get item(): ObjectId {
    return itemOf(this.stream as string as TaskId, this.#taken)
  }

  has(object: ObjectId): boolean {
    return this.#window.has(object)
  }

  /** Asks for what is not asked for yet. */
  ask(asRefs = this.#asRefs): void {
    this.#asRefs = asRefs
    for (let index = this.#taken; index < this.#taken + windowItems; index++) {
      const object = itemOf(this.stream as string as TaskId, index)
      if (this.#window.has(object)) continue
      this.#window.set(object, null)
      if (!this.#held.has(object)) this.#peer.event({ type: 'hold', object, owner: this.#owner })
      this.#held.add(object)
      this.#peer.watches.watch(object, this.#owner, this.#runner, !asRefs)
    }
  }

  settled(object: ObjectId, answer: Answer): void {
    if (!this.#window.has(object)) return
    this.#window.set(object, answer)
    const hasNoRoom = 'failure' in answer && answer.failure.code === 'OVERLOADED'
    if (hasNoRoom && object !== this.item) this.#early.add(object)
  }

  /** There was no room for it while those before it were here: when it is its turn there may be. */
  #isAhead(object: ObjectId): boolean {
    return this.#early.delete(object)
  }

  /** Takes the next one if it is there. `keeps`: its handle is the caller's from now on. */
  take(keeps: boolean): Next | null {
    const object = this.item
    const answer = this.#window.get(object) ?? null
    if (answer === null) return null
    if ('failure' in answer && this.#isAhead(object)) {
      this.#window.delete(object)
      this.ask()
      return null
    }
    if ('failure' in answer) {
      this.close()
      return isEnd(answer.failure) ? 'end' : answer
    }
    this.#window.delete(object)
    this.#held.delete(object)
    this.#taken++
    this.#tell()
    if (!keeps) this.#peer.event({ type: 'release', object })
    return answer
  }

  get owner(): LifeId {
    return this.#owner
  }

  close(): void {
    for (const object of this.#held) {
      this.#peer.watches.unwatch(object, this.#runner)
      this.#peer.event({ type: 'release', object })
    }
    this.#held.clear()
    this.#window.clear()
  }
}
