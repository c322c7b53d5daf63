// One attempt in a worker: finds the export, decodes the arguments, calls, and turns whatever comes of it
// into an Outcome. Nothing is thrown from here. What the running task asks for (its signal, its mesh) is
// made when it first asks, so a task that asks for nothing costs nothing.

import { MeshError } from '../errors.ts'
import { isOutOfTime } from '../model/out-of-time.ts'
import type { Item } from '../model/stream.ts'
import { countBytes } from '../model/stream.ts'
import { isValue } from '../model/outcomes.ts'
import type { Outcome, RefLink } from '../model/task.ts'
import { handleIn } from '../actors.ts'
import { onAbort } from '../on-abort.ts'
import { handleOf, isRef } from '../refs.ts'
import type { Scope } from '../types.ts'
import { AttemptVerbs } from './attempt-verbs.ts'
import { exportedClass, exportedFunction, methodOf, type Namespace } from './callee.ts'
import { type AssetFile, type CurrentTask, taskGlobal } from './task-global.ts'
import type { Looked } from './shared-inputs.ts'
import { argumentMutated, errorOutcome } from './thrown.ts'
import { type HandleKind, refBrand } from './value-kinds.ts'
import { decode, decodeArgs, encode } from './values.ts'
import type { WorkerHost } from './worker-host.ts'
import type { BatchOrder, StreamParams, YieldedItem } from './worker-messages.ts'
import { itemsOf, StreamRun } from './worker-stream.ts'

/** An outcome, and the bytes that go beside one of type 'stored'. */
export interface Ended {
  readonly outcome: Outcome
  readonly bytes: Uint8Array<ArrayBuffer> | null
}

export class Attempt implements CurrentTask {
  readonly order: BatchOrder
  /** The batch's. */
  readonly buffer: ArrayBuffer
  readonly #host: WorkerHost
  /** The attempt that is the actor, when this is a call of it. */
  readonly #actor: Attempt | undefined
  #namespace: Namespace = {}
  #verbs: AttemptVerbs | undefined
  #controller: AbortController | undefined
  #aborted: string | undefined
  #waits = 0
  #blockedAt = 0
  /** Time spent waiting for refs, in milliseconds. */
  blockedMs = 0
  #percent = -1
  #looked: Looked | null = null
  /** Messages that its worker had sent when it began: its outcome must come after those that it sends itself. */
  saidBefore = 0
  #stream: StreamRun | undefined
  /** What was said before it began. */
  #taken = 0

  // oxlint-disable-next-line max-params -- made for every attempt: no options object in between
  constructor(host: WorkerHost, order: BatchOrder, buffer: ArrayBuffer, actor?: Attempt) {
    this.#host = host
    this.order = order
    this.buffer = buffer
    this.#actor = actor
  }

  // ---- what a task sees

  get id(): string {
    return this.order.task
  }

  get attempt(): number {
    return this.order.attempt
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted !== undefined && !this.#controller.signal.aborted) this.#controller.abort(this.#reason())
    return this.#controller.signal
  }

  get mesh(): Scope {
    return this.verbs.scope
  }

  progress(fraction: number, note = ''): void {
    const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100)
    if (percent === this.#percent) return
    this.#percent = percent
    this.#host.logged(this, 'log', `${percent} % ${note}`.trimEnd())
  }

  log(...parts: unknown[]): void {
    this.#host.logged(this, 'log', this.#host.format(parts))
  }

  asset(name: string): Promise<AssetFile> {
    return this.#host.assets.get((this.#actor ?? this).order, name)
  }

  // ---- what the worker does with it

