// Somebody who sees every turn of every peer and remembers what may happen only once: the value that
// a ref was seen to have, the settlements of a task, its executions and the reasons for more than one.

import type {
  ContextId,
  Effect,
  Frame,
  LifeId,
  Notice,
  ObjectId,
  Order,
  Outcome,
  TaskId,
  TaskSpec,
} from '@murmuration/core/internal'
import { ActorWitness } from './witness-actors.ts'
import type { Custody } from './custody.ts'
import type { SimPeer } from './peer.ts'
import type { TaskRow } from './tables.ts'
import { itemIn, resultOf } from '@murmuration/core/internal'
import { digestBytes } from './values.ts'

type Settled = Extract<Effect, { type: 'settled' }>

/** What an owner did with one task of its own. */
interface Account {
  /** It was asked for, or asked for anew. */
  added: number
  rebuilt: number
  settled: number
}

export class Witness {
  readonly actors = new ActorWitness()
  readonly executions = new Map<TaskId, number>()
  readonly #custody: Custody
  readonly #contexts = new Map<TaskId, ContextId>()
  /** Asked for, tried again, tried beside, made again: each is a reason for one execution. */
  readonly #causes = new Map<TaskId, number>()
  readonly #accounts = new Map<TaskId, Map<LifeId, Account>>()
  readonly #values = new Map<ObjectId, string>()
  readonly #failures = new Map<ObjectId, string>()
  /** Attempts in their owners' books: who has them. */
  readonly #given = new Map<string, { readonly to: LifeId; readonly nth: number }>()
  /** Tasks that somebody took over from an owner that was gone, or seemed to be: that asks for nothing. */
  readonly #adopted = new Set<TaskId>()
  /** Runs that ended with something to say to those who asked for them. */
  readonly #reported = new Map<string, number>()
  #nth = 0
  /** Values and failures that were read. */
  settled = 0
  /** Some tasks have another result each time: what is read of them is the scenario's to judge. */
  isFickle = false
  /** Somebody gave a task a bounded number of tries. */
  isImpatient = false

  /** Who asked whom for a sign of life, while that is written down: from>to. */
  readonly pings = new Set<string>()
  seesPings = false

  constructor(custody: Custody) {
    this.#custody = custody
  }

  /** A row was made: the first ask, or one by a context that runs again and found nothing. */
  added(owner: SimPeer, spec: TaskSpec): void {
    // Run again for what it put: a notice says so.
    if (owner.state.makers.get(spec.id)?.isRun) return
    this.actors.asked(owner, spec)
    this.#account(owner.life, spec.id).added++
    this.#cause(spec.id)
    if (spec.policy.retries >= 0) this.isImpatient = true
    if (owner.state.guarded.find(resultOf(spec.id)) ?? owner.state.claims.size > 0) this.#adopted.add(spec.id)
    // A vote begins anew when its task does.
    if (spec.depth > 0 && !this.#adopted.has(spec.id) && !isOfVote(spec.id)) this.#checkAskers(spec)
  }

  /** A context asks again only because it runs again. */
  #checkAskers({ id, context }: TaskSpec): void {
    const parent = this.executions.get(context as string as TaskId) ?? 0
    const asked = this.#sum(id, ({ added }) => added)
    if (asked > parent) throw new Error(`${id} was asked for ${asked} times by ${parent} runs of its parent`)
  }

