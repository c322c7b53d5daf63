// One worker as the main thread sees it: what was sent to it and in which order, what it keeps, and what
// it reports. Attempts run in the order they were sent, so the first without an outcome is the one that
// runs; that is how blame for a crash falls on the right one. Which worker gets what is decided elsewhere.

import { transfer, wrap } from 'comlink'
import type { Remote } from 'comlink'
import type { Config } from '../model/config.ts'
import { type AttemptId, type CodeId, codeObject, type ObjectId, resultOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { CrashReason, Outcome } from '../model/task.ts'
import { packBatch } from './batch.ts'
import { ContextBridge, withLife } from './context-bridge.ts'
import { ItemQueue } from './item-queue.ts'
import { LoadedCode } from './loaded-code.ts'
import { ObjectCache } from './object-cache.ts'
import { OutcomeReader, sharedRing } from './outcome-ring.ts'
import type { ObjectStore, WorkerExit, WorkerThread } from './ports.ts'
import { Recall, recallCells } from './recall.ts'
import { type Sent, whereItWas } from './sent.ts'
import type { Report, ToWorker, WorkerApi } from './worker-messages.ts'
import type { RunOrder, WorkerPoolHost } from './worker-port.ts'

export interface PoolWorkerOptions {
  readonly number: number
  readonly config: Pick<Config, 'inlineBytes' | 'cancelGraceMs' | 'maxCodes'>
  readonly store: ObjectStore
  readonly host: WorkerPoolHost
  readonly cacheBytes: number
  readonly sharedMemory: boolean
  /** Starts the thread in this environment. */
  readonly spawn: (env: Readonly<Record<string, string>>) => WorkerThread
  /** Where workers find the bundle; undefined when this peer does not have it. */
  readonly urlOf: (code: CodeId) => Promise<string | undefined>
  /** An attempt is over, or will never start here. */
  readonly forget: (attempt: AttemptId) => void
  /** The thread came up. */
  readonly ready: () => void
  /** The thread ended. True: start another and send it everything again. */
  readonly ended: (booted: boolean) => boolean
  /** The worker is done for: nothing of it is left. */
  readonly gone: () => void
}

export class PoolWorker {
  readonly #options: PoolWorkerOptions
  /** In the order they run. */
  readonly #attempts = new Map<number, Sent>()
  #thread!: WorkerThread
  #remote!: Pick<Remote<WorkerApi>, 'run' | 'abort'>
  #port!: MessagePort
  /** What the worker has finished and not said in a message. */
  #outcomes: OutcomeReader | undefined
  #recall: Recall | undefined
  #cache!: ObjectCache
  #code!: LoadedCode
  /** The last batch that is being made ready. */
  #preparing: Promise<void> | undefined
  #isBooted = false
  #isClosed = false
  /** Reports nothing any more. */
  #isSilent = false
  #terminated: CrashReason | undefined
  #ghostTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: PoolWorkerOptions, env: Readonly<Record<string, string>>) {
    this.#options = options
    this.#start(env)
  }

  run(batch: readonly Sent[]): void {
    for (const sent of batch) this.#attempts.set(sent.number, sent)
    if (this.#preparing === undefined && batch.every((sent) => this.#isReady(sent))) return this.#send(batch)
    const thread = this.#thread
    const mine: Promise<void> = (this.#preparing ?? Promise.resolve())
      .then(() => this.#guard(this.#prepare(batch, thread)))
      .then(() => {
        if (this.#preparing === mine) this.#preparing = undefined
      })
    this.#preparing = mine
  }

  abort(sent: Sent, reason: string): void {
    const isFirst = this.#attempts.values().next().value === sent
    if (sent.isSent) void this.#guard(this.#remote.abort(sent.number, reason))
    // Behind another one it has not started, unless news of that is on its way.
    if (sent.isSent && isFirst) return
    if (sent.isSent) sent.isGhost = true
    else this.#attempts.delete(sent.number)
    this.#options.forget(sent.order.id)
    queueMicrotask(() => this.#options.host.reports.done(sent.order.id, { type: 'cancelled', reason }, 0))
  }

  /** Posted, not called: there is one for every few items, and nobody waits for an answer. */
  proceed(sent: Sent, taken: number): void {
    const said: ToWorker = { number: sent.number, taken }
    // What is not sent yet hears of it after its order.
    if (sent.isSent) this.#port.postMessage(said)
    else void this.#preparing?.then(() => this.#port.postMessage(said))
  }

  /** Takes back what has not begun. What was not even sent goes back as it is. */
  recall(): void {
    this.#drain()
    const all = [...this.#attempts.values()]
    const sent = all.slice(1).filter(({ isSent }) => isSent)
    const first = sent[0]
    const isBack = first && this.#recall?.take(first.number, sent.at(-1)!.number + 1)
    const back = all.filter(({ number, isSent }) => !isSent || isBack?.(number) === true)
    this.#returned(back.map(({ number }) => number))
  }

  /** Idle, and full of modules that it cannot let go of. */
  get isWorn(): boolean {
    return this.#attempts.size === 0 && this.#code.size > this.#options.config.maxCodes
  }

  terminate(reason: CrashReason): void {
    this.#terminated ??= reason
    void this.#thread.terminate()
  }

  /** Ends the thread without a report. */
  async close(): Promise<void> {
    for (const sent of this.#attempts.values()) sent.context?.close()
    this.#attempts.clear()
    this.#isClosed = true
    this.#isSilent = true
    clearTimeout(this.#ghostTimer)
    this.#port.close()
    await this.#thread.terminate()
  }

  // ---- start and end

  #start(env: Readonly<Record<string, string>>): void {
    const { spawn, cacheBytes, config } = this.#options
    const thread = spawn(env)
    const { port1, port2 } = new MessageChannel()
    this.#thread = thread
    // Taken off the proxy once: every look at it makes another.
    const { open, load, run, abort } = wrap<WorkerApi>(thread.endpoint)
    this.#remote = { run, abort }
    this.#port = port1
    this.#cache = new ObjectCache(cacheBytes)
    this.#code = new LoadedCode({
      urlOf: this.#options.urlOf,
      load: (code, url) => {
        if (!this.#isClosed) void this.#guard(load(code, url, this.#options.host.envOf(code)))
      },
      warn: (line) => this.#options.host.reports.logged(null, 'error', line),
    })
    this.#isBooted = false
    port1.addEventListener('message', ({ data }: MessageEvent<Report>) => this.#heard(data))
    port1.start()
    // Messages that it posted before its end are still on their way.
    thread.onExit((exit) => setTimeout(() => this.#exited(exit, env), 0))
    const { sharedMemory } = this.#options
    const ring = sharedMemory ? sharedRing() : null
    const recall = sharedMemory ? recallCells() : null
    this.#outcomes = ring === null ? undefined : new OutcomeReader(ring)
    this.#recall = recall === null ? undefined : new Recall(recall)
    void this.#guard(open(transfer(port2, [port2]), { inlineBytes: config.inlineBytes, ring, recall }))
  }

  #exited(exit: WorkerExit, env: Readonly<Record<string, string>>): void {
    if (!this.#isClosed) this.#drain()
    this.#port.close()
    clearTimeout(this.#ghostTimer)
    if (this.#isClosed) return
    const attempts = [...this.#attempts.values()]
    this.#attempts.clear()
    for (const sent of attempts) sent.context?.close()
    const again = this.#terminated === undefined && this.#options.ended(this.#isBooted)
    if (again) {
      this.#start(env)
      for (const sent of attempts) sent.isSent = false
      this.#preparing = undefined
      return this.run(attempts.filter(({ isGhost }) => !isGhost))
    }
    this.#isClosed = true
    this.#options.gone()
    const { alive, running, unstarted } = whereItWas(attempts, this.#isBooted)
    for (const id of alive) this.#options.forget(id)
    const reason = this.#terminated ?? exit.reason
    this.#options.host.reports.exited(this.#options.number, { reason, detail: exit.detail }, running, unstarted)
  }

  /**
   * A comlink call ends with its answer, or never when the worker dies: that is told by `onExit`, so nobody waits
   * here. What fails leaves the worker in a state that nobody knows: it goes, and what was in it is reported.
   */
  async #guard(call: Promise<unknown>): Promise<void> {
    try {
      await call
    } catch (error) {
      if (this.#isClosed) return
      this.#options.host.reports.logged(null, 'error', `worker ${this.#options.number}: ${String(error)}`)
      this.terminate('uncaught')
    }
  }

  // ---- towards the worker

  #isReady({ order }: Sent): boolean {
    return (
      this.#code.has(order.code) &&
      order.inputs.every(({ object, inline }) => inline !== null || this.#cache.has(object))
    )
  }

  /** Brings the code and the stored inputs here, then sends. What is missing goes back at once. */
  async #prepare(batch: readonly Sent[], thread: WorkerThread): Promise<void> {
    for (const code of new Set(batch.map(({ order }) => order.code))) await this.#code.load(code)
    const stored = new Map<string, Uint8Array>()
    for (const { order } of batch) {
      for (const { object, source, inline } of order.inputs) {
        if (inline !== null || this.#cache.has(object) || stored.has(object)) continue
        const bytes = await this.#read(source)
        if (bytes !== undefined) stored.set(object, bytes)
      }
    }
    if (thread !== this.#thread || this.#isClosed) return
    this.#send(batch, stored)
  }

  /** What cannot be read is as good as absent: another holder may have it. */
  async #read(source: ObjectId): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.store.get(source)
    } catch (error) {
      this.#options.host.reports.logged(null, 'error', `object ${source}: ${String(error)}`)
      return undefined
    }
  }

  #send(batch: readonly Sent[], stored: ReadonlyMap<string, Uint8Array> = none): void {
    const ready = batch.filter((sent) => {
      if (!this.#attempts.has(sent.number)) return false
      const lack = this.#lack(sent.order, stored)
      if (lack) this.#over(sent, lack, 0)
      return lack === null
    })
    if (ready.length === 0) return
    for (const sent of ready) sent.isSent = true
    const message = packBatch(ready, stored, this.#cache)
    const buffers = [message.buffer, ...message.objects.map(({ bytes }) => bytes.buffer)]
    void this.#guard(this.#remote.run(transfer(message, buffers)))
  }

  /** Why it cannot start; null when all is here. */
  #lack({ code, inputs }: RunOrder, stored: ReadonlyMap<string, Uint8Array>): Outcome | null {
    if (!this.#code.has(code)) {
      const why = this.#code.why(code)
      if (why !== undefined) return { type: 'returned', reason: clip(`its code cannot be loaded here: ${why}`) }
      return { type: 'missing', objects: [codeObject(code)] }
    }
    const objects = inputs
      .filter(({ object, inline }) => inline === null && !this.#cache.has(object) && !stored.has(object))
      .map(({ source }) => source)
    return objects.length === 0 ? null : { type: 'missing', objects }
  }

  // ---- from the worker

  #heard(report: Report): void {
    const { reports } = this.#options.host
    // What was written before it was said comes first.
    this.#drain()
    switch (report.type) {
      case 'knock':
        return
      case 'ready':
        this.#isBooted = true
        return this.#options.ready()
      case 'done':
        return this.#done(report)
      case 'items':
        return this.#items(report)
      case 'blocked':
      case 'unblocked': {
        const sent = this.#attempts.get(report.number)
        if (sent !== undefined && !sent.isGhost) reports[report.type](sent.order.id)
        return
      }
      case 'returned':
        return this.#returned(report.numbers)
      case 'logged': {
        const sent = report.number === null ? undefined : this.#attempts.get(report.number)
        return reports.logged(sent?.order.id ?? null, report.level, report.text)
      }
      case 'context': {
        const sent = this.#attempts.get(report.number)
        return sent === undefined ? undefined : this.#contextOf(sent).handle(report.request)
      }
      default:
        return report satisfies never
    }
  }

  readonly #written = (number: number, ms: number, bytes: Uint8Array): void => {
    const sent = this.#attempts.get(number)
    if (sent !== undefined) this.#over(sent, { type: 'inline', bytes, refs: [] }, ms)
  }

  #drain(): void {
    try {
      this.#outcomes?.drain(this.#written)
    } catch (error) {
      // Whoever writes there runs foreign code beside it.
      this.#outcomes = undefined
      this.#options.host.reports.logged(null, 'error', `worker ${this.#options.number}: ${String(error)}`)
      this.terminate('uncaught')
    }
  }

  #contextOf(sent: Sent): ContextBridge {
    const port = this.#port
    sent.context ??= new ContextBridge(this.#options.host.openContext(sent.order.id), (answer, buffers) =>
      port.postMessage(answer, buffers),
    )
    return sent.context
  }

  #items({ number, items }: Extract<Report, { type: 'items' }>): void {
    const sent = this.#attempts.get(number)
    if (sent === undefined || sent.isGhost) return
    const { order } = sent
    sent.items ??= new ItemQueue({
      task: order.task,
      store: this.#options.store,
      tell: (index, item) => {
        if (!this.#isSilent) this.#options.host.reports.item(order.id, index, withLife(sent.context, item))
      },
      full: () => void this.#guard(this.#remote.abort(number, 'there is no room for what it yields')),
    })
    sent.items.add(items)
  }

  #done(report: Extract<Report, { type: 'done' }>): void {
    const items = this.#attempts.get(report.number)?.items
    if (items === undefined) this.#ended(report)
    else items.after(() => this.#ended(report))
  }

  #ended({ number, outcome, ms, bytes }: Extract<Report, { type: 'done' }>): void {
    const sent = this.#attempts.get(number)
    if (sent === undefined) return
    if (sent.items?.isFull === true) return this.#over(sent, { type: 'returned', reason: 'memory' }, ms)
    if (bytes === null || sent.isGhost) return this.#over(sent, withLife(sent.context, outcome), ms)
    const finish = this.#leave(sent)
    const hash = outcome.type === 'stored' ? outcome.hash : undefined
    this.#options.store.put(resultOf(sent.order.task), bytes, hash).then(
      () => finish(withLife(sent.context, outcome), ms),
      () => finish({ type: 'returned', reason: 'memory' }, ms),
    )
  }

  #over(sent: Sent, outcome: Outcome, ms: number): void {
    this.#leave(sent)(outcome, ms)
  }

  /** Takes the attempt off the list; what is returned reports its outcome and then closes its context. */
  #leave(sent: Sent): (outcome: Outcome, ms: number) => void {
    this.#attempts.delete(sent.number)
    if (sent.isSent) for (const { object } of sent.order.inputs) this.#cache.unuse(object)
    this.#watchGhost()
    return (outcome, ms) => {
      if (!sent.isGhost && !this.#isSilent) {
        this.#options.forget(sent.order.id)
        this.#options.host.reports.done(sent.order.id, outcome, ms)
      }
      sent.context?.close()
    }
  }

  /** A cancelled attempt that runs after all has the usual grace; then its worker goes. */
  #watchGhost(): void {
    clearTimeout(this.#ghostTimer)
    this.#ghostTimer = undefined
    const first = this.#attempts.values().next().value
    if (first?.isGhost !== true) return
    this.#ghostTimer = setTimeout(() => this.terminate('terminated'), this.#options.config.cancelGraceMs)
  }

  #returned(numbers: readonly number[]): void {
    const back: AttemptId[] = []
    for (const number of numbers) {
      const sent = this.#attempts.get(number)
      if (sent === undefined) continue
      this.#attempts.delete(number)
      if (sent.isSent) for (const { object } of sent.order.inputs) this.#cache.unuse(object)
      if (sent.isGhost) continue
      this.#options.forget(sent.order.id)
      back.push(sent.order.id)
    }
    if (back.length > 0) this.#options.host.reports.returned(back)
  }
}

const none: ReadonlyMap<string, Uint8Array> = new Map()
