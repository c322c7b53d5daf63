// 9: calls of one context to one actor begin in the order in which they were made, and once a later incarnation of an
// actor has begun a call, no earlier one begins any. A reply that counts once is read only when more than half of those who
// keep the actor's state have it.

import type { ContextId, LifeId, ObjectId, Order, TaskId, TaskSpec } from '@murmuration/core/internal'
import { compareEpochs, isStream, resultOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'

type Epoch = Parameters<typeof compareEpochs>[0]

/** The last incarnation that ran a call, and when it ran its last one. */
interface Latest {
  readonly epoch: Epoch
  readonly host: LifeId
  readonly ranAt: number
}

/** Clocks run apart by so much at most. */
const apart = 1.02

/**
 * It ended so long ago that nobody need remember it. Whoever slept since it was asked for, and does not know of that end,
 * begins it again, from a number of its own.
 */
function isForgotten({ world, state }: SimPeer, actor: ObjectId, { epoch, host, ranAt }: Latest): boolean {
  const { tenure } = world.living(host)?.state.residents.get(actor) ?? {}
  const livesOn = tenure != null && compareEpochs(tenure.epoch, epoch) === 0
  if (livesOn || world.clock.now - ranAt <= state.config.tombstoneMs * apart) return false
  // Of one that ended lately its group still knows.
  const knows = (peer: SimPeer): boolean => {
    const row = peer.state.leases.get(actor)
    return (
      row !== undefined && (row.over !== null || (row.promised !== null && compareEpochs(row.promised, epoch) >= 0))
    )
  }
  return !world.alive().some(knows)
}

export class ActorWitness {
  readonly #latest = new Map<ObjectId, Latest>()
  readonly #nth = new Map<TaskId, number>()
  readonly #asked = new Map<string, number>()
  readonly #begun = new Map<string, number>()
  readonly #ran = new Set<TaskId>()
  /** Actors whose replies are kept before they leave, and by what is read the calls of them that nobody has read yet. */
  readonly #keeping = new Set<ObjectId>()
  readonly #unread = new Map<ObjectId, { readonly actor: ObjectId; readonly task: TaskId }>()
  /** Actors that began again when nobody knew any more that they had ended: what they replied before, they may reply otherwise. */
  readonly begunAgain = new Set<ObjectId>()
  /** Incarnations that have run a call. */
  readonly incarnations = new Map<ObjectId, Set<string>>()

  /** A context makes that call, or spawns that actor. */
  asked(owner: SimPeer, spec: TaskSpec): void {
    const { id, call, context, actor } = spec
    const isKeeping = actor?.onceOnly === true && actor.everyCalls > 0 && owner.world.actors.get(spec.fn)?.snapshots
    if (isKeeping) this.#keeping.add(id as string as ObjectId)
    if (!call || this.#nth.has(id)) return
    if (!isStream(spec)) this.#unread.set(resultOf(id), { actor: call.actor, task: id })
    const line = `${call.actor}|${context}`
    const nth = this.#asked.get(line) ?? 0
    this.#asked.set(line, nth + 1)
    this.#nth.set(id, nth)
  }

  /** It begins. */
  begins(peer: SimPeer, { spec }: Order): void {
    const actor = spec.call?.actor as ObjectId
    this.#checkIncarnation(peer, actor)
    if (this.#ran.has(spec.id)) return
    this.#ran.add(spec.id)
    this.#checkOrder(actor, spec.context, spec.id)
  }

  /** Somebody has the reply, the first to have it. */
  read({ world }: SimPeer, object: ObjectId): void {
    const { actor, task } = this.#unread.get(object) ?? {}
    this.#unread.delete(object)
    if (!actor || !task || !this.#keeping.has(actor)) return
    const rows = world.alive().flatMap(({ state }) => state.leases.get(actor) ?? [])
    const records = rows.flatMap(({ record }) => record ?? [])
    const isKept = (life: LifeId): boolean => {
      const peer = world.living(life)
      return !peer || peer.state.leases.get(actor)?.record?.answers.some((answer) => answer.task === task) === true
    }
    // While a group changes, what the old one had agreed on by then is safe as well.
    const groups = records.flatMap(({ group, before }) => [group, ...(before ? [before] : [])])
    const isSafe = groups.some((group) => group.filter(isKept).length > group.length / 2)
    if (records.length === 0 || rows.some(({ over }) => over !== null) || isSafe) return
    throw new Error(`the reply to ${task} is read before most of those who keep the state of ${actor} have it`)
  }

  #checkIncarnation(peer: SimPeer, actor: ObjectId): void {
    const tenure = peer.state.residents.get(actor)?.tenure
    // What a worker was handed before its peer stood still it goes on with at once; none of it is shown to anybody.
    if (tenure && (tenure.until <= peer.now() || peer.wokeAt >= peer.state.timers.turnAt)) return
    const epoch = tenure?.epoch
    if (!epoch) throw new Error(`${peer.life} runs a call of ${actor}, which does not live there`)
    const latest = this.#latest.get(actor)
    if (latest && compareEpochs(epoch, latest.epoch) < 0) {
      const { number, by } = latest.epoch
      if (isForgotten(peer, actor, latest)) this.begunAgain.add(actor)
      else throw new Error(`${peer.life} runs a call of ${actor} as ${epoch.number}, after ${number} of ${by} did`)
    }
    this.#latest.set(actor, { epoch, host: peer.life, ranAt: peer.world.clock.now })
    const known = this.incarnations.get(actor) ?? new Set()
    this.incarnations.set(actor, known.add(`${epoch.number} ${epoch.by}`))
  }

  #checkOrder(actor: ObjectId, context: ContextId, id: TaskId): void {
    const line = `${actor}|${context}`
    const nth = this.#nth.get(id) ?? 0
    const last = this.#begun.get(line) ?? -1
    if (nth < last) throw new Error(`${id} of ${context} begins after a call that was made later`)
    this.#begun.set(line, nth)
  }
}
