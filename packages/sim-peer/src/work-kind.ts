// What a kind of work consists of: what of it a seed decides, a program, and the value that it must
// return, computed beside it in plain arithmetic from the same numbers. Work is data, so that it can be
// told, made smaller and put into a test.

import type { Rng } from '@murmuration/core/internal'
import type { Body, CallOptions, Context } from './bodies.ts'

export interface WorkKind<Params> {
  draw(draw: WorkDraw): Params
  main(context: Context, params: Params): Body
  expected(params: Params): unknown
}

/** What work is drawn from. */
export interface WorkDraw {
  readonly rng: Rng
  /** Options that do not change what comes of a call. */
  readonly options: CallOptions
  /** Tasks of a job that are asked for at once, at most. */
  readonly most: number
}

/** 0 + 1 + … up to one less than that. */
export function total(count: number): number {
  return (count * (count - 1)) / 2
}
