// Actors that are to go on with other code: of each what is to be changed, one after the other, and who waits for that. How
// a change is made is not known here. So many may wait as a peer could have programs; more of them are refused.

import type { NewCode } from '../model/actor.ts'
import { assert, broken } from '../model/assert.ts'
import type { CodeId, LifeId, TaskId } from '../model/ids.ts'

export interface Change extends NewCode {
  /** Who would have the actor's name, and waits for that. */
  readonly askers: Map<TaskId, LifeId>
  /** The attempt that was told to hand over. */
  ordered: number
  /** What it ran, once it is given out with this: what it goes on with when this cannot be. */
  before: NewCode | null
}

/** Who may wait for changes of all actors here. */
export const askersMost = 1_000

export class Changes {
  readonly #rows = new Map<TaskId, Change[]>()
  readonly #need: (code: CodeId, isNeeded: boolean) => void
  #askers = 0

  constructor(need: (code: CodeId, isNeeded: boolean) => void) {
    this.#need = need
  }

  get size(): number {
    return this.#rows.size
  }

  /** The one that is under way. */
  of(actor: TaskId): Change | undefined {
    return this.#rows.get(actor)?.[0]
  }

  /** Of each actor the one that is under way. */
  all(): [TaskId, Change | undefined][] {
    return [...this.#rows].map(([actor, [first]]) => [actor, first])
  }

  /** False: too many wait already. Asked again, it is the same. */
  ask(
    actor: TaskId,
    { code, needs, generators }: NewCode,
    by: { readonly task: TaskId; readonly life: LifeId },
  ): boolean {
    const waiting = this.#rows.get(actor) ?? []
    const known = waiting.find((change) => change.code === code)
    if (!known?.askers.has(by.task) && this.#askers >= askersMost) return false
    const change: Change = known ?? { code, needs, generators, askers: new Map(), ordered: 0, before: null }
    if (!known) {
      waiting.push(change)
      this.#rows.set(actor, waiting)
      this.#need(code, true)
    }
    if (!change.askers.has(by.task)) this.#askers++
    change.askers.set(by.task, by.life)
    return true
  }

  /** The first has come to its end. */
  over(actor: TaskId): Change | undefined {
    const waiting = this.#rows.get(actor)
    const change = waiting?.shift()
    if (!change) return undefined
    if (waiting?.length === 0) this.#rows.delete(actor)
    this.#askers -= change.askers.size
    this.#need(change.code, false)
    return change
  }

  check(): void {
    let askers = 0
    for (const [actor, waiting] of this.#rows) {
      if (waiting.length === 0) broken(`${actor} is to be changed`)
      if (new Set(waiting.map(({ code }) => code)).size !== waiting.length)
        broken(`${actor} is changed to each code once`)
      for (const change of waiting) {
        if (change.askers.size === 0) broken(`${actor} is waited for in ${change.code}`)
        if (!(change === waiting[0] || (change.before === null && change.ordered === 0)))
          broken(`${actor} is changed in turn`)
        askers += change.askers.size
      }
    }
    assert(askers === this.#askers, 'who waits for changes is counted')
    if (askers > askersMost) broken(`${askersMost} wait at most`)
  }
}
