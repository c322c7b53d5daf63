// The workers of one simulated peer: each runs the attempts it was handed one after the other, the
// next when the first is done or gone. A body that waits keeps its worker; what queued behind it is
// given back, as the worker host does.

import type {
  AttemptId,
  ContextId,
  CrashReason,
  Effect,
  Item,
  ObjectId,
  Order,
  Outcome,
  RefLink,
} from '@murmuration/core/internal'
import { countBytes, itemOf, resultOf } from '@murmuration/core/internal'
import { SimActors } from './actors.ts'
import { SimFailure } from './bodies.ts'
import type { SimPeer } from './peer.ts'
import { Runner } from './runner.ts'
import { SimRef, encode } from './values.ts'

type Inputs = ReadonlyMap<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>

interface Running {
  readonly order: Order
  /** Taken when the order came, as a worker is sent them. */
  readonly inputs: Inputs
  readonly worker: number
  /** Null until it is its turn. */
  runner: Runner | null
  startedAt: number
  isBlocked: boolean
}

type WorkerEffect = Extract<Effect, { type: 'run' | 'abort' | 'snapshot' | 'recall' | 'terminate' }>

export class SimWorkers {
  readonly #peer: SimPeer
  readonly #actors: SimActors
  readonly #running = new Map<AttemptId, Running>()
  readonly #queues = new Map<number, AttemptId[]>()