  #account(owner: LifeId, task: TaskId): Account {
    let accounts = this.#accounts.get(task)
    if (!accounts) this.#accounts.set(task, (accounts = new Map()))
    let account = accounts.get(owner)
    if (!account) accounts.set(owner, (account = { added: 0, rebuilt: 0, settled: 0 }))
    return account
  }

  #sum(task: TaskId, count: (account: Account) => number): number {
    let sum = 0
    for (const account of this.#accounts.get(task)?.values() ?? []) sum += count(account)
    return sum
  }

  #cause(task: TaskId): void {
    this.#causes.set(task, (this.#causes.get(task) ?? 0) + 1)
  }

  /** An actor is to go on with other code: it is begun once more. */
  edited({ id }: TaskSpec): void {
    this.#cause(id)
  }

  /** Whoever pauses gives back what it runs: each of these runs once more. */
  paused({ state }: SimPeer): void {
    for (const row of state.executor.all())
      if (row.state === 'running' || row.state === 'blocked') this.#cause(row.spec.id)
  }

  /** 1: once for every time that it was asked for or made again. */
  settles(owner: SimPeer, { spec }: TaskRow): void {
    const account = this.#account(owner.life, spec.id)
    account.settled++
    // To be made again and to fail at once is one turn, of which no notice has left yet.
    const rebuilding = owner.state.effects.filter(
      (effect) => effect.type === 'notice' && effect.notice.type === 'object:rebuilt' && effect.notice.task === spec.id,
    ).length
    if (account.settled > account.added + account.rebuilt + rebuilding)
      throw new Error(`${owner.life} settled ${spec.id} ${account.settled} times`)
  }

  gave(owner: SimPeer, { spec, attempt }: TaskRow, to: LifeId): void {
    this.#given.set(`${owner.life}|${spec.id}#${attempt}`, { to, nth: this.#nth++ })
  }

  /** The shell of an executor tells its machine what came of an attempt that was still wanted. */
  reported(peer: SimPeer, order: Order, outcome: Outcome): void {
    const row = peer.state.executor.get(order.id)
    if (!row || row.aborting !== null || row.abandoned || outcome.type === 'returned') return
    for (const { owner } of [row, ...(row.others ?? [])])
      this.#reported.set(`${peer.life}|${owner}|${order.spec.id}`, this.#nth++)
  }

  executed({ spec }: Order, isStrict: boolean): void {
    this.executions.set(spec.id, (this.executions.get(spec.id) ?? 0) + 1)
    this.#contexts.set(spec.id, spec.context)
    if (isStrict) this.#checkCause(spec.id)
  }

  /** How often whatever asked for it ran; a program does so once. */
  runsOfParent(task: TaskId): number {
    return this.executions.get(this.#contexts.get(task) as string as TaskId) ?? 1
  }

  /** 10: every execution has a reason. */
  #checkCause(task: TaskId): void {
    const count = this.executions.get(task) ?? 0
    const causes = this.#causes.get(task) ?? 0
    if (count > causes) throw new Error(`${task} was executed ${count} times for ${causes} reasons`)
  }

  checkCauses(): void {
    for (const task of this.executions.keys()) this.#checkCause(task)
  }

  turned(peer: SimPeer, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send' && this.seesPings) this.#ping(effect.frame)
      else if (effect.type === 'settled') this.#read(peer, effect)
      else if (effect.type === 'notice') this.#noticed(peer, effect.notice, effects)
    }
  }

  #ping({ from, to, signals }: Frame): void {
    if (signals.some(({ type }) => type === 'ping')) this.pings.add(`${from}>${to}`)
  }

  /** 1: one ref, one value, whoever reads it and whenever; a failure is no value later, nor before. */
  #read(peer: SimPeer, { object, source, located }: Settled): void {
    const { life } = peer
    this.settled++
    if (located.type === 'alias') return
    if (located.type !== 'failure') this.actors.read(peer, object)
    if (located.type === 'failure') {
      const { code } = located.failure
      if (code === 'OBJECT_LOST' || code === 'OVERLOADED') return
      this.#failures.set(object, code)
    } else {
      // What a ref inside is called may depend on where it was asked for; what it refers to is read as well.
      const value = located.type === 'inline' ? digestBytes(located.bytes, located.refs) : located.hash
      const known = this.#values.get(object)
      this.#values.set(object, value)
      if (known !== undefined && known !== value && !this.isFickle && this.actors.begunAgain.size === 0)
        throw new Error(`${life} read another value of ${object} than was read before`)
    }
    const isBoth = this.#failures.has(object) && this.#values.has(object)
    if (isBoth && source === object && !this.#mayDiffer(object as string as TaskId))
      throw new Error(`${object} was read as a value and as ${this.#failures.get(object)}`)
  }

  /** It was asked for more than once, or made again: that may end in another way. */
  #mayDiffer(task: TaskId): boolean {
    const of = itemIn(task as string as ObjectId)?.task ?? task
    return this.#sum(of, ({ added, rebuilt }) => added + rebuilt) > 1
  }

  #noticed(peer: SimPeer, notice: Notice, effects: readonly Effect[]): void {
    if (notice.type === 'object:rebuilt') this.#account(peer.life, notice.task).rebuilt++
    if (notice.type === 'task:retried' || notice.type === 'task:hedged' || notice.type === 'object:rebuilt')
      this.#cause(notice.task)
    if (notice.type === 'task:retried') this.#checkRetry(peer, notice, effects)
  }

  /**
   * 10: of a peer that did not die it is not said that it did. One that seemed to have lost an attempt
   * and had its outcome all the while was not asked, or did not keep it.
   */
  #checkRetry(peer: SimPeer, retry: Extract<Notice, { type: 'task:retried' }>, effects: readonly Effect[]): void {
    const name = /^peer (.+) died$/.exec(retry.reason)?.[1]
    const isOver = (other: Effect): boolean =>
      other.type === 'notice' && /^peer:(died|left)$/.test(other.notice.type) && 'peer' in other.notice
        ? other.notice.peer === name
        : false
    if (name === undefined || effects.some(isOver)) return
    const given = this.#given.get(`${peer.life}|${retry.task}#${retry.attempt}`)
    if (!given || !peer.world.living(given.to) || this.#custody.hasClosed(given.to, peer.life)) return
    if ((this.#reported.get(`${given.to}|${peer.life}|${retry.task}`) ?? -1) < given.nth) return
    throw new Error(`${peer.life} has ${retry.task} run again, and ${given.to} had done it: its outcome was lost`)
  }
}

/** A ballot, or a comparison of two: what the vote asks for itself. */
export function isOfVote(task: TaskId): boolean {
  return /~\d+(=\d+)?$/.test(task)
}
