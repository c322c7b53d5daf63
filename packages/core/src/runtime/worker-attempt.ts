// One attempt in a worker: finds the export, decodes the arguments, calls, and turns whatever comes of it
// into an Outcome. Nothing is thrown from here. What the running task asks for (its signal, its mesh) is
// made when it first asks, so a task that asks for nothing costs nothing.

import { MeshError } from '../errors.ts'
import { clip, limits } from '../model/limits.ts'
import { isOutOfTime } from '../model/out-of-time.ts'
import type { ContextId } from '../model/ids.ts'
import type { Item } from '../model/stream.ts'
import { countBytes } from '../model/stream.ts'
import type { Outcome, RefLink } from '../model/task.ts'
import { didYouMean } from '../nearest.ts'
import { handleOf, isHeld, isRef } from '../refs.ts'
import { createScope, type OpenScope } from '../scope.ts'
import type { Fn, Scope } from '../types.ts'
import type { CodePort, LoadedModule } from './code-port.ts'
import type { CurrentTask } from './task-global.ts'
import { isGeneratorFunction } from './generators.ts'
import { nameOfError } from './value-graph.ts'
import { refBrand } from './value-kinds.ts'
import { decodeArgs, encode, encodeError } from './values.ts'
import { WorkerContext } from './worker-context.ts'
import type { WorkerHost } from './worker-host.ts'
import type { BatchOrder, StreamParams, YieldedItem } from './worker-messages.ts'
import { itemsOf, StreamRun } from './worker-stream.ts'

export type Namespace = Readonly<Record<string, unknown>>

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
  #namespace: Namespace = {}
  #scope: OpenScope | undefined
  #context: WorkerContext | undefined
  #controller: AbortController | undefined
  #aborted: string | undefined
  #waits = 0
  #blockedAt = 0
  /** Time spent waiting for refs, in milliseconds. */
  blockedMs = 0
  #percent = -1
  #stream: StreamRun | undefined
  /** What was said before it began. */
  #taken = 0
  /** Something of it left in a message: its outcome must come after that. */
  hasSpoken = false

  constructor(host: WorkerHost, order: BatchOrder, buffer: ArrayBuffer) {
    this.#host = host
    this.order = order
    this.buffer = buffer
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
    return this.#openScope()
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

  /** Synchronous where the function is, so that a batch of small tasks is one loop. */
  run(namespace: Namespace): Ended | Promise<Ended> {
    this.#namespace = namespace
    const f = Object.hasOwn(namespace, this.order.fn) ? namespace[this.order.fn] : undefined
    if (typeof f !== 'function') return this.#noExport()
    try {
      const result: unknown = (f as Fn)(...this.#args())
      if (this.order.stream !== null) return this.#streamed(result, this.order.stream)
      if (isThenable(result)) return this.#awaited(result)
      if (this.#aborted !== undefined || this.#scope?.flushed() !== undefined) return this.#awaited(result)
      return this.#returned(result)
    } catch (error) {
      return this.#threw(error)
    }
  }

  /** The task's verbs end with it. */
  end(): void {
    this.#context?.close()
    this.#scope?.close(new MeshError('NOT_IN_TASK', `the task that this mesh belongs to has ended (${this.order.fn})`))
  }

  async #awaited(promise: unknown): Promise<Ended> {
    try {
      const result = await promise
      // What the result refers to must have left before the result does.
      await this.#scope?.flushed()
      return this.#returned(result)
    } catch (error) {
      return this.#threw(error)
    }
  }

  /** Its items leave one by one, and its outcome is how many there were. */
  async #streamed(result: unknown, params: StreamParams): Promise<Ended> {
    try {
      const items = itemsOf(await result)
      if (items === undefined)
        throw new TypeError(`${this.order.fn} is a generator function, and gave nothing to loop over`)
      const { ahead, ...order } = params
      this.#stream = new StreamRun({
        order: { ...order, taken: Math.max(order.taken, this.#taken) },
        ahead,
        flushed: () => this.#scope?.flushed(),
        encode: (value) => this.#item(value),
        send: (yielded) => this.#send(yielded),
        waits: (change) => this.#wait(change),
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

  #args(): unknown[] {
    const { args, refs, inputs } = this.order
    const bytes = new Uint8Array(this.buffer, args[0], args[1] - args[0])
    const inputOf = new Map(inputs.map((input) => [input.object, input]))
    const makeRef = (link: RefLink, isStream: boolean): unknown => this.#makeRef(link, isStream)
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

  #makeRef(link: RefLink, isStream: boolean): unknown {
    const scope = this.#openScope()
    return isStream ? scope.streamTo(link, link.object) : scope.refTo(link, link.object)
  }

  #returned(result: unknown): Ended {
    if (this.#aborted !== undefined) return this.#cancelled(this.#aborted)
    refuseGenerator(result, this.order.fn)
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
      if (isHeld(ref)) broken ??= handleOf(ref).broken
    }
    const { bytes, refs } = encode(result, { root, onRef })
    if (broken !== undefined) throw broken
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

  #noExport(): Ended {
    const { fn } = this.order
    const names = Object.keys(this.#namespace).filter((name) => typeof this.#namespace[name] === 'function')
    const message = `no exported function ${fn}${didYouMean(fn, names)}; there are ${names.join(', ')}`
    return plain({ type: 'rejected', code: 'UNKNOWN_EXPORT', message: clip(message) })
  }

  #reason(): MeshError {
    const { task, attempt } = this.order
    const reason = this.#aborted ?? ''
    return isOutOfTime(reason)
      ? new MeshError('TASK_TIMEOUT', `the task was not done within its time: ${reason}`, { task, attempt })
      : new MeshError('TASK_CANCELLED', `the task was cancelled: ${reason}`, { task, attempt })
  }

  #openScope(): OpenScope {
    if (this.#scope !== undefined) return this.#scope
    const { number, task } = this.order
    this.#context = new WorkerContext({
      context: task as string as ContextId,
      inlineBytes: this.#host.inlineBytes,
      sha256: this.#host.sha256,
      calls: this.#host.calls,
      post: (request, transfer) => this.#host.post({ type: 'context', number, request }, transfer),
      waits: (change) => this.#wait(change),
    })
    const warn = (message: string): void => this.#host.logged(this, 'warn', message)
    this.#scope = createScope({ port: this.#context, code: this.#bundle(), warn, watchDropped: false })
    return this.#scope
  }

  #wait(change: 1 | -1): void {
    this.#waits += change
    if (change === 1 && this.#waits === 1) {
      this.#blockedAt = this.#host.now()
      this.#host.blocked(this)
    } else if (change === -1 && this.#waits === 0) {
      this.blockedMs += this.#host.now() - this.#blockedAt
      this.#host.post({ type: 'unblocked', number: this.order.number })
    }
  }

  /** Inside a task the only code there is, is the bundle that runs. */
  #bundle(): CodePort {
    return {
      use: async () => {
        const way = 'export its function from the running module as well and pass that to task.mesh.fn'
        throw new MeshError('BUNDLE_FAILED', `task.mesh.use: a running task cannot bundle; ${way}`, {
          reason: 'in-task',
        })
      },
      fn: (f): LoadedModule => {
        const { code } = this.order
        const name = Object.keys(this.#namespace).find((key) => this.#namespace[key] === f)
        if (name === undefined) {
          const what = f.name === '' ? 'the function' : f.name
          throw new MeshError(
            'UNKNOWN_EXPORT',
            `task.mesh.fn: ${what} is not an export of the running module; export it`,
          )
        }
        // What an export reaches is not known here: two bundles are two functions.
        const digest = `${code} ${name}`
        const kind = isGeneratorFunction(f) ? 'generator' : 'function'
        return { code, name, exports: [{ name, kind, digest }], only: null, source: null }
      },
    }
  }
}

