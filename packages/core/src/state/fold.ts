// Of lines that come again and again the first is passed on at once, the others are counted and told as one when
// their time is up; and of a flood so many a second, the rest as a number. A task that prints in a loop, or on
// every peer, must not bury what else is said.

import type { Instant } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { PrintedLine } from '../model/printed.ts'

export interface FoldLimits {
  readonly repeatMs: number
  readonly printedPerSecond: number
}

interface Open<T> {
  readonly carried: T
  readonly until: Instant
  again: number
}

/** Texts told apart at once; past it the oldest begins anew. */
const mostTexts = 256

/** `T`: the line with whatever belongs to it. */
export class Fold<T extends { readonly line: PrintedLine }> {
  readonly #limits: FoldLimits
  /** In the order of their time. */
  readonly #open = new Map<string, Open<T>>()
  readonly #second: { ends: Instant; passed: number; held: number; last: T | null } = {
    ends: never,
    passed: 0,
    held: 0,
    last: null,
  }

  constructor(limits: FoldLimits) {
    this.#limits = limits
  }

  /** Whether it is to be passed on now. */
  isNews(carried: T, now: Instant): boolean {
    const { fn, level, text, again } = carried.line
    const key = `${level} ${fn} ${text}`
    const open = this.#open.get(key)
    if (open && open.until > now) {
      open.again += Math.max(1, again)
      return false
    }
    this.#open.delete(key)
    this.#open.set(key, { carried, until: after(now, this.#limits.repeatMs), again: 0 })
    this.#forgetOldest()
    return this.#hasRoom(carried, now)
  }

  #forgetOldest(): void {
    if (this.#open.size <= mostTexts) return
    const [oldest] = this.#open.keys()
    if (oldest !== undefined) this.#open.delete(oldest)
  }

  #hasRoom(carried: T, now: Instant): boolean {
    const second = this.#second
    if (second.ends === never || second.ends <= now) {
      if (second.held > 0) return this.#hold(carried)
      second.ends = after(now, 1_000)
      second.passed = 0
    }
    if (second.passed >= this.#limits.printedPerSecond) return this.#hold(carried)
    second.passed++
    return true
  }

  #hold(carried: T): boolean {
    this.#second.held++
    this.#second.last = carried
    return false
  }

  /** What was held back, as lines, now that its time is up. */
  due(now: Instant): T[] {
    const told: T[] = []
    for (const [key, { carried, until, again }] of this.#open) {
      if (until > now) break
      this.#open.delete(key)
      if (again > 0) told.push({ ...carried, line: { ...carried.line, again } })
    }
    const { ends, held, last } = this.#second
    if (ends <= now && held > 0 && last) {
      const text = `… and ${held} more lines, too many at once to be passed on`
      told.push({ ...last, line: { ...last.line, level: 'warn', text, again: 0 } })
      Object.assign(this.#second, { ends: never, passed: 0, held: 0, last: null })
    }
    return told
  }

  deadline(): Instant {
    let next: Instant = this.#second.held > 0 ? this.#second.ends : never
    for (const { until, again } of this.#open.values()) if (again > 0 && until < next) next = until
    return next
  }
}
