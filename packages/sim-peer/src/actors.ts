// The workers of actors on one simulated peer: each has one instance and runs its calls in order, so many at
// once as it allows. What the instance keeps refs to is held for it, whichever call brought them.

import type {
  AttemptId,
  CodeId,
  ContextId,
  CrashReason,
  ObjectId,
  Order,
  Item,
  Outcome,
  RefLink,
} from '@murmuration/core/internal'
import { countBytes } from '@murmuration/core/internal'
import type { ActorState, SimActor } from './bodies-actor.ts'
import type { SimPeer } from './peer.ts'
import { Runner } from './runner.ts'
import type { RunnerEnd } from './runner.ts'
import { decode, encode } from './values.ts'

type Inputs = ReadonlyMap<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>

export interface Call {
  readonly order: Order
  readonly inputs: Inputs
  startedAt: number
}

interface Running {
  readonly call: Call
  readonly runner: Runner
}

interface Instance {
  readonly order: Order
  readonly worker: number
  readonly definition: SimActor
  /** Null until it is made. */
  state: ActorState | null
  /** What the instance has refs to. */
  readonly keeper: Runner
  readonly queue: Call[]
  readonly running: Map<AttemptId, Running>
  /** Those that yield, and wait for their readers: others have their turn. */
  readonly parked: Map<AttemptId, Running>
  /** A snapshot is wanted when nothing runs. */
  isAsked: boolean
}

export interface ActorWorkersOptions {
  readonly peer: SimPeer
  readonly outcomeOf: (order: Order, value: unknown) => Outcome
  /** Null when there is no room for it. */
  readonly itemOf: (order: Order, index: number, value: unknown) => Item | null
  readonly errorOf: (error: unknown) => Outcome
  readonly inputsOf: (order: Order) => Inputs | null
}

export class SimActors {
  readonly #options: ActorWorkersOptions
  readonly #byWorker = new Map<number, Instance>()

  constructor(options: ActorWorkersOptions) {
    this.#options = options
  }

  clear(): void {
    this.#byWorker.clear()
  }

  has(worker: number): boolean {
    return this.#byWorker.has(worker)
  }

  *runners(): Iterable<Runner> {
    for (const { keeper, running, parked } of this.#byWorker.values()) {
      yield keeper
      for (const { runner } of [...running.values(), ...parked.values()]) yield runner
    }
  }

  run(worker: number, batch: readonly Order[]): void {
    for (const order of batch) {
      const inputs = this.#options.inputsOf(order)
      if (!inputs) continue
      if (order.spec.actor) this.#build(worker, order, inputs)
      else this.#byWorker.get(worker)?.queue.push({ order, inputs, startedAt: 0 })
    }
    const instance = this.#byWorker.get(worker)
    if (instance?.state) this.#next(instance)
  }

  #build(worker: number, order: Order, inputs: Inputs): void {
    const { peer } = this.#options
    const { spec, attempt } = order
    const { actors } = peer.world
    const definition = actors.get(`${spec.fn} of ${spec.code}`) ?? actors.get(spec.fn)
    if (!definition) throw new Error(`no actor ${spec.fn} in this simulation`)
    peer.world.executed(peer, order)
    const keeper = new Runner(peer, {
      ...runnerOf(order),
      attempt,
      lingers: true,
      onEnd: () => {},
      onBlocked: () => {},
    })
    const instance: Instance = {
      order,
      worker,
      definition,
      state: null,
      keeper,
      queue: [],
      running: new Map(),
      parked: new Map(),
      isAsked: false,
    }
    this.#byWorker.set(worker, instance)
    const args = keeper.argumentsFrom(spec.args, spec.refs, inputs)
    peer.work(1, () => {
      if (this.#byWorker.get(worker) !== instance) return
      try {
        const { snapshot } = order
        const kept = snapshot && (decode(snapshot.bytes, snapshot.refs) as ActorState)
        instance.state = kept ? (definition.restore?.(kept as never) ?? kept) : definition.build(...(args as never[]))
      } catch (error) {
        this.#byWorker.delete(worker)
        peer.event({ type: 'done', attempt: order.id, outcome: this.#options.errorOf(error), ms: 0 })
        keeper.drop()
        return
      }
      this.#keep(instance)
      peer.event({ type: 'built', attempt: order.id, snapshots: definition.snapshots })
      this.#next(instance)
    })
  }

  /** Holds what its state has refs to, and nothing else. */
  #keep({ keeper, state }: Instance): void {
    keeper.keepOnly(encode(state).refs)
  }

  #next(instance: Instance): void {
    // Its worker may have ended since.
    if (this.#byWorker.get(instance.worker) !== instance) return
    const most = instance.order.spec.actor?.concurrency ?? 1
    // What can go on does before anything else begins.
    for (const { runner } of instance.parked.values()) runner.resume()
    while (instance.state && instance.queue.length > 0 && instance.running.size < most)
      this.#begin(instance, instance.queue.shift() as Call)
    if (instance.isAsked && instance.running.size === 0 && instance.queue.length === 0) this.#take(instance)
  }

  #begin(instance: Instance, call: Call): void {
    const { peer } = this.#options
    const { order } = call
    const { spec, attempt } = order
    call.startedAt = peer.world.clock.now
    peer.world.executed(peer, order)
    peer.world.witness.actors.begins(peer, order)
    const { stream } = order
    const runner = new Runner(peer, {
      ...runnerOf(order),
      attempt,
      stream: stream && {
        order: stream,
        ahead: spec.policy.ahead,
        onItem: (value, index) => this.#item(instance, call, { value, index }),
      },
      onEnd: (end) => this.#ended(instance, call, end),
      onBlocked: (blocked) => this.#park(instance, order.id, blocked),
      mayResume: () => instance.running.size < (instance.order.spec.actor?.concurrency ?? 1),
    })
    instance.running.set(order.id, { call, runner })
    const args = runner.argumentsFrom(spec.args, spec.refs, call.inputs)
    const method = instance.definition.methods[spec.fn]
    if (!method) throw new Error(`no method ${spec.fn} of ${instance.order.spec.fn}`)
    runner.start(method(runner, instance.state as never, ...(args as never[])))
  }

