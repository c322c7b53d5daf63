// Workers of a Node peer: threads that see the environment they were given and little else, with
// a bound on memory and with output that is caught line by line. It tells apart the ways in which a
// thread can end; what was running in it, and whether to start another, others know.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { headline, placeIn } from '@murmuration/core/internal'
import type { SpawnWorker, WorkerExit, WorkerThread } from '@murmuration/core/internal'
import { codeOf } from './home.ts'

export interface SpawnWorkerOptions {
  /** Heap of one worker, in MB. Default: what Node gives a thread. */
  readonly memoryMb?: number | undefined
  /** Told each line that a worker writes past its console. Default: a line on our own stderr. */
  readonly output?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined
  /** The module that runs in the thread. Default: the worker host. */
  readonly module?: URL | undefined
}

/** What every worker sees; it gets it as its data too, to go back to when its module changes. */
export type SharedEnvironment = Record<string, string>

/** What a worker may know of this process's environment. The rest may be the operator's secrets. */
const sharedVariables =
  process.platform === 'win32'
    ? ['PATH', 'USERPROFILE', 'TEMP', 'TMP', 'LANG', 'SYSTEMROOT']
    : ['PATH', 'HOME', 'TMPDIR', 'LANG']

// Tests run this file as it is; the thread needs what was compiled from it.
const hostModule = new URL(import.meta.url.endsWith('.ts') ? '../dist/worker.js' : './worker.js', import.meta.url)

export function createSpawnWorker(options: SpawnWorkerOptions = {}): SpawnWorker {
  const { memoryMb, output = onOurStderr, module = hostModule } = options
  return (env) => {
    const workerData = sharedEnvironment()
    const worker = new Worker(module, {
      name: 'murmuration',
      argv: [],
      execArgv: [],
      workerData,
      env: { ...workerData, ...env },
      stdout: true,
      stderr: true,
      ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    })
    eachLine(worker.stdout, (line) => output(line, 'stdout'))
    eachLine(worker.stderr, (line) => output(line, 'stderr'))
    return new NodeWorker(worker)
  }
}

class NodeWorker implements WorkerThread {
  readonly endpoint: WorkerThread['endpoint']
  readonly #worker: Worker
  #onExit: ((exit: WorkerExit) => void) | null = null
  #exit: WorkerExit | null = null
  #uncaught: WorkerExit | null = null
  #terminated = false

  constructor(worker: Worker) {
    this.#worker = worker
    this.endpoint = nodeEndpoint(worker)
    worker.on('error', (error) => {
      this.#uncaught ??= exitOf(error)
    })
    worker.once('exit', (code) => this.#exited(code))
  }

  onExit(listener: (exit: WorkerExit) => void): void {
    this.#onExit = listener
    const exit = this.#exit
    if (exit !== null) queueMicrotask(() => listener(exit))
  }

  async terminate(): Promise<void> {
    this.#terminated = true
    await this.#worker.terminate()
  }

  #exited(code: number): void {
    if (this.#exit !== null) return
    this.#exit =
      this.#uncaught ??
      (this.#terminated
        ? { reason: 'terminated', detail: 'ended by its peer' }
        : { reason: 'exit', detail: `exit code ${code}` })
    this.#onExit?.(this.#exit)
  }
}

function exitOf(error: unknown): WorkerExit {
  if (codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { reason: 'out-of-memory', detail: error instanceof Error ? error.message : 'out of memory' }
  }
  if (!(error instanceof Error)) return { reason: 'uncaught', detail: inspect(error, { breakLength: Infinity }) }
  const place = placeIn(error.stack)
  return { reason: 'uncaught', detail: `${headline(error)}${place === null ? '' : ` at ${place}`}` }
}

function sharedEnvironment(): SharedEnvironment {
  const shared: SharedEnvironment = {}
  for (const name of sharedVariables) {
    const value = process.env[name]
    if (value !== undefined) shared[name] = value
  }
  return shared
}

function eachLine(stream: Readable, listener: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', listener)
}

function onOurStderr(line: string): void {
  process.stderr.write(`[worker] ${line}\n`)
}
