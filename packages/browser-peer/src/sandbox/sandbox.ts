// The hidden frame in which a page's workers live: an origin of its own that is nobody's, and a policy
// without network (frame-document.ts), so that what runs there reaches neither the page nor its storage nor any server.
// Each worker gets a port straight to its peer. Should the frame itself go (its process ran out of
// memory), all its workers are told of as ended, and the next one starts in a new frame.

import type { WorkerExit, WorkerThread } from '@murmuration/core/internal'
import type { Command, Ended } from './messages.ts'

// Asked for with the rest of the page: when it joins, the network may be away for a moment.
const ownFilling = import('./frame-document.ts')
// Whoever needs it hears of it.
ownFilling.catch(() => {})

export interface Sandbox {
  start(): WorkerThread
  close(): void
}

/** The frame is there before the first worker is asked for: making it takes a tenth of a second. `script`: what workers run. Default: our own. */
export function createSandbox(script?: string): Sandbox {
  let frame: Frame | null = new Frame(script)
  return {
    start: () => {
      if (frame === null || frame.isGone) frame = new Frame(script)
      return frame.start()
    },
    close: () => {
      frame?.close()
      frame = null
    },
  }
}

class Frame {
  readonly #element = document.createElement('iframe')
  readonly #control: MessagePort
  readonly #workers = new Map<number, FrameWorker>()
  #started = 0
  isGone = false
  #whyGone = 'the frame around it is gone, as when its memory runs out'

  constructor(script: string | undefined) {
    const { port1, port2 } = new MessageChannel()
    this.#control = port1
    port1.addEventListener('message', ({ data }: MessageEvent<Ended>) => this.#ended(data))
    port1.addEventListener('close', () => this.#gone())
    port1.start()
    // What is said to it meanwhile waits in its port.
    ownFilling
      .catch(() => import('./frame-document.ts'))
      .then(
        ({ fillFrame }) => void (this.isGone || fillFrame(this.#element, { port: port2, script })),
        (error: unknown) => {
          this.#whyGone = `the script of this page's workers could not be loaded (${String(error)}): reload the page`
          this.#gone()
        },
      )
  }

  start(): WorkerThread {
    const number = this.#started++
    const { port1, port2 } = new MessageChannel()
    const worker = new FrameWorker(port1, () => this.#command({ type: 'end', number }))
    this.#workers.set(number, worker)
    // It went without a word: the frame knows why, or ends what is left of it.
    port1.addEventListener('close', () => this.#command({ type: 'end', number }))
    this.#command({ type: 'start', number }, [port2])
    return worker
  }

  close(): void {
    this.#gone()
  }

  #command(command: Command, ports: MessagePort[] = []): void {
    if (!this.isGone) this.#control.postMessage(command, ports)
  }

  #ended({ number, reason, detail }: Ended): void {
    const worker = this.#workers.get(number)
    this.#workers.delete(number)
    worker?.exited({ reason, detail })
  }

  #gone(): void {
    if (this.isGone) return
    this.isGone = true
    this.#control.close()
    this.#element.remove()
    for (const worker of this.#workers.values()) worker.exited({ reason: 'exit', detail: this.#whyGone })
    this.#workers.clear()
  }
}

class FrameWorker implements WorkerThread {
  readonly endpoint: MessagePort
  readonly #end: () => void
  #onExit: ((exit: WorkerExit) => void) | null = null
  #exit: WorkerExit | null = null
  #terminated = false
  #over: () => void = () => {}
  readonly #ended = new Promise<void>((resolve) => (this.#over = resolve))

  constructor(endpoint: MessagePort, end: () => void) {
    this.endpoint = endpoint
    this.#end = end
  }

  onExit(listener: (exit: WorkerExit) => void): void {
    this.#onExit = listener
    const exit = this.#exit
    if (exit !== null) queueMicrotask(() => listener(exit))
  }

  terminate(): Promise<void> {
    this.#terminated = true
    if (this.#exit === null) this.#end()
    return this.#ended
  }

  exited(exit: WorkerExit): void {
    if (this.#exit !== null) return
    // The frame ends what went silently, too: then nobody here asked for it.
    const silent = exit.reason === 'terminated' && !this.#terminated
    this.#exit = silent ? { reason: 'exit', detail: 'it ended without a word' } : exit
    this.endpoint.close()
    this.#onExit?.(this.#exit)
    this.#over()
  }
}
