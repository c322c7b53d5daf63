// The actor that lives in a worker: its instance, and the calls that came for it. Calls begin in the order they came, as
// many at once as it takes; a snapshot is taken in its turn, and no call begins while it is. What a call that was under
// way says at such a time waits for the snapshot, so whatever was reported before one is in it. A generator that waits
// for its reader lets others have their turn, as between two items of any loop: whoever reads may call.

import type { SnapshotResult } from '../model/actor.ts'
import type { Handle } from '../handles.ts'
import { handleIn } from '../actors.ts'
import { exportedClass, type Namespace } from './callee.ts'
import { taskGlobal } from './task-global.ts'
import { textOf } from './thrown.ts'
import { encode } from './values.ts'
import type { Attempt, Ended } from './worker-attempt.ts'
import type { WorkerHost } from './worker-host.ts'
import { transferBytes } from './worker-messages.ts'

const snapshotWanted = Symbol('a snapshot is wanted')

export class Resident {
  /** The one that is the actor. It ends when the actor does. */
  readonly attempt: Attempt
  readonly #host: WorkerHost
  readonly #concurrency: number
  readonly #queue: (Attempt | typeof snapshotWanted)[] = []
  /** Calls that wait for something. */
  readonly #running = new Map<number, Attempt>()
  /** Generators that wait for their readers, and those of them that may go on. */
  readonly #parked = new Map<number, Attempt>()
  readonly #resuming: (() => void)[] = []
  #namespace: Namespace = {}
  #instance: object | undefined
  /** It is being made, or tells what it is: no call begins. */
  #isBusy = true
  /** There is no instance, and never will be. */
  #isOver = false
  /** What ended while a snapshot was taken. */
  readonly #unreported: (() => void)[] = []

  constructor(host: WorkerHost, attempt: Attempt) {
    this.#host = host
    this.attempt = attempt
    this.#concurrency = attempt.order.actor?.concurrency ?? 1
    void this.#build()
  }

  take(calls: readonly Attempt[]): void {
    if (this.#isOver) return this.#host.giveBack(calls)
    for (const call of calls) this.#queue.push(call)
    this.#go()
  }

  snapshot(): void {
    if (this.#isOver) return
    this.#queue.push(snapshotWanted)
    this.#go()
  }

  abort(number: number, reason: string): void {
    if (number === this.attempt.order.number) return this.attempt.abort(reason)
    const running = this.#running.get(number) ?? this.#parked.get(number)
    if (running !== undefined) return running.abort(reason)
    const at = this.#queue.findIndex((next) => next !== snapshotWanted && next.order.number === number)
    if (at === -1) return
    this.#queue.splice(at, 1)
    this.#host.dropped(number, reason)
  }

  /** Whose verbs `task` has while nothing is called: the only call's that waits, else the actor's own. */
  get atWork(): Attempt {
    const [only] = this.#running.size === 1 ? this.#running.values() : []
    return only ?? this.attempt
  }

  find(number: number): Attempt | undefined {
    const begun = this.#running.get(number) ?? this.#parked.get(number)
    if (begun !== undefined) return begun
    return this.#queue.find((next): next is Attempt => next !== snapshotWanted && next.order.number === number)
  }

  /** Others have their turn; what is returned resolves when it has its own again, before what has not begun. */
  park(call: Attempt): () => Promise<void> {
    const { number } = call.order
    this.#running.delete(number)
    this.#parked.set(number, call)
    this.#host.leave(call)
    this.#go()
    return () =>
      new Promise((resolve) => {
        this.#resuming.push(() => {
          this.#parked.delete(number)
          this.#running.set(number, call)
          if (this.#concurrency === 1) this.#host.goesOn(call)
          resolve()
        })
        this.#go()
      })
  }

  async #build(): Promise<void> {
    const host = this.#host
    const { attempt } = this
    host.begun(attempt)
    host.enter(attempt)
    const bundle = await host.imported(attempt)
    const started = host.now()
    const built = bundle.namespace === undefined ? bundle.failed : await attempt.build(bundle.namespace)
    if ('outcome' in built) return this.#notBuilt(built, started)
    this.#namespace = bundle.namespace ?? {}
    this.#instance = built.instance
    host.tell({ type: 'built', number: attempt.order.number, snapshots: this.#snapshots })
    this.#isBusy = false
    this.#go()
  }

  #notBuilt(ended: Ended, started: number): void {
    this.#isOver = true
    this.#host.report(this.attempt, ended, started)
    this.#host.giveBack(this.#queue.filter((next) => next !== snapshotWanted))
    this.#queue.length = 0
  }

  /** It can say what it is, and its class make another one of that. */
  get #snapshots(): boolean {
    const Class = exportedClass(this.#namespace, this.attempt.order.fn)
    const { snapshot } = this.#instance as { snapshot?: unknown }
    return typeof snapshot === 'function' && typeof Class === 'function' && typeof Class.restore === 'function'
  }

  #go(): void {
    while (!this.#isBusy && this.#running.size < this.#concurrency) {
      const resume = this.#resuming.shift()
      if (resume !== undefined) {
        resume()
        continue
      }
      const next = this.#queue.shift()
      if (next === undefined) return
      if (next === snapshotWanted) void this.#takeSnapshot()
      else this.#begin(next)
    }
  }

  #begin(call: Attempt): void {
    this.#host.begun(call)
    this.#host.enter(call)
    const started = this.#host.now()
    const ended = call.run(this.#namespace, this.#instance)
    if (!(ended instanceof Promise)) return this.#report(call, ended, started)
    const { number } = call.order
    this.#running.set(number, call)
    // Of several nobody can tell which one goes on.
    if (this.#concurrency > 1) this.#host.leave(call)
    void ended.then((late) => {
      this.#running.delete(number)
      this.#report(call, late, started)
      this.#go()
    })
  }

  #report(call: Attempt, ended: Ended, started: number): void {
    const report = (): void => this.#host.report(call, ended, started)
    if (this.#isBusy) this.#unreported.push(report)
    else report()
  }

  async #takeSnapshot(): Promise<void> {
    this.#isBusy = true
    this.#host.enter(this.attempt)
    taskGlobal().current = this.attempt
    const result = await snapshotOf(this.#instance as { snapshot(): unknown })
    const transfer =
      result.type === 'taken' && result.bytes.byteLength > transferBytes ? [result.bytes.buffer as ArrayBuffer] : []
    this.#host.tell({ type: 'snapshot', number: this.attempt.order.number, result }, transfer)
    this.#host.leave(this.attempt)
    this.#isBusy = false
    for (const report of this.#unreported.splice(0)) report()
    this.#go()
  }
}

async function snapshotOf(instance: { snapshot(): unknown }): Promise<SnapshotResult> {
  try {
    const state = await instance.snapshot()
    const met = new Set<Handle>()
    const { bytes, refs } = encode(state, {
      root: 'snapshot()',
      onRef: (ref) => {
        const handle = handleIn(ref)
        if (handle !== undefined) met.add(handle)
      },
    })
    for (const handle of met) {
      await handle.pending
      if (handle.broken !== undefined) throw handle.broken
    }
    return { type: 'taken', bytes, refs }
  } catch (error) {
    return { type: 'failed', message: textOf(error instanceof Error ? error.message : error) }
  }
}
