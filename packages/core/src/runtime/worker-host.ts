// The inside of a worker: takes batches, runs one attempt after the other, and says what came of each the
// moment it is over. One attempt runs at a time, also while it waits for something, so that `task` is always
// this one; when it waits for a ref, the batch mates behind it are given back. Platforms supply the few things
// that differ (importing, hashing) and call `exposeWorkerHost` in their worker module.

import { expose } from 'comlink'
import type { Endpoint } from 'comlink'
import type { CodeId, ObjectId } from '../model/ids.ts'
import type { Outcome, RefLink } from '../model/task.ts'
import { unpackOrder } from './batch.ts'
import { headline, placeIn } from './bundle-place.ts'
import { captureConsole, formatParts } from './console.ts'
import { OutcomeWriter } from './outcome-ring.ts'
import type { Sha256 } from './ports.ts'
import { Recalled } from './recall.ts'
import { taskGlobal } from './task-global.ts'
import { decode } from './values.ts'
import { Attempt, encodeForWire, type Ended, type Namespace, textOf } from './worker-attempt.ts'
import { PendingCalls } from './worker-context.ts'
import type { Batch, BatchInput, LogLevel, Report, ToWorker, WorkerApi, WorkerSettings } from './worker-messages.ts'

export interface WorkerHostOptions {
  readonly importModule: (url: string) => Promise<Namespace>
  readonly sha256: Sha256
  /** Formats what a task prints. Default: JSON. */
  readonly format?: ((parts: readonly unknown[]) => string) | undefined
  /** Makes these variables the environment, when a worker goes on to a module with another one. */
  readonly setEnv?: ((env: Readonly<Record<string, string>>) => void) | undefined
  /** Whether `console` is captured. Default true. */
  readonly captureConsole?: boolean | undefined
}

/** Serves a peer's worker pool from inside a worker. */
export function exposeWorkerHost(endpoint: Endpoint, options: WorkerHostOptions): void {
  const host = new WorkerHost(options)
  const api: WorkerApi = {
    open: (port, settings) => host.open(port, settings),
    load: (code, url, env) => host.load(code, { url, env }),
    run: (batch) => host.take(batch),
    abort: (number, reason) => host.abort(number, reason),
  }
  expose(api, endpoint)
}

interface Bundle {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  /** Undefined until it is imported. */
  namespace: Namespace | undefined
  failure: { readonly message: string; readonly bytes?: Uint8Array } | undefined
}

/** Above this a message's bytes are moved instead of copied. */
const transferBytes = 16 * 1024

export class WorkerHost {
  readonly sha256: Sha256
  readonly calls = new PendingCalls()
  readonly format: (parts: readonly unknown[]) => string
  inlineBytes = 0
  readonly #options: WorkerHostOptions
  readonly #bundles = new Map<CodeId, Bundle>()
  readonly #objects = new Map<ObjectId, { bytes: Uint8Array<ArrayBuffer> | undefined; value: unknown }>()
  #outcomes: OutcomeWriter | undefined
  #recalled: Recalled | undefined
  #queue: Attempt[] = []
  /** The last that came, and what was said of later ones. */
  #latest = -1
  readonly #early = new Map<number, number>()
  #current: Attempt | undefined
  #isRunning = false
  /** The environment as text, to tell a change. */
  #env: string | undefined
  #port: MessagePort | undefined