  /** Of what there is no room for nothing comes after it. */
  #item(
    instance: Instance,
    { order }: Call,
    { value, index }: { readonly value: unknown; readonly index: number },
  ): void {
    const { peer, itemOf, errorOf } = this.#options
    const item = itemOf(order, index, value)
    if (item) return peer.event({ type: 'item', attempt: order.id, index, item })
    instance.running.get(order.id)?.runner.drop()
    instance.running.delete(order.id)
    peer.event({ type: 'done', attempt: order.id, outcome: errorOf(new Error('there is no room for it')), ms: 0 })
    peer.work(0, () => this.#next(instance))
  }

  /** What waits for its reader keeps nobody from their turn. */
  #park(instance: Instance, id: AttemptId, isWaiting: boolean): void {
    const { running, parked } = instance
    const from = isWaiting ? running : parked
    const one = from.get(id)
    if (!one || one.call.order.stream === null || (isWaiting && !one.runner.isParked)) return
    from.delete(id)
    ;(isWaiting ? parked : running).set(id, one)
    if (isWaiting) this.#options.peer.work(0, () => this.#next(instance))
  }

  #ended(instance: Instance, { order, startedAt }: Call, end: RunnerEnd): void {
    const { peer, outcomeOf, errorOf } = this.#options
    const emitted = instance.running.get(order.id)?.runner.emitted ?? 0
    if (!instance.running.delete(order.id)) return
    // Before the call lets go of what it was given.
    this.#keep(instance)
    const outcome =
      end.type === 'threw'
        ? errorOf(end.value)
        : order.stream
          ? ({ type: 'inline', bytes: countBytes(emitted), refs: [] } as const)
          : outcomeOf(order, end.value)
    peer.world.witness.reported(peer, order, outcome)
    peer.event({ type: 'done', attempt: order.id, outcome, ms: peer.world.clock.now - startedAt })
    peer.work(0, () => this.#next(instance))
  }

  snapshot(attempt: AttemptId): void {
    for (const instance of this.#byWorker.values()) {
      if (instance.order.id !== attempt) continue
      instance.isAsked = true
      this.#options.peer.work(0, () => this.#next(instance))
    }
  }

  #take(instance: Instance): void {
    instance.isAsked = false
    const { bytes, refs } = encode(instance.state)
    this.#options.peer.event({ type: 'snapshot', attempt: instance.order.id, result: { type: 'taken', bytes, refs } })
  }

  proceed(id: AttemptId, taken: number): void {
    for (const { running, parked } of this.#byWorker.values())
      (running.get(id) ?? parked.get(id))?.runner.proceed(taken)
  }

  /** Most bodies listen to their signal. False: it is no call here. */
  abort(id: AttemptId, reason: string): boolean {
    const { peer } = this.#options
    for (const instance of this.#byWorker.values()) {
      const running = instance.running.get(id) ?? instance.parked.get(id)
      const at = instance.queue.findIndex(({ order }) => order.id === id)
      if (!running && at < 0) continue
      if (running && instance.definition.deaf?.includes(running.call.order.spec.fn)) return true
      if (at >= 0) instance.queue.splice(at, 1)
      instance.running.delete(id)
      instance.parked.delete(id)
      running?.runner.drop()
      peer.event({ type: 'done', attempt: id, outcome: { type: 'cancelled', reason }, ms: 0 })
      peer.work(0, () => this.#next(instance))
      return true
    }
    return false
  }

  crash(worker: number, reason: CrashReason): void {
    const { peer } = this.#options
    const instance = this.#byWorker.get(worker)
    this.#byWorker.delete(worker)
    const running = instance ? [instance.order.id, ...instance.running.keys(), ...instance.parked.keys()] : []
    const unstarted = instance?.queue.map(({ order }) => order.id) ?? []
    for (const { runner } of [...(instance?.running.values() ?? []), ...(instance?.parked.values() ?? [])])
      runner.drop()
    instance?.keeper.drop()
    peer.event({ type: 'exited', worker, reason, detail: '', running, unstarted })
  }
}

function runnerOf({ spec }: Order): { id: ContextId; depth: number; code: CodeId } {
  return { id: spec.id as string as ContextId, depth: spec.depth + 1, code: spec.code }
}
