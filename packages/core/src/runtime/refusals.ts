// Who was turned away, for people: each sentence once in a while, since strangers may knock by the
// thousand and a sentence of theirs may be anything.

import type { Notice } from '../model/events.ts'
import type { PeerId } from '../model/ids.ts'

const againMs = 10_000
const mostSentences = 100

export class Refusals {
  readonly #notify: (notice: Notice) => void
  readonly #said = new Map<string, number>()

  constructor(notify: (notice: Notice) => void) {
    this.#notify = notify
  }

  tell(refused: {
    readonly peer: PeerId
    readonly name: string
    readonly sentence: string
    readonly by: 'us' | 'them'
  }): void {
    const { peer, name, sentence: reason, by } = refused
    const now = performance.now()
    if (now - (this.#said.get(reason) ?? Number.NEGATIVE_INFINITY) < againMs) return
    if (this.#said.size >= mostSentences) this.#said.clear()
    this.#said.set(reason, now)
    this.#notify({ type: 'peer:refused', peer, name, reason, by })
  }
}
