// Who was turned away is told to people once in a while only: strangers may knock by the thousand, and a
// sentence of theirs may be anything.

const againMs = 10_000
const mostSentences = 100

export class Refusals {
  readonly #said = new Map<string, number>()

  /** Not said within the last seconds. */
  isNews({ reason }: { readonly reason: string }): boolean {
    const now = performance.now()
    if (now - (this.#said.get(reason) ?? Number.NEGATIVE_INFINITY) < againMs) return false
    if (this.#said.size >= mostSentences) this.#said.clear()
    this.#said.set(reason, now)
    return true
  }
}
