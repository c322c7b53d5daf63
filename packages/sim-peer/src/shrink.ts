// The smallest run that still breaks the same promise. Everything that was found on the way is named
// first; then faults are left out, jobs, peers, what is special about the mesh; then numbers are made
// smaller, work and times alike; all of it again, until nothing can go. Every candidate is a run of its own.

import type { ChurnOptions } from './churn.ts'
import { churn } from './churn.ts'
import { ddmin } from './ddmin.ts'
import type { Plan } from './plan.ts'
import { lessersOf, withValue } from './smaller.ts'
import { promiseOf } from './violation.ts'

export interface Shrunk {
  readonly plan: Plan
  /** In the words of the smaller run. */
  readonly violation: string
  /** Runs that it took, and whether there was any hope left in more. */
  readonly runs: number
  readonly isDone: boolean
}

export interface ShrinkOptions extends Pick<ChurnOptions, 'spoil'> {
  /** Runs at most. */
  readonly budget?: number
}

/** Null when the plan breaks nothing. */
export function shrink(what: number | Plan, { budget = 300, ...options }: ShrinkOptions = {}): Shrunk | null {
  const { violation, pinned } = churn(what, options)
  if (violation === null) return null
  const search = new Search(pinned, violation, { budget, ...options })
  return search.run()
}

class Search {
  readonly #promise: string
  readonly #options: ChurnOptions
  readonly #budget: number
  #plan: Plan
  #violation: string
  #runs = 1

  constructor(plan: Plan, violation: string, { budget, ...options }: ShrinkOptions & { readonly budget: number }) {
    this.#plan = plan
    this.#violation = violation
    this.#promise = promiseOf(violation)
    this.#options = options
    this.#budget = budget
  }

  run(): Shrunk {
    for (let before: Plan | null = null; before !== this.#plan && this.#hasMore;) {
      before = this.#plan
      this.#fewer('faults')
      this.#fewer('jobs')
      this.#fewer('seats')
      this.#less()
    }
    return { plan: this.#plan, violation: this.#violation, runs: this.#runs, isDone: this.#hasMore }
  }

  get #hasMore(): boolean {
    return this.#runs < this.#budget
  }

  #fewer(list: 'faults' | 'jobs' | 'seats'): void {
    ddmin<unknown>(this.#plan[list], (items) => this.#try({ ...this.#plan, [list]: items }))
  }

  /** One place after the other, each as little as will do. */
  #less(): void {
    for (const { path, values } of lessersOf(this.#plan))
      values.some((value) => this.#try(withValue(this.#plan, path, value)))
  }

  /** Whether that run breaks the same promise; then it is what is to be made smaller. */
  #try(plan: Plan): boolean {
    if (!this.#hasMore) return false
    this.#runs++
    const { violation } = churn(plan, this.#options)
    if (violation === null || promiseOf(violation) !== this.#promise) return false
    this.#plan = plan
    this.#violation = violation
    return true
  }
}
