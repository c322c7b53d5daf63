// One worker as the main thread sees it: what was sent to it and in which order, what it keeps, and what
// it reports. Attempts run in the order they were sent, so the first without an outcome is the one that
// runs; that is how blame for a crash falls on the right one. Which worker gets what is decided elsewhere.

import { transfer } from 'comlink'
import type { SnapshotResult } from '../model/actor.ts'
import type { Config } from '../model/config.ts'
import { type AttemptId, type CodeId, resultOf } from '../model/ids.ts'
import type { CrashReason, Outcome } from '../model/task.ts'
import { answerAsset } from './asset-answer.ts'
import { packBatch } from './batch.ts'
import { ContextBridge } from './context-bridge.ts'
import { ItemQueue } from './item-queue.ts'
import type { ObjectStore, Platform, WorkerExit, WorkerThread } from './ports.ts'
import { begunOf, outOfRoom, type Sent, whereTheyWere } from './sent.ts'
import { WorkerLine } from './worker-line.ts'
import type { Report } from './worker-messages.ts'
import type { WorkerPoolHost } from './worker-port.ts'
import { WorkerSupplies } from './worker-supplies.ts'

export interface PoolWorkerOptions {
  readonly number: number
  readonly config: Pick<Config, 'inlineBytes' | 'argumentChecks' | 'cancelGraceMs' | 'maxCodes'>
  readonly store: ObjectStore
  readonly host: WorkerPoolHost
  readonly cacheBytes: number
  readonly shareMemory: Platform['shareMemory']
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
  #line!: WorkerLine
  #supplies!: WorkerSupplies
  /** The actor that lives here: the worker is its own. */
  #actor: Sent | undefined
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
    for (const sent of batch) {
      this.#attempts.set(sent.number, sent)
      if (sent.order.actor !== undefined) this.#actor = sent
    }
    if (this.#preparing === undefined && batch.every(({ order }) => this.#supplies.has(order))) return this.#send(batch)
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
    if (sent.isSent) void this.#guard(this.#line.remote.abort(sent.number, reason))
    // Behind another one it has not started, unless news of that is on its way. Of a call only its worker can tell.
    if (sent.isSent && (isFirst || sent.order.isCall === true)) return
    if (sent.isSent) sent.isGhost = true
    else this.#attempts.delete(sent.number)
    this.#options.forget(sent.order.id)
    queueMicrotask(() => this.#options.host.reports.done(sent.order.id, { type: 'cancelled', reason }, 0))
    if (sent === this.#actor) this.#actorEnded()
  }

  /** It was never there, or not for long: what was sent after it goes back, and its worker is nobody's. */
  #actorEnded(): void {
    this.#returned([...this.#attempts.keys()])
    this.#options.gone()
    void this.close()
  }

  /** Asks the actor, behind all that is on its way there. */
  snapshot(): void {
    const ask = (): void => {
      if (!this.#isClosed) void this.#guard(this.#line.remote.snapshot())
    }
    if (this.#preparing === undefined) ask()
    else void this.#preparing.then(ask)
  }

  proceed(sent: Sent, taken: number): void {
    const { number } = sent
    // What is not sent yet hears of it after its order.
    if (sent.isSent) this.#line.say({ number, taken })
    else void this.#preparing?.then(() => this.#line.say({ number, taken }))
  }

  /** Takes back what has not begun. What was not even sent goes back as it is. */
  recall(): void {
    // Calls keep their order, and nobody else could run them.
    if (this.#actor !== undefined) return
    this.#line.drain()
    const all = [...this.#attempts.values()]
    const sent = all.slice(1).filter(({ isSent }) => isSent)
    const first = sent[0]
    const isBack = first && this.#line.recall?.take(first.number, sent.at(-1)!.number + 1)
    const back = all.filter(({ number, isSent }) => !isSent || isBack?.(number) === true)
    this.#returned(back.map(({ number }) => number))
  }

  /** Idle, and full of modules that it cannot let go of. */
  get isWorn(): boolean {
    return this.#attempts.size === 0 && this.#supplies.codes > this.#options.config.maxCodes
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
    this.#line.close()
    await this.#thread.terminate()
  }

  // ---- start and end

  #start(env: Readonly<Record<string, string>>): void {
    const { spawn, config, shareMemory } = this.#options
    const thread = spawn(env)
    this.#thread = thread
    this.#supplies = this.#newSupplies()
    this.#isBooted = false
    this.#line = new WorkerLine(thread, {
      config,
      shared: shareMemory?.(),
      heard: (report) => this.#heard(report),
      written: this.#written,
      broke: (error) => this.#broke(error),
    })
    // Messages that it posted before its end are still on their way.
    thread.onExit((exit) => setTimeout(() => this.#exited(exit, env), 0))
    void this.#guard(this.#line.opened)
  }

  #newSupplies(): WorkerSupplies {
    const { store, cacheBytes, urlOf, host } = this.#options
    return new WorkerSupplies({
      store,
      cacheBytes,
      urlOf,
      load: (code, url) => {
        if (!this.#isClosed) void this.#guard(this.#line.remote.load(code, url, host.envOf(code)))
      },
      complain: (line) => this.#complain(line),
    })
  }

  #complain(line: string): void {
    this.#options.host.reports.logged(null, 'error', line)
  }

  #exited(exit: WorkerExit, env: Readonly<Record<string, string>>): void {
    if (!this.#isClosed) this.#line.drain()
    this.#line.close()
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
    const begun = this.#isBooted ? begunOf(attempts, this.#actor, (one) => this.#line.recall?.hasBegun(one)) : attempts
    const { alive, running, unstarted } = whereTheyWere(attempts, begun)
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
      if (!this.#isClosed) this.#broke(error)
    }
  }

  #broke(error: unknown): void {
    this.#complain(`worker ${this.#options.number}: ${String(error)}`)
    this.terminate('uncaught')
  }

  // ---- towards the worker

  /** Brings the code and the stored inputs here, then sends. What is missing goes back at once. */
  async #prepare(batch: readonly Sent[], thread: WorkerThread): Promise<void> {
    const stored = await this.#supplies.bring(batch)
    if (thread === this.#thread && !this.#isClosed) this.#send(batch, stored)
  }

  #send(batch: readonly Sent[], stored: ReadonlyMap<string, Uint8Array> = none): void {
    const ready = batch.filter((sent) => {
      if (!this.#attempts.has(sent.number)) return false
      const lack = this.#supplies.lack(sent.order, stored)
      if (lack) this.#over(sent, lack, 0)
      return lack === null
    })
    if (ready.length === 0) return
    for (const sent of ready) sent.isSent = true
    const message = packBatch(ready, stored, this.#supplies.cache)
    const buffers = [message.buffer, ...message.objects.map(({ bytes }) => bytes.buffer)]
    void this.#guard(this.#line.remote.run(transfer(message, buffers)))
  }

  // ---- from the worker

  #heard(report: Report): void {
    const { reports } = this.#options.host
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
      case 'built':
        this.#line.hears()
        return this.#actor && reports.built(this.#actor.order.id, report.snapshots)
      case 'snapshot':
        return this.#tookSnapshot(report.result)
      case 'logged': {
        const sent = report.number === null ? undefined : this.#attempts.get(report.number)
        return reports.logged(sent?.order.id ?? null, report.level, report.text)
      }
      case 'asset': {
        const sent = this.#actor ?? this.#attempts.get(report.number)
        const { assetOf } = this.#options.host
        return sent && void answerAsset(this.#line, report, assetOf(sent.order.code, report.name))
      }
      case 'context': {
        // What a call of an actor had begun and not waited for is the actor's when the call has ended.
        const sent = this.#attempts.get(report.number) ?? this.#actor
        return sent === undefined ? undefined : this.#contextOf(sent).handle(report.request)
      }
      default:
        return report satisfies never
    }
  }

  readonly #written = (number: number, ms: number, bytes: Uint8Array): void => {
    const sent = this.#attempts.get(number)
    if (sent !== undefined) this.#over(sent, { type: 'inline', bytes, refs: noRefs }, ms)
  }

  #contextOf(sent: Sent): ContextBridge {
    if (sent.context !== undefined) return sent.context
    const line = this.#line
    const actor = sent.order.isCall === true && this.#actor ? this.#contextOf(this.#actor) : undefined
    const context = this.#options.host.openContext(sent.order.id, actor?.context)
    sent.context = new ContextBridge(context, (answer, buffers) => line.say(answer, buffers), actor)
    return sent.context
  }

