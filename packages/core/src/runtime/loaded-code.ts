// Which bundles one worker was told of, and why others could not be put where it would find them. It imports each when
// its first attempt comes; none is ever let go of.

import type { CodeId } from '../model/ids.ts'

export interface LoadedCodeOptions {
  /** Where workers find the bundle; undefined when this peer does not have it. */
  readonly urlOf: (code: CodeId) => Promise<string | undefined>
  /** Tells the worker, unless it is gone. */
  readonly load: (code: CodeId, url: string) => void
  readonly warn: (line: string) => void
}

export class LoadedCode {
  readonly #options: LoadedCodeOptions
  readonly #loaded = new Set<CodeId>()
  readonly #unloadable = new Map<CodeId, string>()

  constructor(options: LoadedCodeOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#loaded.size
  }

  has(code: CodeId): boolean {
    return this.#loaded.has(code)
  }

  /** Why it is not there; undefined when that is only for want of its bytes. */
  why(code: CodeId): string | undefined {
    return this.#unloadable.get(code)
  }

  async load(code: CodeId): Promise<void> {
    if (this.#loaded.has(code)) return
    try {
      const url = await this.#options.urlOf(code)
      this.#unloadable.delete(code)
      if (url === undefined || this.#loaded.has(code)) return
      this.#loaded.add(code)
      this.#options.load(code, url)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (this.#unloadable.get(code) !== why) this.#options.warn(`code ${code} cannot be loaded here: ${why}`)
      this.#unloadable.set(code, why)
    }
  }
}
