// Which programs and tasks of a simulated peer wait for what: for values, for copies, for the end of what was cancelled. The machine
// is asked once for all of them; they go on together.

import type { Effect, LifeId, Located, ObjectId } from '@murmuration/core/internal'
import type { Wait } from './bodies.ts'
import type { SimPeer } from './peer.ts'
import type { Runner } from './runner.ts'

export class SimWatches {
  readonly #peer: SimPeer
  readonly #watchers = new Map<ObjectId, Set<Runner>>()
  /** Watched for nothing but their end. */
  readonly #unreadObjects = new Set<ObjectId>()
  /** Who waits for copies, or for the end of what was cancelled. */
  readonly #ends = new Map<string, Runner[]>()

  constructor(peer: SimPeer) {
    this.#peer = peer
  }

  /** Without `bytes` only that it is settled is of interest. */
  // oxlint-disable-next-line max-params -- who waits for what, and how much of it
  watch(object: ObjectId, owner: LifeId, runner: Runner, bytes = true): void {
    this.#unreadObjects[bytes ? 'delete' : 'add'](object)
    const watchers = this.#watchers.get(object)
    if (watchers) watchers.add(runner)
    else this.#watchers.set(object, new Set([runner]))
    this.#peer.event({ type: 'watch', object, owner, bytes })
  }

  unwatch(object: ObjectId, runner: Runner): void {
    const watchers = this.#watchers.get(object)
    if (!watchers?.delete(runner) || watchers.size > 0) return
    this.#watchers.delete(object)
    this.#peer.event({ type: 'unwatch', object })
  }

  awaitEnd(wait: Extract<Wait, { type: 'durable' | 'stop' }>, runner: Runner): void {
    const { object, owner } = wait.ref
    const key = `${wait.type}|${object}`
    this.#ends.set(key, [...(this.#ends.get(key) ?? []), runner])
    if (wait.type === 'stop') this.#peer.event({ type: 'cancel', object, owner, reason: wait.reason })
    else this.#peer.event({ type: 'durable', object })
  }

  reached(type: 'durable' | 'stop', object: ObjectId, failure: Extract<Effect, { type: 'durable' }>['failure']): void {
    const key = `${type}|${object}`
    const runners = this.#ends.get(key) ?? []
    this.#ends.delete(key)
    for (const runner of runners) this.#peer.resolve(() => runner.reached(type, object, failure))
  }

  settled(object: ObjectId, source: ObjectId, located: Located): void {
    const watchers = this.#watchers.get(object)
    this.#watchers.delete(object)
    if (located.type === 'alias') throw new Error(`${this.#peer.life} was told of ${object} that it is another one`)
    const isUnread = this.#unreadObjects.delete(object)
    for (const runner of watchers ?? []) {
      const bytes =
        located.type === 'failure' ? null : isUnread ? new Uint8Array() : this.#peer.keeper.bytesOf(source, located)
      // Gone bad meanwhile: watched on.
      if (bytes === undefined) {
        this.watch(object, runner.ownerOf(object), runner)
        continue
      }
      const got = located.type === 'failure' ? located : { bytes: bytes as Uint8Array, refs: located.refs }
      this.#peer.resolve(() => runner.settled(object, got))
    }
  }
}