  constructor(options: WorkerHostOptions) {
    this.#options = options
    this.sha256 = options.sha256
    this.format = options.format ?? formatParts
    if (options.captureConsole !== false) {
      captureConsole((level, text) => this.logged(this.#current, level, text), this.format)
    }
  }

  open(port: MessagePort, { inlineBytes, ring, recall }: WorkerSettings): void {
    this.#port = port
    this.inlineBytes = inlineBytes
    this.#outcomes = ring === null ? undefined : new OutcomeWriter(ring)
    this.#recalled = recall === null ? undefined : new Recalled(recall)
    port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => this.#heard(data))
    port.start()
    this.post({ type: 'ready' })
  }

  #heard(said: ToWorker): void {
    if ('call' in said) return this.calls.answer(said)
    const attempts = this.#current === undefined ? this.#queue : [this.#current, ...this.#queue]
    const attempt = attempts.find(({ order }) => order.number === said.number)
    if (attempt !== undefined) attempt.proceed(said.taken)
    // Batches come another way, and may be overtaken. What is over is not waited for.
    else if (said.number > this.#latest) this.#early.set(said.number, said.taken)
  }

  /** Imported when its first attempt comes: then nobody else's environment is in use. */
  load(code: CodeId, { url, env }: Pick<Bundle, 'url' | 'env'>): void {
    this.#bundles.set(code, { url, env, namespace: undefined, failure: undefined })
  }

  take({ buffer, names, orders, objects, forget }: Batch): void {
    for (const object of forget) this.#objects.delete(object)
    for (const { object, bytes } of objects) this.#objects.set(object, { bytes, value: undefined })
    const attempts = orders.map((order) => new Attempt(this, unpackOrder(order, names), buffer))
    for (const attempt of attempts) {
      this.#latest = attempt.order.number
      const taken = this.#early.get(this.#latest)
      if (taken !== undefined) attempt.proceed(taken)
      this.#early.delete(this.#latest)
    }
    if (this.#current?.isBlocked === true) return this.#giveBack(attempts)
    this.#queue.push(...attempts)
    if (!this.#isRunning) void this.#drain()
  }

  abort(number: number, reason: string): void {
    if (this.#current?.order.number === number) return this.#current.abort(reason)
    const at = this.#queue.findIndex(({ order }) => order.number === number)
    if (at === -1) return
    this.#queue.splice(at, 1)
    this.post({ type: 'done', number, outcome: { type: 'cancelled', reason }, ms: 0, bytes: null })
  }

  // ---- for attempts

  now(): number {
    return performance.now()
  }

  post(report: Report, transfer: Transferable[] = []): void {
    // What it says from now on must not overtake this.
    if (this.#current !== undefined) this.#current.hasSpoken = true
    this.#port?.postMessage(report, transfer)
  }

  logged(attempt: Attempt | undefined, level: LogLevel, text: string): void {
    this.post({ type: 'logged', number: attempt?.order.number ?? null, level, text })
  }

  /** The attempt waits for a ref: its slot goes to others, and so do those queued behind it. */
  blocked(attempt: Attempt): void {
    this.post({ type: 'blocked', number: attempt.order.number })
    this.#giveBack(this.#queue)
    this.#queue = []
  }

  /** Decoded once per worker and shared, unless there are refs inside: those belong to the attempt. */
  inputValue(
    { object, span, refs }: BatchInput,
    buffer: ArrayBuffer,
    makeRef: (link: RefLink, isStream: boolean) => unknown,
  ): unknown {
    if (span !== null) {
      return decode(new Uint8Array(buffer, span[0], span[1] - span[0]), { refs, makeRef })
    }
    const kept = this.#objects.get(object)
    if (kept === undefined) throw new TypeError(`input ${object} is not in this worker`)
    if (kept.bytes === undefined) return kept.value
    const value = decode(kept.bytes, { refs, makeRef, copy: false })
    if (refs.length > 0) return value
    kept.value = value
    // Views on the bytes keep them alive where there are any.
    kept.bytes = undefined
    return value
  }

  // ---- the loop

  async #drain(): Promise<void> {
    this.#isRunning = true
    for (let attempt = this.#next(); attempt !== undefined; attempt = this.#next()) {
      const bundle = this.#bundles.get(attempt.order.code)
      this.#current = attempt
      if (bundle !== undefined && bundle.namespace === undefined) await this.#import(bundle)
      const started = this.now()
      const ended = this.#run(attempt, bundle)
      this.#report(attempt, ended instanceof Promise ? await ended : ended, started)
    }
    this.#isRunning = false
  }

  /** The next that was not taken back; of those that were, the main thread is told, as it may not know of all. */
  #next(): Attempt | undefined {
    let back: Attempt[] | undefined
    let next = this.#queue.shift()
    for (; next !== undefined && this.#recalled?.begins(next.order.number) === true; next = this.#queue.shift()) {
      ;(back ??= []).push(next)
    }
    if (back !== undefined) this.#giveBack(back)
    return next
  }

  async #import(bundle: Bundle): Promise<void> {
    this.#useEnv(bundle.env)
    try {
      bundle.namespace = await this.#options.importModule(bundle.url)
    } catch (error) {
      bundle.failure = notImported(error, this.format)
    }
  }

  #run(attempt: Attempt, bundle: Bundle | undefined): Ended | Promise<Ended> {
    if (bundle?.namespace === undefined) {
      const failure = bundle?.failure ?? { message: `bundle ${attempt.order.code} is not in this worker` }
      return { outcome: { type: 'rejected', code: 'CODE_REJECTED', ...failure }, bytes: null }
    }
    this.#useEnv(bundle.env)
    taskGlobal().current = attempt
    return attempt.run(bundle.namespace)
  }

  #report(attempt: Attempt, { outcome, bytes }: Ended, started: number): void {
    attempt.end()
    taskGlobal().current = null
    this.#current = undefined
    const ms = Math.max(0, this.now() - started - attempt.blockedMs)
    if (this.#isWritten(attempt, outcome, ms)) return
    const large = bytes ?? (outcome.type === 'inline' ? outcome.bytes : null)
    const transfer = large !== null && large.byteLength > transferBytes ? [large.buffer as ArrayBuffer] : []
    this.post({ type: 'done', number: attempt.order.number, outcome, ms, bytes }, transfer)
  }

  /** Through the ring: whatever is small and plain, unless the attempt has said something in a message before. */
  #isWritten(attempt: Attempt, outcome: Outcome, ms: number): boolean {
    if (this.#outcomes === undefined || attempt.hasSpoken) return false
    if (outcome.type !== 'inline' || outcome.refs.length > 0) return false
    const result = this.#outcomes.write(attempt.order.number, ms, outcome.bytes)
    if (result === 'knock') this.post({ type: 'knock' })
    return result !== 'full'
  }

  #giveBack(attempts: readonly Attempt[]): void {
    if (attempts.length === 0) return
    this.post({ type: 'returned', numbers: attempts.map(({ order }) => order.number) })
  }

  #useEnv(env: Readonly<Record<string, string>>): void {
    const text = JSON.stringify(env)
    if (this.#env !== undefined && this.#env !== text) this.#options.setEnv?.(env)
    this.#env = text
  }
}

/** What was thrown may be anything, and reading it may throw. */
function notImported(error: unknown, format: WorkerHost['format']): Bundle['failure'] {
  const did = 'threw while it was imported'
  try {
    const place = error instanceof Error ? placeIn(error.stack) : null
    const said = error instanceof Error ? headline(error) : format([error])
    return { message: textOf(`${place ?? 'the module'} ${did}: ${said}`), bytes: encodeForWire(error) }
  } catch {
    return { message: `the module ${did}: what it threw could not be read` }
  }
}
