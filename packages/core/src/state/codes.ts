// Which bundles are on this peer, and how many tasks, specs kept as lineage and attempts here need each.
// One that nothing needs may go when there are too many, least recently needed first: whoever calls it
// keeps it again, whoever runs it fetches it again.

import { assert, broken } from '../model/assert.ts'
import type { CodeId } from '../model/ids.ts'

interface CodeRow {
  needed: number
  isHere: boolean
}

export class Codes {
  readonly #rows = new Map<CodeId, CodeRow>()
  /** Here and needed by nothing, in the order in which they came to be so. */
  readonly #idle = new Set<CodeId>()
  #here = 0

  get size(): number {
    return this.#here
  }

  has(code: CodeId): boolean {
    return this.#rows.get(code)?.isHere === true
  }

  /** It is here. */
  add(code: CodeId): void {
    const row = this.#row(code)
    if (!row.isHere) this.#here++
    row.isHere = true
    if (row.needed > 0) return
    this.#idle.delete(code)
    this.#idle.add(code)
  }

  need(code: CodeId): void {
    this.#row(code).needed++
    this.#idle.delete(code)
  }

  unneed(code: CodeId): void {
    const row = this.#rows.get(code)
    if (!(row !== undefined && row.needed > 0)) broken(`code ${code} was needed`)
    if (--row.needed > 0) return
    if (row.isHere) this.#idle.add(code)
    else this.#rows.delete(code)
  }

  #row(code: CodeId): CodeRow {
    let row = this.#rows.get(code)
    if (!row) {
      row = { needed: 0, isHere: false }
      this.#rows.set(code, row)
    }
    return row
  }

  /** Takes what is to go so that no more are here than that, as far as they are not needed. */
  takeSurplus(most: number): CodeId[] {
    const surplus: CodeId[] = []
    for (const code of this.#idle) {
      if (this.#here <= most) break
      this.#idle.delete(code)
      this.#rows.delete(code)
      this.#here--
      surplus.push(code)
    }
    return surplus
  }

  check(most: number): void {
    let here = 0
    for (const [code, { needed, isHere }] of this.#rows) {
      if (isHere) here++
      if (!(needed > 0 || isHere)) broken(`code ${code} is here or needed`)
      if (!(this.#idle.has(code) === (isHere && needed === 0))) broken(`code ${code} may go while unneeded`)
    }
    assert(here === this.#here, 'bundles are counted')
    if (!(here <= most || this.#idle.size === 0)) broken(`${most} idle bundles at most`)
  }
}
