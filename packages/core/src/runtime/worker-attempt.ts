// One attempt in a worker: finds the export, decodes the arguments, calls, and turns whatever comes of it
// into an Outcome. Nothing is thrown from here. What the running task asks for (its signal, its mesh) is
// made when it first asks, so a task that asks for nothing costs nothing.

import { MeshError } from '../errors.ts'
import { isOutOfTime } from '../model/out-of-time.ts'
import type { RefLink, Outcome } from '../model/task.ts'
import type { ActorNote } from '../actor-note.ts'
import { handleIn } from '../actors.ts'
import { handleOf, isRef } from '../refs.ts'
import type { Scope } from '../types.ts'
import { AttemptVerbs } from './attempt-verbs.ts'
import { exportedClass, exportedFunction, methodOf, type Namespace } from './callee.ts'
import { type CurrentTask, taskGlobal } from './task-global.ts'
import { errorOutcome } from './thrown.ts'
import { refBrand } from './value-kinds.ts'
import { decode, decodeArgs, encode } from './values.ts'
import type { WorkerHost } from './worker-host.ts'
import type { BatchOrder } from './worker-messages.ts'

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
  /** Messages that its worker had sent when it began: its outcome must come after those that it sends itself. */
  saidBefore = 0

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

  // ---- what the worker does with it

  abort(reason: string): void {
    if (this.#aborted !== undefined) return
    this.#aborted = reason
    this.#controller?.abort(this.#reason())
  }

  get isBlocked(): boolean {
    return this.#waits > 0
  }

  /** Synchronous where the function is, so that a batch of small tasks is one loop. `instance`: whose method it is. */
  run(namespace: Namespace, instance?: object): Ended | Promise<Ended> {
    this.#namespace = namespace
    taskGlobal().current = this
    const { fn } = this.order
    try {
      const f = instance === undefined ? exportedFunction(namespace, fn) : methodOf(instance, fn)
      if (typeof f !== 'function') return plain(f)
      const result: unknown = Reflect.apply(f, instance, this.#args())
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

  #args(): unknown[] {
    const { args, refs, inputs } = this.order
    const bytes = new Uint8Array(this.buffer, args[0], args[1] - args[0])
    const inputOf = new Map(inputs.map((input) => [input.object, input]))
    const makeRef = this.#makeRef
    return decodeArgs(bytes, {
      refs,
      makeRef,
      resolve: (object) => {
        const input = inputOf.get(object)
        if (input === undefined) throw new TypeError(`no input ${object}`)
        return this.#host.inputValue(input, this.buffer, makeRef)
      },
    })
  }

  readonly #makeRef = (link: RefLink, actor?: ActorNote): unknown => this.verbs.scope.refTo(link, link.object, actor)

  #state({ span, refs }: NonNullable<NonNullable<BatchOrder['actor']>['snapshot']>): unknown {
    return decode(new Uint8Array(this.buffer, span[0], span[1] - span[0]), { refs, makeRef: this.#makeRef })
  }

  #returned(result: unknown): Ended {
    if (this.#aborted !== undefined) return this.#cancelled(this.#aborted)
    if (isRef(result)) {
      const { broken } = handleOf(result)
      if (broken !== undefined) return this.#threw(broken)
      const { object, owner } = result[refBrand]
      return plain({ type: 'ref', link: { object, owner, top: false } })
    }
    let broken: MeshError | undefined
    const onRef = (ref: object): void => {
      broken ??= handleIn(ref)?.broken
    }
    const { bytes, refs } = encode(result, { root: 'result', onRef })
    if (broken !== undefined) return this.#threw(broken)
    if (bytes.byteLength <= this.#host.inlineBytes) return plain({ type: 'inline', bytes, refs })
    const outcome: Outcome = { type: 'stored', size: bytes.byteLength, hash: this.#host.sha256(bytes), refs }
    return { outcome, bytes }
  }

  #threw(error: unknown): Ended {
    if (this.#aborted !== undefined) return this.#cancelled(this.#aborted)
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

function plain(outcome: Outcome): Ended {
  return { outcome, bytes: null }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
