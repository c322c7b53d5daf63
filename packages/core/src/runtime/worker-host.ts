// The inside of a worker: takes batches, runs one attempt after the other, and says what came of each the
// moment it is over. One attempt runs at a time, also while it waits for something, so that `task` is always
// this one; when it waits for a ref, the batch mates behind it are given back. Platforms supply the few things
// that differ (importing, hashing) and call `exposeWorkerHost` in their worker module. In the worker of an actor only its
// calls run: how, is resident.ts.

import { expose } from 'comlink'
import type { Endpoint } from 'comlink'
import type { CodeId } from '../model/ids.ts'
import type { Outcome } from '../model/task.ts'
import { unpackOrder } from './batch.ts'
import { headline, placeIn } from './bundle-place.ts'
import { captureConsole, formatParts } from './console.ts'
import { OutcomeWriter } from './outcome-ring.ts'
import type { Sha256 } from './ports.ts'
import { Recalled } from './recall.ts'
import type { Namespace } from './callee.ts'
import { Resident } from './resident.ts'
import { SharedInputs } from './shared-inputs.ts'
import { taskGlobal } from './task-global.ts'
import { encodeForWire, textOf } from './thrown.ts'
import { type OpenFile, WorkerAssets } from './worker-assets.ts'
import { Attempt, type Ended } from './worker-attempt.ts'
import { PendingCalls } from './worker-context.ts'
import { transferBytes } from './worker-messages.ts'
import type { Batch, LogLevel, Report, ToWorker, WorkerApi, WorkerSettings } from './worker-messages.ts'

export interface WorkerHostOptions {
  readonly importModule: (url: string) => Promise<Namespace>
  readonly sha256: Sha256
  /** Formats what a task prints. Default: JSON. */
  readonly format?: ((parts: readonly unknown[]) => string) | undefined
  /** Makes these variables the environment, when a worker goes on to a module with another one. */
  readonly setEnv?: ((env: Readonly<Record<string, string>>) => void) | undefined
  /** How long running it takes beyond what the clock says, in milliseconds: where time is simulated. Default: no longer. */
  readonly takesMs?: ((fn: string, args: readonly unknown[]) => number) | undefined
  /** Opens a file that came with a module. Absent where workers have no files: they get its bytes. */
  readonly openFile?: OpenFile | undefined
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
    snapshot: () => host.snapshot(),
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

/** What an attempt begins with: its module, or what becomes of it without. */
export type Imported = { readonly namespace: Namespace } | { readonly namespace: undefined; readonly failed: Ended }

export class WorkerHost {
  readonly sha256: Sha256
  readonly calls = new PendingCalls()
  readonly format: (parts: readonly unknown[]) => string
  readonly assets: WorkerAssets
  readonly shared = new SharedInputs()
  inlineBytes = 0
  readonly #options: WorkerHostOptions
  readonly #bundles = new Map<CodeId, Bundle>()
  #outcomes: OutcomeWriter | undefined
  #recalled: Recalled | undefined
  #queue: Attempt[] = []
  /** The last that came, and what was said of later ones. */
  #latest = -1
  readonly #early = new Map<number, number>()
  #current: Attempt | undefined
  #isRunning = false
  /** The actor that lives here, if one does. */
  #resident: Resident | undefined
  /** Messages that were sent, without those that end an attempt. */
  #said = 0
  /** The environment as text, to tell a change. */
  #env: string | undefined
  #port: MessagePort | undefined

