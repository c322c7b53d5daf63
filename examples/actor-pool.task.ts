// The class of actor-pool.ts: what takes long to make is made once per actor, and used for all its calls.

export class Speller {
  readonly #words: ReadonlySet<string>

  constructor(words: readonly string[]) {
    this.#words = new Set(words)
  }

  /** Which of these it does not know. */
  unknown(text: string): readonly string[] {
    return text.split(/\W+/).filter((word) => word !== '' && !this.#words.has(word.toLowerCase()))
  }
}
