// Virtual time for real code: it goes on only when everything that the last moment set off has come to rest. Functions are awaited
// meanwhile, whatever they wait for outside of the mesh; what they ask of it takes virtual time. So of two runs nothing
// differs by how long the machine took.

import type { Clockwork } from '../clockwork.ts'

const immediately = setImmediate
const soon = setTimeout

/** A real wait this long without any change is nobody's: something else in this process keeps it busy. */
const patienceMs = 5_000

export class Timing {
  readonly clock: Clockwork
  readonly seed: number
  /** Code of somebody's has run since time last stood still. */
  isTouched = false
  /** Builds and imports that are under way. */
  #busy = 0
  #before = activity()

  constructor(clock: Clockwork, seed: number) {
    this.clock = clock
    this.seed = seed
  }

  /** Time stands still until that has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#busy++
    try {
      return await work
    } finally {
      this.#busy--
      this.isTouched = true
    }
  }

  /** Runs until the condition holds: true; false when virtual time has reached that moment. */
  async run(until: () => boolean, atMost: number): Promise<boolean> {
    for (;;) {
      if (this.isTouched) await this.#rest()
      if (until()) return true
      if (!this.clock.step(atMost)) return until()
    }
  }

  /** Until all promises are through, and nobody waits for anything real. */
  async #rest(): Promise<void> {
    let since = performance.now()
    let last = ''
    for (;;) {
      this.isTouched = false
      // Twice: what a message port brings comes between.
      await new Promise<void>((resolve) => void immediately(resolve))
      await new Promise<void>((resolve) => void immediately(resolve))
      const waiting = this.#real()
      if (waiting === '' || this.isTouched) {
        since = performance.now()
        if (waiting === '' && !this.isTouched) return
        continue
      }
      if (waiting !== last) since = performance.now()
      last = waiting
      if (this.#busy === 0 && performance.now() - since > patienceMs) {
        this.#before = activity()
        return
      }
      await new Promise<void>((resolve) => void soon(resolve, 1))
    }
  }

  /** What this process waits for now and did not before, as text. */
  #real(): string {
    const waits = [...activity()].filter(([what, count]) => count > (this.#before.get(what) ?? 0))
    return `${this.#busy > 0 ? 'building ' : ''}${waits.map(([what, count]) => `${count} ${what}`).join(' ')}`.trim()
  }
}

/** Everybody has these, and nobody waits for them, or not for long. */
const idle = new Set(['Timeout', 'Immediate', 'MessagePort'])

/** Files, sockets, processes, by kind. */
function activity(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const what of process.getActiveResourcesInfo())
    if (!idle.has(what)) counts.set(what, (counts.get(what) ?? 0) + 1)
  return counts
}