  abort(reason: string): void {
    if (this.#aborted !== undefined) return
    this.#aborted = reason
    this.#controller?.abort(this.#reason())
    this.#stream?.stop()
  }

  get isBlocked(): boolean {
    return this.#waits > 0
  }

  /** Of a generator: its reader has taken so many items. */
  proceed(taken: number): void {
    this.#taken = taken
    this.#stream?.proceed(taken)
  }

  /** Synchronous where the function is, so that a batch of small tasks is one loop. `instance`: whose method it is. */
  run(namespace: Namespace, instance?: object): Ended | Promise<Ended> {
    this.#namespace = namespace
    taskGlobal().current = this
    const { fn } = this.order
    try {
      const f = instance === undefined ? exportedFunction(namespace, fn) : methodOf(instance, fn, namespace)
      if (typeof f !== 'function') return plain(f)
      const args = this.#args()
      const takesMs = this.#host.takesMs(fn, args)
      const result: unknown = Reflect.apply(f, instance, args)
      if (this.order.stream !== null) return this.#streamed(result, this.order.stream)
      if (takesMs > 0) return this.#awaited(this.#lasting(result, takesMs))
      if (isThenable(result)) return this.#awaited(result)
      if (this.#aborted !== undefined || this.#verbs?.scope.flushed() !== undefined) return this.#awaited(result)
      return this.#returned(result)
    } catch (error) {
      return this.#threw(error)
    }
  }

  /** The instance of an actor, constructed or restored, or why there is none. */
  async build(namespace: Namespace): Promise<{ readonly instance: object } | Ended> {
    this.#namespace = namespace
    taskGlobal().current = this
    const { fn, actor } = this.order
    const Class = exportedClass(namespace, fn)
    if (typeof Class !== 'function') return plain(Class)
    try {
      const snapshot = actor?.snapshot ?? null
      if (snapshot !== null && typeof Class.restore !== 'function')
        throw new TypeError(`${fn} has no static restore(state), and there is a state that it is to go on from`)
      const made: unknown =
        snapshot === null ? new Class(...this.#args()) : await Class.restore?.(this.#state(snapshot))
      if (typeof made !== 'object' || made === null) throw new TypeError(`${fn}.restore returned no instance of ${fn}`)
      await this.#verbs?.scope.flushed()
      return this.#aborted === undefined ? { instance: made } : this.#cancelled(this.#aborted)
    } catch (error) {
      return this.#threw(error)
    }
  }

  /** The task's verbs end with it. */
  end(): void {
    this.#verbs?.close(new MeshError('NOT_IN_TASK', `the task that this mesh belongs to has ended (${this.order.fn})`))
  }

  async #awaited(promise: unknown): Promise<Ended> {
    try {
      const result = await promise
      // What the result refers to must have left before the result does.
      await this.#verbs?.scope.flushed()
      return this.#returned(result)
    } catch (error) {
      return this.#threw(error)
    }
  }

  /** It is at it for so long, unless it is to stop. */
  async #lasting(result: unknown, ms: number): Promise<unknown> {
    const value = await result
    if (this.#aborted !== undefined) return value
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      onAbort(this.signal, () => (clearTimeout(timer), resolve()))
    })
    return value
  }

  /** Its items leave one by one, and its outcome is how many there were. */
  async #streamed(result: unknown, params: StreamParams): Promise<Ended> {
    try {
      const items = itemsOf(await result)
      if (items === undefined)
        throw new TypeError(`${this.order.fn} is a generator function, and gave nothing to loop over`)
      const { ahead, aheadBytes, ...order } = params
      this.#stream = new StreamRun({
        order: { ...order, taken: Math.max(order.taken, this.#taken) },
        lead: { ahead, aheadBytes },
        flushed: () => this.#verbs?.scope.flushed(),
        encode: (value) => this.#item(value),
        send: (yielded) => this.#send(yielded),
        waits: (change) => this.#wait(change),
        yieldsTurn: this.#actor && (() => this.#host.yieldsTurn(this)),
        now: () => this.#host.now(),
      })
      if (this.#aborted !== undefined) this.#stream.stop()
      const count = await this.#stream.run(items)
      if (count === null || this.#aborted !== undefined) return this.#cancelled(this.#aborted ?? '')
      return plain({ type: 'inline', bytes: countBytes(count), refs: [] })
    } catch (error) {
      return this.#threw(error)
    }
  }

  #item(value: unknown): Pick<YieldedItem, 'item' | 'bytes'> {
    const { outcome, bytes } = this.#encoded(value, 'item')
    return { item: outcome as Item, bytes }
  }

