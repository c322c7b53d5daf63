// Somebody who sees every turn of every peer and remembers what may happen only once: the value that
// a ref was seen to have, the executions of a task and the reasons for more than one.

import type { Effect, LifeId, Notice, ObjectId, Order, PeerEvent, PeerId, TaskId } from '@murmuration/core/internal'
import { digest } from './values.ts'

export class Witness {
  readonly executions = new Map<TaskId, number>()
  /** Submits, retries and rebuilds: each is a reason for one execution. */
  readonly #causes = new Map<TaskId, number>()
  readonly #values = new Map<ObjectId, string>()
  readonly #buried = new Set<string>()
  settled = 0

  turned(life: LifeId, events: readonly PeerEvent[], effects: readonly Effect[]): void {
    for (const event of events) if (event.type === 'submit') this.#cause(event.spec.id)
    for (const effect of effects) {
      if (effect.type === 'settled') this.#read(life, effect)
      else if (effect.type === 'notice') this.#noticed(effect.notice)
    }
  }

  #cause(task: TaskId): void {
    this.#causes.set(task, (this.#causes.get(task) ?? 0) + 1)
  }

  /** 1: one ref, one value, whoever reads it and whenever. */
  #read(life: LifeId, { object, located }: Extract<Effect, { type: 'settled' }>): void {
    this.settled++
    if (located.type !== 'inline' && located.type !== 'stored') return
    // Refs inside name their owner, and that is a hint.
    if (located.refs.length > 0) return
    const value = located.type === 'inline' ? digest(new TextDecoder().decode(located.bytes)) : located.hash
    const known = this.#values.get(object)
    if (known === undefined) this.#values.set(object, value)
    else if (known !== value) throw new Error(`${life} read another value of ${object} than was read before`)
  }

  #noticed(notice: Notice): void {
    if (notice.type === 'task:retried' || notice.type === 'object:rebuilt') this.#cause(notice.task)
  }

  buried(by: PeerId, peer: PeerId): void {
    this.#buried.add(`${by}|${peer}`)
  }

  hasBuried(by: PeerId, peer: PeerId): boolean {
    return this.#buried.has(`${by}|${peer}`)
  }

  executed({ spec }: Order): void {
    this.executions.set(spec.id, (this.executions.get(spec.id) ?? 0) + 1)
  }

  /** 10: every execution has a reason. */
  checkCauses(): void {
    for (const [task, count] of this.executions) {
      const causes = this.#causes.get(task) ?? 0
      if (count > causes) throw new Error(`${task} was executed ${count} times for ${causes} reasons`)
    }
  }
}
