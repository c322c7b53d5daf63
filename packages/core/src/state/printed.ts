// What tasks printed: the latest lines, of those that ran here and of those that were asked for here. Who was told
// of which is the flow's affair.

import type { Instant } from '../model/ids.ts'
import type { PrintedLine } from '../model/printed.ts'

export interface KeptLine {
  readonly nth: number
  readonly at: Instant
  readonly line: PrintedLine
}

export class Printed {
  readonly #limit: number
  readonly #lines: KeptLine[] = []
  #count = 0

  constructor({ printedLines }: { readonly printedLines: number }) {
    this.#limit = printedLines
  }

  get size(): number {
    return this.#lines.length
  }

  /** The number of the next line. */
  get next(): number {
    return this.#count + 1
  }

  keep(line: PrintedLine, at: Instant): void {
    const nth = ++this.#count
    this.#lines[(nth - 1) % this.#limit] = { nth, at, line }
  }

  /** Of a task or of what asked for it, or of all; after the `after`th, oldest first. */
  rows(id: string | null, after: number): KeptLine[] {
    return this.#lines
      .filter(({ nth, line }) => nth > after && (id === null || line.task === id || line.context === id))
      .sort((a, b) => a.nth - b.nth)
  }
}