function plain(outcome: Outcome): Ended {
  return { outcome, bytes: null }
}

/** Whoever called it was given a ref: what is known of a call must be known before it is made. */
function refuseGenerator(result: unknown, fn: string): void {
  const tag = Object.prototype.toString.call(result)
  if (tag !== '[object Generator]' && tag !== '[object AsyncGenerator]') return
  const way = `make it a generator function itself: export async function* ${fn}(…) { yield* … }`
  throw new MeshError('UNSERIALIZABLE', `${fn} returned a generator, and its caller expects a value: ${way}`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

function describe(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}

/** What was thrown: for matching, for people, and whole. It may be anything, and reading it may throw. */
function errorOutcome(error: unknown, format: WorkerHost['format']): Outcome {
  try {
    const isError = error instanceof Error
    const code = (error as { code?: unknown } | null | undefined)?.code
    return {
      type: 'error',
      name: isError ? textOf(nameOfError(error)) : typeof error,
      code: typeof code === 'string' ? clip(code) : '',
      message: textOf(isError ? error.message : format([error])),
      bytes: encodeForWire(error),
    }
  } catch {
    const message = 'what it threw could not be read'
    return { type: 'error', name: 'Error', code: '', message, bytes: encodeError(new Error(message)) }
  }
}

/** The error with everything it carries, or without its properties when these are too much for a message. */
export function encodeForWire(error: unknown): Uint8Array {
  const bytes = encodeError(error)
  if (bytes.byteLength <= limits.errorBytes) return bytes
  if (!(error instanceof Error)) return encodeError(textOf(error))
  const bare = new Error(textOf(error.message))
  bare.name = textOf(nameOfError(error))
  if (error.stack !== undefined) bare.stack = textOf(error.stack)
  return encodeError(bare)
}

/** Whatever was thrown, in words that fit on the wire. */
export function textOf(value: unknown): string {
  return clip(typeof value === 'string' ? value : describe(value))
}
