// Questions for an actor of some name that have no answer yet.

import type { FoundActor, PeerEvent } from '../model/events.ts'
import type { Wait } from './context-port.ts'

interface Search {
  readonly resolve: (found: FoundActor | null) => void
  readonly reject: (error: Error) => void
}

export class ActorSearches {
  readonly #post: (event: PeerEvent) => void
  readonly #searches = new Map<number, Search>()
  #next = 0

  constructor(post: (event: PeerEvent) => void) {
    this.#post = post
  }

  find(name: string): Wait<FoundActor | null> {
    const request = this.#next++
    const settled = new Promise<FoundActor | null>((resolve, reject) =>
      this.#searches.set(request, { resolve, reject }),
    )
    this.#post({ type: 'find-actor', request, name })
    return { settled, stop: () => this.#searches.delete(request) }
  }

  answered(request: number, found: FoundActor | null): void {
    this.#searches.get(request)?.resolve(found)
    this.#searches.delete(request)
  }

  /** The peer is gone. */
  fail(error: Error): void {
    for (const { reject } of this.#searches.values()) reject(error)
    this.#searches.clear()
  }
}