  constructor(options: WorkerHostOptions) {
    this.#options = options
    this.sha256 = options.sha256
    this.format = options.format ?? formatParts
    const post = (report: Report): void => this.post(report)
    this.assets = new WorkerAssets({ calls: this.calls, post, openFile: options.openFile })
    if (options.captureConsole !== false) {
      captureConsole((level, text) => this.logged(this.#current, level, text), this.format)
    }
  }

  open(port: MessagePort, { inlineBytes, argumentChecks, ring, recall }: WorkerSettings): void {
    this.#port = port
    this.inlineBytes = inlineBytes
    this.shared.every = argumentChecks
    this.#outcomes = ring === null ? undefined : new OutcomeWriter(ring)
    this.#recalled = recall === null ? undefined : new Recalled(recall)
    port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => this.#heard(data))
    port.start()
    this.post({ type: 'ready' })
  }

  #heard(said: ToWorker): void {
    if ('call' in said) return this.calls.answer(said)
    const attempt = this.#attempt(said.number)
    if (attempt !== undefined) attempt.proceed(said.taken)
    // Batches come another way, and may be overtaken. What is over is not waited for.
    else if (said.number > this.#latest) this.#early.set(said.number, said.taken)
  }

  #attempt(number: number): Attempt | undefined {
    if (this.#resident !== undefined) return this.#resident.find(number)
    if (this.#current?.order.number === number) return this.#current
    return this.#queue.find(({ order }) => order.number === number)
  }

  /** Imported when its first attempt comes: then nobody else's environment is in use. */
  load(code: CodeId, { url, env }: Pick<Bundle, 'url' | 'env'>): void {
    this.#bundles.set(code, { url, env, namespace: undefined, failure: undefined })
  }

  take({ buffer, names, orders, objects, forget }: Batch): void {
    this.shared.take({ objects, forget })
    const attempts: Attempt[] = []
    for (const packed of orders) {
      const order = unpackOrder(packed, names)
      const attempt = new Attempt(this, order, buffer, this.#resident?.attempt)
      this.#catchUp(attempt)
      if (order.actor === undefined) attempts.push(attempt)
      else this.#resident = new Resident(this, attempt)
    }
    if (this.#resident !== undefined) return this.#resident.take(attempts)
    if (this.#current?.isBlocked === true) return this.giveBack(attempts)
    this.#queue.push(...attempts)
    if (!this.#isRunning) void this.#drain()
  }

  /** What was said of it before it came. */
  #catchUp(attempt: Attempt): void {
    this.#latest = attempt.order.number
    const taken = this.#early.get(this.#latest)
    if (taken === undefined) return
    attempt.proceed(taken)
    this.#early.delete(this.#latest)
  }

  snapshot(): void {
    this.#resident?.snapshot()
  }

  abort(number: number, reason: string): void {
    if (this.#resident !== undefined) return this.#resident.abort(number, reason)
    if (this.#current?.order.number === number) return this.#current.abort(reason)
    const at = this.#queue.findIndex(({ order }) => order.number === number)
    if (at === -1) return
    this.#queue.splice(at, 1)
    this.dropped(number, reason)
  }

  /** It was cancelled before it began. */
  dropped(number: number, reason: string): void {
    this.post({ type: 'done', number, outcome: { type: 'cancelled', reason }, ms: 0, bytes: null })
  }

  // ---- for attempts

  now(): number {
    return performance.now()
  }

  takesMs(fn: string, args: readonly unknown[]): number {
    return this.#options.takesMs?.(fn, args) ?? 0
  }

  post(report: Report, transfer: Transferable[] = []): void {
    this.#said++
    this.#port?.postMessage(report, transfer)
  }

  /** What outcomes later on are judged by, so none of them may come before it. */
  tell(report: Extract<Report, { type: 'built' | 'snapshot' }>, transfer: Transferable[] = []): void {
    this.#outcomes?.tells()
    this.post(report, transfer)
  }

  logged(attempt: Attempt | undefined, level: LogLevel, text: string): void {
    this.post({ type: 'logged', number: attempt?.order.number ?? null, level, text })
  }

  /** The attempt waits for a ref: its slot goes to others, and so do those queued behind it. */
  blocked(attempt: Attempt): void {
    this.post({ type: 'blocked', number: attempt.order.number })
    this.giveBack(this.#queue)
    this.#queue = []
  }

  // ---- the loop

  async #drain(): Promise<void> {
    this.#isRunning = true
    for (let attempt = this.#next(); attempt !== undefined; attempt = this.#next()) {
      this.enter(attempt)
      const bundle = this.#isImported(attempt) ?? (await this.imported(attempt))
      const started = this.now()
      const ended = bundle.namespace === undefined ? bundle.failed : attempt.run(bundle.namespace)
      this.report(attempt, attempt.checked(ended instanceof Promise ? await ended : ended), started)
    }
    this.#isRunning = false
  }

  /** Whose verbs are meant, as far as can be told. */
  get atWork(): Attempt | undefined {
    return this.#current
  }

  /** What is said from here on is its own. */
  enter(attempt: Attempt): void {
    attempt.saidBefore = this.#said
    this.#current = attempt
  }

  /** The main thread can tell that it has begun, whatever becomes of this worker. */
  begun({ order }: Attempt): void {
    this.#recalled?.begins(order.number)
  }

  /** A generator that waits for its reader, in an actor. */
  yieldsTurn(call: Attempt): () => Promise<void> {
    const resident = this.#resident
    return resident === undefined ? () => Promise.resolve() : resident.park(call)
  }

  /** It goes on. */
  goesOn(attempt: Attempt): void {
    this.#current = attempt
    taskGlobal().current = attempt
  }

  /** It runs no more, or not at this moment. */
  leave(attempt: Attempt): void {
    if (this.#current !== attempt) return
    this.#current = this.#resident?.atWork
    taskGlobal().current = this.#current ?? null
  }

  /** The next that was not taken back; of those that were, the main thread is told, as it may not know of all. */
  #next(): Attempt | undefined {
    let back: Attempt[] | undefined
    let next = this.#queue.shift()
    for (; next !== undefined && this.#recalled?.begins(next.order.number) === true; next = this.#queue.shift()) {
      ;(back ??= []).push(next)
    }
    if (back !== undefined) this.giveBack(back)
    return next
  }

  /** Undefined until it is. */
  #isImported({ order }: Attempt): Imported | undefined {
    const bundle = this.#bundles.get(order.code)
    if (bundle?.namespace === undefined) return undefined
    this.#useEnv(bundle.env)
    return bundle as Bundle & { readonly namespace: Namespace }
  }

  async imported(attempt: Attempt): Promise<Imported> {
    const bundle = this.#bundles.get(attempt.order.code)
    if (bundle !== undefined && bundle.namespace === undefined) await this.#import(bundle)
    const failure = bundle?.failure ?? { message: `bundle ${attempt.order.code} is not in this worker` }
    const outcome: Outcome = { type: 'rejected', code: 'CODE_REJECTED', ...failure }
    return this.#isImported(attempt) ?? { namespace: undefined, failed: { outcome, bytes: null } }
  }

  async #import(bundle: Bundle): Promise<void> {
    this.#useEnv(bundle.env)
    try {
      bundle.namespace = await this.#options.importModule(bundle.url)
    } catch (error) {
      bundle.failure = notImported(error, this.format)
    }
  }

  report(attempt: Attempt, { outcome, bytes }: Ended, started: number): void {
    attempt.end()
    this.leave(attempt)
    const ms = Math.max(0, this.now() - started - attempt.blockedMs)
    if (this.#isWritten(attempt, outcome, ms)) return
    const large = bytes ?? (outcome.type === 'inline' ? outcome.bytes : null)
    const transfer = large !== null && large.byteLength > transferBytes ? [large.buffer as ArrayBuffer] : []
    this.post({ type: 'done', number: attempt.order.number, outcome, ms, bytes }, transfer)
  }

  /** Through the ring: whatever is small and plain, unless something was said in a message since the attempt began. */
  #isWritten(attempt: Attempt, outcome: Outcome, ms: number): boolean {
    if (this.#outcomes === undefined || attempt.saidBefore !== this.#said) return false
    if (outcome.type !== 'inline' || outcome.refs.length > 0) return false
    const result = this.#outcomes.write(attempt.order.number, ms, outcome.bytes)
    if (result === 'knock') this.#port?.postMessage({ type: 'knock' } satisfies Report)
    return result !== 'full'
  }

  giveBack(attempts: readonly Attempt[]): void {
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
