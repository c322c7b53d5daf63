// The workers of one simulated peer: orders queue at each, the first of a queue runs, and whatever
// becomes of it is an event of the peer's. They take virtual time and no threads.

import type { AttemptId, ContextId, Effect, ObjectId, Order, Outcome, RefLink } from '@murmuration/core/internal'
import { resultOf } from '@murmuration/core/internal'
import { SimFailure } from './bodies.ts'
import type { Body } from './bodies.ts'
import type { SimPeer } from './peer.ts'
import { Runner } from './runner.ts'
import { SimRef, encode } from './values.ts'

type Inputs = ReadonlyMap<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>

interface Running {
  readonly order: Order
  /** Taken when the order came, as a worker is sent them. */
  readonly inputs: Inputs
  readonly worker: number
  runner: Runner | null
  startedAt: number
}

export class SimWorkers {
  readonly #peer: SimPeer
  readonly #running = new Map<AttemptId, Running>()
  readonly #workers = new Map<number, AttemptId[]>()

  constructor(peer: SimPeer) {
    this.#peer = peer
  }

  run(worker: number, batch: readonly Order[]): void {
    let queue = this.#workers.get(worker)
    if (!queue) this.#workers.set(worker, (queue = []))
    const idle = queue.length === 0
    for (const order of batch) {
      this.#running.set(order.id, { order, inputs: this.#inputsOf(order), worker, runner: null, startedAt: 0 })
      queue.push(order.id)
    }
    if (idle) this.#next(worker)
  }

  #next(worker: number): void {
    const id = this.#workers.get(worker)?.[0]
    const running = id === undefined ? undefined : this.#running.get(id)
    if (!running || running.runner) return
    running.startedAt = this.#peer.world.clock.now
    this.#peer.world.executed(running.order)
    const { spec, attempt } = running.order
    const runner = new Runner(this.#peer, {
      id: spec.id as string as ContextId,
      depth: spec.depth + 1,
      attempt,
      code: spec.code,
      onEnd: (end) =>
        this.#finish(running, end.type === 'returned' ? this.#outcome(running, end.value) : errorOutcome(end.value)),
      onBlocked: (blocked) => this.#blocked(running, blocked),
    })
    running.runner = runner
    runner.start(this.#body(running, runner))
  }

  #inputsOf(order: Order): Inputs {
    const inputs = new Map<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>()
    for (const input of order.inputs) {
      const stored = input.inline ? { bytes: input.inline, refs: input.refs } : this.#peer.store.get(input.source)
      if (!stored) throw new Error(`${this.#peer.life} runs ${order.id} without its input ${input.source}`)
      inputs.set(input.object, stored)
    }
    return inputs
  }

  #body({ order, inputs }: Running, runner: Runner): Body {
    const args = runner.argumentsFrom(order.spec.args, order.spec.refs, inputs)
    const fn = this.#peer.world.functions.get(order.spec.fn)
    if (!fn) throw new Error(`no function ${order.spec.fn} in this simulation`)
    return fn(runner, ...(args as never[]))
  }

  #outcome({ order }: Running, value: unknown): Outcome {
    if (value instanceof SimRef) return { type: 'ref', link: { object: value.object, owner: value.owner, top: false } }
    const encoded = encode(value)
    if (encoded.size <= this.#peer.config.inlineBytes)
      return { type: 'inline', bytes: encoded.bytes, refs: encoded.refs }
    this.#peer.store.set(resultOf(order.spec.id), encoded)
    return { type: 'stored', size: encoded.size, hash: encoded.hash, refs: encoded.refs }
  }

  #finish(running: Running, outcome: Outcome): void {
    const { order, worker } = running
    this.#peer.event({ type: 'done', attempt: order.id, outcome, ms: this.#peer.world.clock.now - running.startedAt })
    this.#remove(order.id, worker)
    this.#peer.work(0, () => this.#next(worker))
  }

  #remove(id: AttemptId, worker: number): void {
    this.#running.delete(id)
    const queue = this.#workers.get(worker)
    const at = queue?.indexOf(id) ?? -1
    if (at >= 0) queue?.splice(at, 1)
  }

  #blocked({ order, worker }: Running, blocked: boolean): void {
    this.#peer.event({ type: 'blocked', attempt: order.id, blocked })
    if (blocked) this.giveBack(worker)
  }

  giveBack(worker: number): void {
    const queue = this.#workers.get(worker) ?? []
    const unstarted = queue.filter((id) => !this.#running.get(id)?.runner)
    if (unstarted.length === 0) return
    for (const id of unstarted) this.#remove(id, worker)
    this.#peer.event({ type: 'returned', attempts: unstarted })
  }

  /** Bodies of the simulation listen to their signal: they stop at once. */
  abort(id: AttemptId, reason: string): void {
    const running = this.#running.get(id)
    if (!running) return
    running.runner?.drop()
    this.#peer.event({ type: 'done', attempt: id, outcome: { type: 'cancelled', reason }, ms: 0 })
    this.#remove(id, running.worker)
    this.#peer.work(0, () => this.#next(running.worker))
  }

  /** How many were started so far: numbers are given out again, so that is the most there were at once. */
  get size(): number {
    return this.#workers.size
  }

  busy(): number[] {
    return [...this.#workers].filter(([, queue]) => queue.length > 0).map(([worker]) => worker)
  }

  crash(worker: number, reason: Extract<Effect, { type: 'terminate' }>['reason']): void {
    const queue = this.#workers.get(worker) ?? []
    this.#workers.delete(worker)
    const running = queue.filter((id) => this.#running.get(id)?.runner)
    const unstarted = queue.filter((id) => !this.#running.get(id)?.runner)
    for (const id of running) this.#running.get(id)?.runner?.drop()
    for (const id of queue) this.#running.delete(id)
    this.#peer.event({ type: 'exited', worker, reason, detail: '', running, unstarted })
  }

  runners(): Runner[] {
    return [...this.#running.values()].map(({ runner }) => runner).filter((runner) => runner !== null)
  }

  /** The process is gone. */
  stop(): void {
    this.#running.clear()
  }
}

function errorOutcome(error: unknown): Outcome {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const code = error instanceof SimFailure ? error.failure.code : ''
  return { type: 'error', name, code, message, bytes: new TextEncoder().encode(message) }
}
