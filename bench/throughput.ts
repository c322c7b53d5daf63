// The loops that are measured, the same for everybody: so many tasks in flight, and one transfer after the other.

import { summarise } from './measure.ts'

/**
 * Long enough for the compilers to have seen the path: they count calls, not seconds, and one task at a
 * time calls rarely. The same for everybody.
 */
const warmMs = 700
const warmTasks = 6_000
const warmMostMs = 8_000
const measuredMs = 2_000

/**
 * Keeps `inFlight` tasks going and counts completions per second. `submit` starts one task and calls
 * `done` when its result is here.
 */
export function keepInFlight(inFlight: number, submit: (done: () => void) => void): Promise<number> {
  return new Promise((resolve) => {
    const began = performance.now()
    let measuredFrom = 0
    let completed = 0
    let over = false
    const done = (): void => {
      completed += 1
      // A look at the clock per task would be part of what is measured.
      if (inFlight === 1 || completed % 64 === 0) look()
      if (!over) submit(done)
    }
    const look = (): void => {
      const now = performance.now()
      const isWarm = (now - began >= warmMs && completed >= warmTasks) || now - began >= warmMostMs
      if (measuredFrom === 0 && isWarm) {
        measuredFrom = now
        completed = 0
      } else if (measuredFrom !== 0 && now - measuredFrom >= measuredMs && !over) {
        over = true
        resolve(completed / ((now - measuredFrom) / 1000))
      }
    }
    for (let index = 0; index < inFlight; index += 1) submit(done)
  })
}

/** Transfers before those that count, and how many count. */
export interface Transfers {
  readonly before: number
  readonly counted: number
}

/** The median of those that count. */
export async function medianOf(once: () => Promise<number>, { before, counted }: Transfers): Promise<number> {
  for (let nth = 0; nth < before; nth++) await once()
  const said: number[] = []
  for (let nth = 0; nth < counted; nth++) said.push(await once())
  return summarise(said).median
}
