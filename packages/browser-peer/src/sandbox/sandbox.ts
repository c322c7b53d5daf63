// The hidden frame in which a page's workers live: an origin of its own that is nobody's, and a policy
// without network, so that what runs there reaches neither the page nor its storage nor any server.
// Each worker gets a port straight to its peer. Should the frame itself go (its process ran out of
// memory), all its workers are told of as ended, and the next one starts in a new frame.

import type { WorkerExit, WorkerThread } from '@murmuration/core/internal'
import type { Command, Ended, Setup } from './messages.ts'

const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob: data:",
  'worker-src blob:',
  "connect-src 'none'",
].join('; ')

function documentOf(script: string): string {
  const text = script.replaceAll('</script', String.raw`<\/script`)
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${text}</script>`
}

/** What runs in the frame and in its workers: loaded apart from what the page needs to join. */
interface Scripts {
  readonly frameScript: string
  readonly workerScript: string
}

// Asked for with the rest of the page: when it joins, the network may be away for a moment.
const ownScripts: Promise<Scripts> = import('../scripts.js')
// Whoever needs them hears of it.
ownScripts.catch(() => {})

export interface Sandbox {
  start(): WorkerThread
  close(): void
}

/** The frame is there before the first worker is asked for: making it takes a tenth of a second. `script`: what workers run. Default: our own. */
export function createSandbox(script?: string): Sandbox {
  const load = async (): Promise<Scripts> => {
    const scripts = await ownScripts.catch(() => import('../scripts.js'))
    return script === undefined ? scripts : { ...scripts, workerScript: script }
  }
  let frame: Frame | null = new Frame(load)
  return {
    start: () => {
      if (frame === null || frame.isGone) frame = new Frame(load)
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

  constructor(load: () => Promise<Scripts>) {
    const { port1, port2 } = new MessageChannel()
    this.#control = port1
    port1.addEventListener('message', ({ data }: MessageEvent<Ended>) => this.#ended(data))
    port1.addEventListener('close', () => this.#gone())
    port1.start()
    // What is said to it meanwhile waits in its port.
    load().then(
      (scripts) => this.#show(scripts, port2),
      (error: unknown) => {
        this.#whyGone = `the script of this page's workers could not be loaded (${String(error)}): reload the page`
        this.#gone()
      },
    )
  }

  #show({ frameScript, workerScript }: Scripts, port: MessagePort): void {
    if (this.isGone) return
    const element = this.#element
    element.setAttribute('sandbox', 'allow-scripts')
    element.setAttribute('aria-hidden', 'true')
    element.tabIndex = -1
    element.title = 'Murmuration’s workers'
    element.style.display = 'none'
    element.srcdoc = documentOf(frameScript)
    const setup: Setup = { murmuration: 'frame', workerScript }
    // Its origin is nobody's, so it cannot be named here. Task code never runs in that document.
    element.addEventListener('load', () => element.contentWindow?.postMessage(setup, '*', [port]), { once: true })
    document.documentElement.append(element)
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
