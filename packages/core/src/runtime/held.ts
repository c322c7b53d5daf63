// What one context on this peer holds: each object once, however often it asks. The calls of an actor and the actor
// itself have one together, since what a call got may stay in the instance.

import type { PeerEvent } from '../model/events.ts'
import type { LifeId, ObjectId } from '../model/ids.ts'

export class Held {
  readonly #post: (event: PeerEvent) => void
  readonly #objects = new Set<ObjectId>()
  #closed = false

  constructor(post: (event: PeerEvent) => void) {
    this.#post = post
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The machine counts a handle for what is submitted or put; a second one of ours is given back. */
  own(object: ObjectId): void {
    if (this.#objects.has(object)) this.#post({ type: 'release', object })
    this.#objects.add(object)
  }

  hold(object: ObjectId, owner: LifeId): void {
    if (this.#closed || this.#objects.has(object)) return
    this.#objects.add(object)
    this.#post({ type: 'hold', object, owner })
  }

  release(object: ObjectId): void {
    if (this.#objects.delete(object)) this.#post({ type: 'release', object })
  }

  /** Lets go of all of it. */
  close(): void {
    this.#closed = true
    for (const object of this.#objects) this.#post({ type: 'release', object })
    this.#objects.clear()
  }
}
