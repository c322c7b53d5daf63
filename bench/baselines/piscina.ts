// piscina, as rows use it: one process with one worker thread, which is as much as one executor has.

import type { RowContext } from '../row.ts'

export function piscina({ start }: RowContext, inFlight: number): Promise<number> {
  return start('./baselines/piscina-pool.js', { inFlight }).next<number>()
}