  #send(items: readonly YieldedItem[]): void {
    const transfer = items.flatMap(({ bytes }) => (bytes === null ? [] : [bytes.buffer]))
    this.#host.post({ type: 'items', number: this.order.number, items }, transfer)
  }

  /** A value, unless it was made by writing into what others read too. */
  checked(ended: Ended): Ended {
    const at = this.#looked && this.#host.shared.changed(this.#looked)
    return at === null || !isValue(ended.outcome) ? ended : plain(argumentMutated(this.order.fn, at))
  }

  #args(): unknown[] {
    const { args, refs, inputs } = this.order
    const bytes = new Uint8Array(this.buffer, args[0], args[1] - args[0])
    const inputOf = new Map(inputs.map((input) => [input.object, input]))
    const makeRef = this.#makeRef
    const { shared } = this.#host
    const given = decodeArgs(bytes, {
      refs,
      makeRef,
      resolve: (object) => {
        const input = inputOf.get(object)
        if (input === undefined) throw new TypeError(`no input ${object}`)
        return shared.valueOf(input, this.buffer, makeRef)
      },
    })
    // What an actor is given may be part of it from then on.
    if (inputs.length > 0 && this.#actor === undefined && this.order.actor === undefined)
      this.#looked = shared.look(inputs, given)
    return given
  }

  readonly #makeRef = (link: RefLink, kind: HandleKind): unknown => this.verbs.scope.handleOn(link, kind)

  #state({ span, refs }: NonNullable<NonNullable<BatchOrder['actor']>['snapshot']>): unknown {
    return decode(new Uint8Array(this.buffer, span[0], span[1] - span[0]), { refs, makeRef: this.#makeRef })
  }

  #returned(result: unknown): Ended {
    // What a call has done to its actor is done, in time or not.
    if (this.#aborted !== undefined && this.#actor === undefined) return this.#cancelled(this.#aborted)
    refuseGenerator(result, this.order.fn, this.#actor !== undefined)
    return this.#encoded(result, 'result')
  }

  /** Throws what cannot travel, and why a task or a put that it refers to was never taken. */
  #encoded(result: unknown, root: string): Ended {
    if (isRef(result)) {
      const { broken } = handleOf(result)
      if (broken !== undefined) throw broken
      const { object, owner } = result[refBrand]
      return plain({ type: 'ref', link: { object, owner, top: false } })
    }
    let broken: MeshError | undefined
    const onRef = (ref: object): void => {
      broken ??= handleIn(ref)?.broken
    }
    const { bytes, refs } = encode(result, { root, onRef })
    if (broken !== undefined) throw broken
    if (bytes.byteLength <= this.#host.inlineBytes) return plain({ type: 'inline', bytes, refs })
    const outcome: Outcome = { type: 'stored', size: bytes.byteLength, hash: this.#host.sha256(bytes), refs }
    return { outcome, bytes }
  }

  #threw(error: unknown): Ended {
    // A call that fails for a reason of its own has done to its actor what it has, in time or not.
    const isStopped = this.#actor === undefined || isStop(error, this.#controller?.signal.reason)
    if (this.#aborted !== undefined && isStopped) return this.#cancelled(this.#aborted)
    return plain(errorOutcome(error, this.#host.format))
  }

  #cancelled(reason: string): Ended {
    return plain({ type: 'cancelled', reason })
  }

  #reason(): MeshError {
    const { task, attempt } = this.order
    const reason = this.#aborted ?? ''
    return isOutOfTime(reason)
      ? new MeshError('TASK_TIMEOUT', `the task was not done within its time: ${reason}`, { task, attempt })
      : new MeshError('TASK_CANCELLED', `the task was cancelled: ${reason}`, { task, attempt })
  }

  get verbs(): AttemptVerbs {
    this.#verbs ??= new AttemptVerbs({
      host: this.#host,
      order: this.order,
      namespace: this.#namespace,
      actor: this.#actor?.verbs,
      waits: (change) => this.#wait(change),
      warn: (message) => this.#host.logged(this, 'warn', message),
    })
    return this.#verbs
  }

  #wait(change: 1 | -1): void {
    // Who waits in an actor keeps nobody from anything: it has its worker to itself.
    if (this.order.actor !== undefined || this.#actor !== undefined) return
    this.#waits += change
    if (change === 1 && this.#waits === 1) {
      this.#blockedAt = this.#host.now()
      this.#host.blocked(this)
    } else if (change === -1 && this.#waits === 0) {
      this.blockedMs += this.#host.now() - this.#blockedAt
      this.#host.post({ type: 'unblocked', number: this.order.number })
    }
  }
}

/** What is thrown because one was told to stop: the signal's reason, what platforms make of it, or what one waited for was stopped. */
function isStop(error: unknown, reason: unknown): boolean {
  if (error === reason) return true
  if (error instanceof MeshError) return error.code === 'TASK_CANCELLED' || error.code === 'TASK_TIMEOUT'
  return error instanceof Error && error.name === 'AbortError'
}

function plain(outcome: Outcome): Ended {
  return { outcome, bytes: null }
}

/** Whoever called it was given a ref: what is known of a call must be known before it is made. */
function refuseGenerator(result: unknown, fn: string, isMethod: boolean): void {
  const tag = Object.prototype.toString.call(result)
  if (tag !== '[object Generator]' && tag !== '[object AsyncGenerator]') return
  const way = isMethod
    ? `make it a generator method itself, in its class: async *${fn}(…) { yield* … }`
    : `make it a generator function itself: export async function* ${fn}(…) { yield* … }`
  throw new MeshError('UNSERIALIZABLE', `${fn} returned a generator, and its caller expects a value: ${way}`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
