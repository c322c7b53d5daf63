// The line between a peer's main thread and one worker: comlink's calls, the port for reports and answers, and the shared
// memory for small outcomes and for what is taken back, where there is any. It knows no attempts.

import { transfer, wrap } from 'comlink'
import type { Remote } from 'comlink'
import type { Config } from '../model/config.ts'
import type { WorkerThread } from './ports.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { Report, ToWorker, WorkerApi } from './worker-messages.ts'

export interface WorkerLineOptions {
  readonly config: Pick<Config, 'inlineBytes' | 'argumentChecks'>
  readonly shared: SharedMemory | undefined
  /** What was written before it was said comes first. */
  readonly heard: (report: Report) => void
  /** A small outcome; the bytes are the taker's own. */
  readonly written: (number: number, ms: number, bytes: Uint8Array) => void
  /** Whoever writes there runs foreign code beside it. */
  readonly broke: (error: unknown) => void
}

export class WorkerLine {
  readonly remote: Pick<Remote<WorkerApi>, 'load' | 'run' | 'abort' | 'snapshot'>
  readonly recall: SharedMemory['recall'] | undefined
  /** Rejects when the worker cannot be spoken to. */
  readonly opened: Promise<void>
  readonly #options: WorkerLineOptions
  readonly #port: MessagePort
  /** What the worker has finished and not said in a message. */
  #outcomes: SharedMemory['outcomes'] | undefined

  constructor(thread: WorkerThread, options: WorkerLineOptions) {
    this.#options = options
    const { port1, port2 } = thread.createChannel?.() ?? new MessageChannel()
    this.#port = port1
    // Taken off the proxy once: every look at it makes another.
    const { open, load, run, abort, snapshot } = wrap<WorkerApi>(thread.endpoint)
    this.remote = { load, run, abort, snapshot }
    port1.addEventListener('message', ({ data }: MessageEvent<Report>) => {
      this.drain()
      options.heard(data)
    })
    port1.start()
    const { config, shared } = options
    const { inlineBytes, argumentChecks } = config
    this.#outcomes = shared?.outcomes
    this.recall = shared?.recall
    const { ring = null, recall = null } = shared?.cells ?? {}
    this.opened = open(transfer(port2, [port2]), { inlineBytes, argumentChecks, ring, recall })
  }

  drain(): void {
    try {
      this.#outcomes?.drain(this.#options.written)
    } catch (error) {
      this.#outcomes = undefined
      this.#options.broke(error)
    }
  }

  /** A report has come that outcomes were not to overtake. */
  hears(): void {
    this.#outcomes?.hears()
  }

  /** Posted, not called: nobody waits for an answer. */
  say(said: ToWorker, buffers: Transferable[] = []): void {
    this.#port.postMessage(said, buffers)
  }

  close(): void {
    this.#port.close()
  }
}
