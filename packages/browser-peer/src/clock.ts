// The one timer and the two clocks of a peer in a page. While the page is looked at the timer is the page's own. As soon
// as nobody looks it waits in a worker: a page's timers are then held back to one a second, and later to one a minute, and a
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

interface Timer {
  /** Sets it anew. */
  wait(ms: number): void
  close(): void
}

export class PageClock implements Clock {
  readonly #timer: Timer
  #at = Number.POSITIVE_INFINITY
  /** When the timer fires by itself. */
  #armedFor = Number.POSITIVE_INFINITY
  #callback: () => void = () => {}

  constructor() {
    this.#timer = startTimer(
      () => this.#fire(),
      () => this.#setAgain(),
    )
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
    this.#timer.close()
  }

  /** Each turn of the machine puts its time off. A timer that fires too early is set once more: one message instead of one a turn. */
  #set(): void {
    // Timers take whole milliseconds.
    if (this.#armedFor < this.#at + 1) return
    const ms = Math.min(Math.max(0, Math.ceil(this.#at - this.now())), longestWaitMs)
    this.#armedFor = this.now() + ms
    this.#timer.wait(ms)
  }

  #setAgain(): void {
    this.#armedFor = Number.POSITIVE_INFINITY
    if (this.#at !== Number.POSITIVE_INFINITY) this.#set()
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

/** `moved`: it is to be set again, as it waits elsewhere from now on. */
function startTimer(fire: () => void, moved: () => void): Timer {
  let number = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Undefined: there was no need of one. Null: the page forbids it. */
  let worker: Worker | null | undefined
  const startWorker = (): Worker | null => {
    const started = timerWorker()
    started?.addEventListener('message', ({ data }: MessageEvent<number>) => {
      // One that was replaced while its message was on its way has no say.
      if (data === number) fire()
    })
    started?.addEventListener('error', () => {
      worker = null
      moved()
    })
    return started
  }
  document.addEventListener('visibilitychange', moved)
  return {
    wait(ms) {
      number++
      clearTimeout(timer)
      const isElsewhere = isHeldBack()
      if (isElsewhere && worker === undefined) worker = startWorker()
      if (isElsewhere && worker) worker.postMessage([number, ms])
      else timer = setTimeout(fire, ms)
    },
    close() {
      document.removeEventListener('visibilitychange', moved)
      clearTimeout(timer)
      worker?.terminate()
    },
  }
}

/** A frame may be out of sight in a page that is not. */
function isHeldBack(): boolean {
  return document.visibilityState === 'hidden' || window !== window.top
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
