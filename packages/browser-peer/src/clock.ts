// The one timer and the two clocks of a peer in a page. The timer waits in a worker of its own: a page's
// timers are held back to one a second, and then to one a minute, as soon as nobody looks at it, and a
// peer that is late with its heartbeats would be taken for dead. Pages that forbid such a worker make do.

import type { Clock } from '@murmuration/core/internal'
import { soon } from './soon.ts'

/** setTimeout takes 32 bits; a longer wait fires at once. */
const longestWaitMs = 2 ** 31 - 1

const timerScript = `let timer
onmessage = ({ data: [number, ms] }) => {
  clearTimeout(timer)
  timer = setTimeout(postMessage, ms, number)
}`

/** Sets a timer in the place of the one before. */
type Wait = (ms: number) => void

export class PageClock implements Clock {
  readonly #wait: Wait
  readonly #close: () => void
  #at = Number.POSITIVE_INFINITY
  /** When the timer fires by itself. */
  #armedFor = Number.POSITIVE_INFINITY
  #callback: () => void = () => {}

  constructor() {
    const { wait, close } = startTimer(() => this.#fire())
    this.#wait = wait
    this.#close = close
  }

  now(): number {
    return performance.now()
  }

  wall(): number {
    return Date.now()
  }

  soon(callback: () => void): void {
    soon(callback)
  }

  wakeAt(at: number, callback: () => void): void {
    this.#at = at
    this.#callback = callback
    this.#set()
  }

  close(): void {
    this.#at = Number.POSITIVE_INFINITY
    this.#close()
  }

  /** Each turn of the machine puts its time off. A timer that fires too early is set once more: one message instead of one a turn. */
  #set(): void {
    // Timers take whole milliseconds.
    if (this.#armedFor < this.#at + 1) return
    const ms = Math.min(Math.max(0, Math.ceil(this.#at - this.now())), longestWaitMs)
    this.#armedFor = this.now() + ms
    this.#wait(ms)
  }

  #fire(): void {
    this.#armedFor = Number.POSITIVE_INFINITY
    if (this.#at === Number.POSITIVE_INFINITY) return
    // Timers may fire a little early, and long waits come in pieces.
    if (this.now() < this.#at) return this.#set()
    this.#at = Number.POSITIVE_INFINITY
    this.#callback()
  }
}

function startTimer(fire: () => void): { readonly wait: Wait; readonly close: () => void } {
  let number = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let worker = timerWorker()
  const inPage: Wait = (ms) => {
    clearTimeout(timer)
    timer = setTimeout(fire, ms)
  }
  let last: number | null = null
  worker?.addEventListener('message', ({ data }: MessageEvent<number>) => {
    // One that was replaced while its message was on its way has no say.
    if (data === number) fire()
  })
  worker?.addEventListener('error', () => {
    worker = null
    if (last !== null) inPage(last)
  })
  return {
    wait: (ms) => {
      last = ms
      if (worker) worker.postMessage([++number, ms])
      else inPage(ms)
    },
    close: () => {
      clearTimeout(timer)
      worker?.terminate()
    },
  }
}

function timerWorker(): Worker | null {
  const url = URL.createObjectURL(new Blob([timerScript], { type: 'text/javascript' }))
  try {
    return new Worker(url, { name: 'murmuration timer' })
  } catch {
    return null
  } finally {
    // The worker has been asked for by then.
    URL.revokeObjectURL(url)
  }
}