  #tookSnapshot(result: SnapshotResult): void {
    this.#line.hears()
    const actor = this.#actor
    if (actor) this.#options.host.reports.snapshot(actor.order.id, actor.context?.snapshot(result) ?? result)
  }

  #items({ number, items }: Extract<Report, { type: 'items' }>): void {
    const sent = this.#attempts.get(number)
    if (sent === undefined || sent.isGhost) return
    const { order } = sent
    sent.items ??= new ItemQueue({
      task: order.task,
      store: this.#options.store,
      tell: (index, item) => {
        if (!this.#isSilent) this.#options.host.reports.item(order.id, index, this.#inContext(sent, item))
      },
      full: () => void this.#guard(this.#line.remote.abort(number, 'there is no room for what it yields')),
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
    if (sent.items?.isFull === true) return this.#over(sent, outOfRoom(sent), ms)
    const whole = this.#inContext(sent, outcome)
    if (bytes === null || sent.isGhost) return this.#over(sent, whole, ms)
    const finish = this.#leave(sent)
    const hash = outcome.type === 'stored' ? outcome.hash : undefined
    this.#options.store.put(resultOf(sent.order.task), bytes, hash).then(
      () => finish(whole, ms),
      () => finish(outOfRoom(sent), ms),
    )
  }

  /** What a call returns or yields may be what another one put into the instance. */
  #inContext<T extends Outcome>(sent: Sent, outcome: T): T {
    const context = sent.context ?? (sent.order.isCall === true ? this.#actor?.context : undefined)
    return context?.outcome(outcome) ?? outcome
  }

  #over(sent: Sent, outcome: Outcome, ms: number): void {
    this.#leave(sent)(outcome, ms)
  }

  /** Takes the attempt off the list; what is returned reports its outcome and then closes its context. */
  #leave(sent: Sent): (outcome: Outcome, ms: number) => void {
    this.#attempts.delete(sent.number)
    if (sent.isSent) for (const { object } of sent.order.inputs) this.#supplies.cache.unuse(object)
    this.#watchGhost()
    return (outcome, ms) => {
      if (!sent.isGhost && !this.#isSilent) {
        this.#options.forget(sent.order.id)
        this.#options.host.reports.done(sent.order.id, outcome, ms)
      }
      sent.context?.close()
      if (sent === this.#actor && !this.#isClosed) this.#actorEnded()
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
      if (sent.isSent) for (const { object } of sent.order.inputs) this.#supplies.cache.unuse(object)
      if (sent.isGhost) continue
      this.#options.forget(sent.order.id)
      back.push(sent.order.id)
    }
    if (back.length > 0) this.#options.host.reports.returned(back)
  }
}

const none: ReadonlyMap<string, Uint8Array> = new Map()
const noRefs: readonly never[] = []