  constructor(peer: SimPeer) {
    this.#peer = peer
    this.#actors = new SimActors({
      peer,
      outcomeOf: (order, value) => this.#outcome(order, value),
      itemOf: (order, index, value) => this.#stored(itemOf(order.spec.id, index), value),
      errorOf: errorOutcome,
      inputsOf: (order) => this.#inputsOf(order),
    })
  }

  /** How many were started so far: numbers are given out again, so that is the most there were at once. */
  get size(): number {
    return this.#queues.size
  }

  has(worker: number): boolean {
    return this.#queues.has(worker)
  }

  /** Workers that have something to do. */
  busy(): number[] {
    return [...this.#queues].filter(([, queue]) => queue.length > 0).map(([worker]) => worker)
  }

  *runners(): Iterable<Runner> {
    for (const { runner } of this.#running.values()) if (runner) yield runner
    yield* this.#actors.runners()
  }

  /** The process is gone. */
  clear(): void {
    this.#running.clear()
    this.#queues.clear()
    this.#actors.clear()
  }

  perform(effect: WorkerEffect): void {
    switch (effect.type) {
      case 'run':
        return this.run(effect.worker, effect.batch)
      case 'abort':
        return this.abort(effect.attempt, effect.reason)
      case 'snapshot':
        return this.#actors.snapshot(effect.attempt)
      case 'recall':
        return this.giveBack(effect.worker)
      case 'terminate':
        return this.crash(effect.worker, effect.reason)
    }
  }

  run(worker: number, batch: readonly Order[]): void {
    if (batch.some(({ spec }) => spec.actor ?? spec.call)) return this.#actors.run(worker, batch)
    let queue = this.#queues.get(worker)
    if (!queue) this.#queues.set(worker, (queue = []))
    const idle = queue.length === 0
    for (const order of batch) {
      const inputs = this.#inputsOf(order)
      if (!inputs) continue
      this.#running.set(order.id, { order, inputs, worker, runner: null, startedAt: 0, isBlocked: false })
      queue.push(order.id)
    }
    if (idle) this.#next(worker)
    // It began to wait before it heard of these.
    else if (this.#isBlocked(worker)) this.giveBack(worker)
  }

  #next(worker: number): void {
    const id = this.#queues.get(worker)?.[0]
    const running = id === undefined ? undefined : this.#running.get(id)
    if (!running || running.runner) return
    const { world, peer } = this.#peer
    running.startedAt = world.clock.now
    world.executed(this.#peer, running.order)
    const { spec, attempt } = running.order
    const { stream } = running.order
    const runner = new Runner(this.#peer, {
      id: spec.id as string as ContextId,
      depth: spec.depth + 1,
      attempt,
      code: spec.code,
      stream: stream && {
        order: stream,
        ahead: spec.policy.ahead,
        onItem: (value, index) => this.#item(running, value, index),
      },
      onEnd: (end) =>
        this.#finish(running, end.type === 'returned' ? this.#returned(running, end.value) : errorOutcome(end.value)),
      onBlocked: (blocked) => this.#blocked(running, blocked),
    })
    running.runner = runner
    const fn = world.functions.get(spec.fn)
    if (!fn) throw new Error(`no function ${spec.fn} in this simulation: ${peer} cannot run it`)
    const args = runner.argumentsFrom(spec.args, spec.refs, running.inputs)
    runner.start(fn(runner, ...(args as never[])))
  }

  /** Null when one of them cannot be read any more: then it is given back. */
  #inputsOf(order: Order): Inputs | null {
    const inputs = new Map<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>()
    for (const { object, source, inline, refs } of order.inputs) {
      const bytes = inline ?? this.#peer.keeper.relied(source, `runs ${order.id} without its input`)
      if (!bytes) {
        this.#peer.event({ type: 'done', attempt: order.id, outcome: { type: 'missing', objects: [source] }, ms: 0 })
        return null
      }
      inputs.set(object, { bytes, refs })
    }
    return inputs
  }

  /** Of what there is no room for nothing comes after it: the attempt is given back. */
  #item(running: Running, value: unknown, index: number): void {
    const { order } = running
    const item = this.#stored(itemOf(order.spec.id, index), value)
    if (item) this.#peer.event({ type: 'item', attempt: order.id, index, item })
    else {
      running.runner?.drop()
      this.#finish(running, { type: 'returned', reason: 'memory' })
    }
  }

  /** Of a generator, how many items there were. */
  #returned({ order, runner }: Running, value: unknown): Outcome {
    if (order.stream) return { type: 'inline', bytes: countBytes(runner?.emitted ?? 0), refs: [] }
    return this.#outcome(order, value)
  }

  #outcome({ spec }: Order, value: unknown): Outcome {
    return this.#stored(resultOf(spec.id), value) ?? { type: 'returned', reason: 'memory' }
  }

  /** Null when there is no room for it. */
  #stored(object: ObjectId, value: unknown): Item | null {
    if (value instanceof SimRef) return { type: 'ref', link: { object: value.object, owner: value.owner, top: false } }
    const encoded = encode(value)
    const { bytes, refs, size, hash } = encoded
    if (size <= this.#peer.world.config.inlineBytes) return { type: 'inline', bytes, refs }
    if (!this.#peer.store.put(object, encoded)) return null
    return { type: 'stored', size, hash, refs }
  }

  #finish({ order, worker, startedAt }: Running, outcome: Outcome): void {
    const ms = this.#peer.world.clock.now - startedAt
    this.#peer.world.witness.reported(this.#peer, order, outcome)
    this.#peer.event({ type: 'done', attempt: order.id, outcome, ms })
    this.#remove(order.id, worker)
    this.#peer.work(0, () => this.#next(worker))
  }

  #remove(id: AttemptId, worker: number): void {
    this.#running.delete(id)
    const queue = this.#queues.get(worker)
    const at = queue?.indexOf(id) ?? -1
    if (at >= 0) queue?.splice(at, 1)
  }

  #isBlocked(worker: number): boolean {
    const [first] = this.#queues.get(worker) ?? []
    return first !== undefined && this.#running.get(first)?.isBlocked === true
  }

  #blocked(running: Running, blocked: boolean): void {
    const { order, worker } = running
    running.isBlocked = blocked
    this.#peer.event({ type: 'blocked', attempt: order.id, blocked })
    if (blocked) this.giveBack(worker)
  }

  /** All that it has not begun. */
  giveBack(worker: number): void {
    const queue = this.#queues.get(worker) ?? []
    const unstarted = queue.filter((id) => !this.#running.get(id)?.runner)
    if (unstarted.length === 0) return
    for (const id of unstarted) this.#remove(id, worker)
    this.#peer.event({ type: 'returned', attempts: unstarted })
  }

  /** Bodies of the simulation listen to their signal: they stop at once. */
  abort(id: AttemptId, reason: string): void {
    if (this.#actors.abort(id, reason)) return
    const running = this.#running.get(id)
    if (!running) return
    running.runner?.drop()
    this.#peer.event({ type: 'done', attempt: id, outcome: { type: 'cancelled', reason }, ms: 0 })
    this.#remove(id, running.worker)
    this.#peer.work(0, () => this.#next(running.worker))
  }

  proceed(id: AttemptId, taken: number): void {
    this.#actors.proceed(id, taken)
    this.#running.get(id)?.runner?.proceed(taken)
  }

  crash(worker: number, reason: CrashReason): void {
    if (this.#actors.has(worker)) return this.#actors.crash(worker, reason)
    const queue = this.#queues.get(worker) ?? []
    this.#queues.delete(worker)
    const running = queue.filter((id) => this.#running.get(id)?.runner)
    const unstarted = queue.filter((id) => !this.#running.get(id)?.runner)
    for (const id of running) this.#running.get(id)?.runner?.drop()
    for (const id of queue) this.#running.delete(id)
    this.#peer.event({ type: 'exited', worker, reason, detail: '', running, unstarted })
  }
}

function errorOutcome(error: unknown): Outcome {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const code = error instanceof SimFailure ? error.failure.code : ''
  return { type: 'error', name, code, message, bytes: new TextEncoder().encode(message) }
}
