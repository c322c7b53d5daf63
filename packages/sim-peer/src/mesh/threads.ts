// Workers of a simulated peer: the real worker host, in a place of its own in this process instead of a thread. Messages take
// no time, but come in an order that only virtual time decides. A worker that ends is a place whose code is
// never heard of again.

import { inspect } from 'node:util'
import { exposeWorkerHost } from '@murmuration/core/internal'
import type { Sha256, WorkerExit, WorkerThread } from '@murmuration/core/internal'
import { nativeImport } from './native-import.mts'
import { Place, currentPlace } from './place.ts'

export type TakesMs = (fn: string, args: readonly unknown[]) => number

export interface ThreadOptions {
  /** Where the worker's peer runs. */
  readonly home: Place
  /** Told apart from all other workers by it. */
  readonly name: string
  readonly sha256: Sha256
  readonly takesMs: TakesMs
}

type Listener = (event: { readonly data: unknown }) => void

/** One end of a way for messages. They are handed over as they are, since whoever sends one lets go of it. */
class SimPort {
  readonly #place: Place
  readonly #listeners = new Set<Listener>()
  other: SimPort | null = null

  constructor(place: Place) {
    this.#place = place
  }

  postMessage(data: unknown): void {
    const { other } = this
    // What the engine's garbage collection says depends on the machine.
    if (!other || currentPlace() === undefined) return
    other.#place.after(0, () => {
      for (const listener of other.#listeners) listener({ data })
    })
  }

  addEventListener(_type: string, listener: Listener): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_type: string, listener: Listener): void {
    this.#listeners.delete(listener)
  }

  start(): void {}

  close(): void {
    this.#listeners.clear()
  }
}

function wayBetween(a: Place, b: Place): { port1: SimPort; port2: SimPort } {
  const port1 = new SimPort(a)
  const port2 = new SimPort(b)
  port1.other = port2
  port2.other = port1
  return { port1, port2 }
}

export class SimThread implements WorkerThread {
  readonly endpoint: WorkerThread['endpoint']
  readonly createChannel: () => MessageChannel
  readonly #home: Place
  readonly #place: Place
  #onExit: (exit: WorkerExit) => void = () => {}

  constructor({ home, name, sha256, takesMs }: ThreadOptions) {
    const { timing, peer } = home
    this.#home = home
    this.#place = new Place(timing, peer, name)
    const { port1, port2 } = wayBetween(home, this.#place)
    this.endpoint = port1 as unknown as WorkerThread['endpoint']
    this.createChannel = () => wayBetween(home, this.#place) as unknown as MessageChannel
    this.#place.run(() =>
      exposeWorkerHost(port2 as unknown as WorkerThread['endpoint'], {
        // Its own copy of every module, as a thread has.
        importModule: (url) => timing.during(nativeImport(`${url}?in=${encodeURIComponent(name)}`)),
        sha256,
        takesMs,
        format: (parts) => parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '),
        captureConsole: false,
      }),
    )
  }

  onExit(listener: (exit: WorkerExit) => void): void {
    this.#onExit = listener
  }

  async terminate(): Promise<void> {
    if (this.#place.isOver) return
    this.#place.isOver = true
    this.#home.after(0, () => this.#onExit({ reason: 'terminated', detail: 'ended by its peer' }))
  }
}
