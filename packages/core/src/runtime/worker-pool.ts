// The worker pool as the peer loop sees it: threads by number, started as they are first named, orders in,
// reports out. A worker cannot let go of a module that it has imported: one that has imported too many is
// replaced when it is idle. It chooses nothing. A worker that dies before it says its first word is started again twice, and
// then its attempts are reported as crashed, so that a broken installation cannot spin.

import type { Config } from '../model/config.ts'
import { type AttemptId, type CodeId, codeObject } from '../model/ids.ts'
import { builtinBundle } from './builtin.ts'
import { PoolWorker } from './pool-worker.ts'
import type { ObjectStore, Platform } from './ports.ts'
import type { Sent } from './sent.ts'
import type { RunOrder, WorkerPool, WorkerPoolHost } from './worker-port.ts'

export interface WorkerPoolOptions {
  readonly platform: Pick<Platform, 'spawnWorker' | 'codeUrl' | 'sha256' | 'shareMemory'>
  readonly store: ObjectStore
  readonly config: Pick<Config, 'inlineBytes' | 'argumentChecks' | 'cancelGraceMs' | 'maxCodes'>
  readonly host: WorkerPoolHost
  /** Bytes of inputs that each worker keeps for later attempts. Default 64 MiB. */
  readonly cacheBytes?: number | undefined
}

/** Deaths before the first word, in a row, until it is no longer tried again at once. */
const maxBootFailures = 3

/** Starts no thread before it is named in `run`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  return new Pool(options)
}

class Pool implements WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Map<number, PoolWorker>()
  readonly #attempts = new Map<AttemptId, { readonly sent: Sent; readonly worker: PoolWorker }>()
  readonly #urls = new Map<CodeId, Promise<string | undefined>>()
  readonly #builtin: ReturnType<typeof builtinBundle>
  #nextNumber = 0
  #bootFailures = 0
  #isClosed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#builtin = builtinBundle(options.platform.sha256)
  }

  run(worker: number, batch: readonly RunOrder[]): void {
    const first = batch[0]
    if (first === undefined || this.#isClosed) return
    let pooled = this.#workers.get(worker)
    // Its actor has gone with that worker, and news of that is on its way.
    if (pooled === undefined && first.isCall === true) return this.#giveBack(batch)
    if (pooled?.isWorn === true) {
      void pooled.close()
      pooled = undefined
    }
    if (pooled === undefined) {
      pooled = this.#start(worker, this.#options.host.envOf(first.code))
      this.#workers.set(worker, pooled)
    }
    const all: Sent[] = []
    for (const order of batch) {
      const sent: Sent = {
        number: this.#nextNumber++,
        order,
        isSent: false,
        isGhost: false,
        context: undefined,
        items: undefined,
      }
      this.#attempts.set(order.id, { sent, worker: pooled })
      all.push(sent)
    }
    pooled.run(all)
  }

  abort(attempt: AttemptId, reason: string): void {
    const known = this.#attempts.get(attempt)
    known?.worker.abort(known.sent, reason)
  }

  snapshot(attempt: AttemptId): void {
    this.#attempts.get(attempt)?.worker.snapshot()
  }

  proceed(attempt: AttemptId, taken: number): void {
    const known = this.#attempts.get(attempt)
    known?.worker.proceed(known.sent, taken)
  }

  recall(worker: number): void {
    this.#workers.get(worker)?.recall()
  }

  forgetCode(code: CodeId): void {
    this.#urls.delete(code)
  }

  terminate(worker: number, reason: Parameters<WorkerPool['terminate']>[1]): void {
    const pooled = this.#workers.get(worker)
    if (pooled !== undefined) return pooled.terminate(reason)
    queueMicrotask(() => this.#options.host.reports.exited(worker, { reason, detail: 'not started' }, [], []))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(Array.from(this.#workers.values(), (worker) => worker.close()))
    this.#workers.clear()
    this.#attempts.clear()
  }

  #giveBack(batch: readonly RunOrder[]): void {
    queueMicrotask(() => this.#options.host.reports.returned(batch.map(({ id }) => id)))
  }

  #start(number: number, env: Readonly<Record<string, string>>): PoolWorker {
    const { platform, store, config, host, cacheBytes = 64 * 1024 * 1024 } = this.#options
    const worker: PoolWorker = new PoolWorker(
      {
        number,
        config,
        store,
        host,
        cacheBytes,
        shareMemory: platform.shareMemory,
        spawn: platform.spawnWorker,
        urlOf: (code) => this.#urlOf(code),
        forget: (attempt) => this.#attempts.delete(attempt),
        ready: () => {
          this.#bootFailures = 0
        },
        ended: (booted) => {
          if (booted || this.#isClosed) return false
          this.#bootFailures++
          return this.#bootFailures < maxBootFailures
        },
        gone: () => {
          if (this.#workers.get(number) === worker) this.#workers.delete(number)
        },
      },
      env,
    )
    return worker
  }

  /** Asked for again when it failed, or when the bundle was not here. */
  #urlOf(code: CodeId): Promise<string | undefined> {
    const known = this.#urls.get(code)
    if (known !== undefined) return known
    const url = this.#findUrl(code)
    this.#urls.set(code, url)
    const again = (): boolean => this.#urls.delete(code)
    url.then((found) => found ?? again(), again)
    return url
  }

  async #findUrl(code: CodeId): Promise<string | undefined> {
    const { store, platform } = this.#options
    const isBuiltin = code === this.#builtin.module.code
    const source = isBuiltin ? this.#builtin.bytes : await store.get(codeObject(code))
    return source === undefined ? undefined : platform.codeUrl(code, source)
  }
}
