// Who was thought dead by whom and for how long, and what could be lost by that: the only reasons for
// which something that is held may be freed. A life that only seemed over keeps what it holds for
// `orphanGraceMs`; what was let go after that is written down here, with all that hung on it.

import type { Effect, LifeId, ObjectId, PeerId, TaskId } from '@murmuration/core/internal'
import { isOver, peerOf, resultOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { TaskRow } from './tables.ts'
import type { SimWorld } from './world.ts'

/** What one peer thinks of the ended lives of others. */
interface Graveyard {
  /** When each grave was dug, by its own clock. */
  readonly graves: Map<LifeId, number>
  /** The lives that it knew of before its current turn. */
  readonly lives: Map<PeerId, LifeId>
  version: number
}

export class Custody {
  readonly #world: SimWorld
  readonly #yards = new Map<LifeId, Graveyard>()
  readonly #orphans = new Set<ObjectId>()
  readonly #buried = new Set<LifeId>()
  readonly #closed = new Set<string>()
  /** Borrows that an owner has written down: owner|object|borrower. */
  readonly #borrows = new Set<string>()

  /** What nobody could answer for any more while somebody who held it was thought dead. */
  readonly #forgotten = new Set<ObjectId>()
  /** guardian|object: what it has forgotten while somebody who held it was away; another guardian may know of it. */
  readonly #dropped = new Set<string>()

  readonly #hurried = new Set<LifeId>()
  /** Who could have answered in the place of a life when it ended. */
  readonly #heirs = new Map<LifeId, readonly LifeId[]>()

  /** What an owner let go of when nobody held it: owner|object. */
  readonly #freed = new Set<string>()
  /** owner|object: what somebody answered for at any time. */
  readonly #entered = new Set<string>()

  constructor(world: SimWorld) {
    this.#world = world
  }

  /** How often anybody was thought dead. */
  get burials(): number {
    return this.#buried.size
  }

  /** It left when its time was up, whatever it had yet to hand over. */
  wasHurried(life: LifeId): boolean {
    return this.#hurried.has(life)
  }

  /** Somebody thought that this life was over, rightly or not. */
  wasBuried(life: LifeId): boolean {
    return this.#buried.has(life)
  }

  /** That one let go of all that this life held. */
  hasClosed(by: LifeId, life: LifeId): boolean {
    return this.#closed.has(`${by}|${life}`)
  }

  wasClosed(life: LifeId): boolean {
    for (const key of this.#closed) if (key.endsWith(`|${life}`)) return true
    return false
  }

  /** It ends: whoever has its whole ledger by then answers for it. */
  ends({ life, state }: SimPeer): void {
    const guardians = [...state.ledger.guardians()].filter(({ begunAt, acked }) => begunAt > 0 && acked >= begunAt)
    this.#heirs.set(
      life,
      guardians.map((guardian) => guardian.life),
    )
  }

  /** Nobody was left to answer for it in the place of that life, as far as everybody knew. */
  hasNoHeir(life: LifeId, object: ObjectId): boolean {
    const heirs = this.#heirs.get(life) ?? []
    const isGone = (heir: LifeId): boolean => this.#buried.has(heir) || !this.#world.living(heir)
    return heirs.every((heir) => isGone(heir) || this.#dropped.has(`${heir}|${object}`))
  }

  /** It could be lost, as somebody who kept it was thought dead for longer than the grace. */
  isOrphan(object: ObjectId): boolean {
    return this.#orphans.has(object)
  }

  /** Its owner was dead, and the grace went by while somebody who held it was away. */
  wasForgotten(object: ObjectId): boolean {
    return this.#forgotten.has(object)
  }

  borrowed(owner: SimPeer, object: ObjectId, by: LifeId): void {
    if (by !== owner.life) this.#borrows.add(`${owner.life}|${object}|${by}`)
  }

  released(owner: SimPeer, object: ObjectId, by: LifeId): void {
    this.#borrows.delete(`${owner.life}|${object}|${by}`)
  }

  isBorrowed(owner: LifeId, object: ObjectId, by: LifeId): boolean {
    return this.#borrows.has(`${owner}|${object}|${by}`)
  }

  entered(owner: LifeId, object: ObjectId): void {
    this.#entered.add(`${owner}|${object}`)
  }

  /** That peer has answered for it. */
  wasEntered(owner: LifeId, object: ObjectId): boolean {
    return this.#entered.has(`${owner}|${object}`)
  }

  freed(owner: LifeId, object: ObjectId): void {
    this.#freed.add(`${owner}|${object}`)
  }

  /** Whoever comes to it later was told of it by somebody who is behind the times, having been thought dead. */
  wasFreed(owner: LifeId, object: ObjectId): boolean {
    return this.burials > 0 && this.#freed.has(`${owner}|${object}`)
  }

  #yard(peer: SimPeer): Graveyard {
    let yard = this.#yards.get(peer.life)
    if (!yard) this.#yards.set(peer.life, (yard = { graves: new Map(), lives: new Map(), version: -1 }))
    return yard
  }

  /** Before a turn: who is known, and what is let go of in it. */
  turns(peer: SimPeer): void {
    const { members, graves } = peer.state
    const yard = this.#yard(peer)
    if (yard.version !== members.version) {
      yard.version = members.version
      for (const row of members.all()) yard.lives.set(row.peer, row.life)
    }
    // Whoever has just woken gives the dead their whole grace again.
    if (graves.size === 0 || peer.wokeAt === peer.now()) return
    for (const [life, at] of graves) if (at <= peer.now()) this.#closing(peer, life)
  }

  /** After a turn: new graves, and those that are gone. */
  turned(peer: SimPeer, effects: readonly Effect[]): void {
    const { graves } = peer.state
    const yard = this.#yard(peer)
    for (const effect of effects) {
      if (effect.type === 'notice' && effect.notice.type === 'peer:died') this.#died(peer, yard, effect.notice.peer)
      if (effect.type === 'left') this.#leaves(peer)
    }
    if (graves.size === 0 && yard.graves.size === 0) return
    for (const life of graves.keys()) if (!yard.graves.has(life)) yard.graves.set(life, peer.now())
    for (const life of yard.graves.keys()) if (!graves.has(life)) this.#gone(peer, yard, life)
  }

  #died(peer: SimPeer, yard: Graveyard, of: PeerId): void {
    const { members, graves } = peer.state
    const row = members.get(of)
    const life = row && isOver(row.state) ? row.life : yard.lives.get(of)
    if (!life) return
    this.#buried.add(life)
    // Thought dead, heard again and left, all in one turn; and of two lives that ended either will do.
    if (row?.state === 'left') return
    const isKept = [...graves.keys()].some((other) => peerOf(other) === of)
    if (!isKept && !members.lives(life)) throw new Error(`${peer.life} let go at once of what ${life} held`)
  }

  #gone(peer: SimPeer, yard: Graveyard, life: LifeId): void {
    const ms = peer.now() - (yard.graves.get(life) as number)
    yard.graves.delete(life)
    const { members } = peer.state
    if (members.lives(life)) return
    this.#closed.add(`${peer.life}|${life}`)
    const isLeft = [...members.all()].some((row) => row.life === life && row.state === 'left')
    if (!isLeft && ms < this.#world.config.orphanGraceMs - 1)
      throw new Error(`${peer.life} let go of what ${life} held after ${ms.toFixed(0)} ms`)
  }

  /** What is let go of with a grave: its ledger, what that life borrowed, what was on its way to it, what ran for it. */
  #closing(peer: SimPeer, life: LifeId): void {
    const { holds, transits, executor, guarded } = peer.state
    if (guarded.has(life)) this.#forgetting(peer, life)
    for (const row of holds.ofLife(life)) if (row.borrowers.has(life)) this.orphan(row.object)
    for (const { to, objects } of transits.all()) if (to === life) for (const object of objects) this.orphan(object)
    for (const { others, spec, outcome } of executor.askedBy(life)) {
      if (others) continue
      if (outcome && 'refs' in outcome) for (const link of outcome.refs) this.orphan(link.object)
      if (outcome?.type === 'ref') this.orphan(outcome.link.object)
      this.#childrenOf(spec.id)
    }
  }

  /**
   * A guardian forgets that life's ledger: whoever it thinks dead, and is only away, can ask nobody any more for what it holds
   * of it. Nor can whoever has asked one of them in time, if that is still on its way: a link that reorders and loses may take longer
   * over a few messages than the whole grace.
   */
  #forgetting(peer: SimPeer, life: LifeId): void {
    const others = this.#world.alive().filter((other) => other !== peer)
    const knows = ({ state }: SimPeer, object: ObjectId): boolean =>
      state.directory.get(object) !== undefined || state.guarded.find(object) !== undefined
    for (const away of others) {
      const isAway = peer.state.members.ended(away.life)
      for (const { object, owner, before, borrow } of away.state.holds.all()) {
        if (owner !== life && !before.includes(life)) continue
        if (!isAway && borrow !== 'asked') continue
        if (!peer.state.guarded.ownersOf(object).includes(life)) continue
        this.#dropped.add(`${peer.life}|${object}`)
        if (!others.some((other) => knows(other, object))) this.#forgotten.add(object)
      }
    }
  }

  /** One that could not wait for its hand-over to end. */
  #leaves(peer: SimPeer): void {
    const { leaving, holds } = peer.state
    if (!leaving || peer.now() < leaving.by) return
    this.#hurried.add(peer.life)
    for (const row of holds.all()) this.orphan(row.object)
  }

  /** Jobs end with their peer: what their tasks were given is let go before these have heard that they are to stop. */
  settles({ state }: SimPeer, { spec, at }: TaskRow): void {
    if (state.leaving && spec.depth === 0 && at !== null) for (const link of spec.refs) this.orphan(link.object)
  }

  /** Children end with a parent that nobody asks for any more. */
  #childrenOf(task: TaskId): void {
    for (const { state } of this.#world.alive()) {
      for (const { spec } of state.tasks.childrenOf(task)) {
        const result = resultOf(spec.id)
        if (this.#orphans.has(result)) continue
        this.orphan(result)
        for (const link of spec.refs) this.orphan(link.object)
        this.#childrenOf(spec.id)
      }
    }
  }

  /** The object, and what is inside it. */
  orphan(object: ObjectId): void {
    if (this.#orphans.has(object)) return
    this.#orphans.add(object)
    for (const { state } of this.#world.alive())
      for (const link of state.directory.get(object)?.refs ?? []) this.orphan(link.object)
  }
}
