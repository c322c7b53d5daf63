// All that can be done to a simulated mesh, by name; and how often what of it is drawn.

import type { Rng } from '@murmuration/core/internal'
import * as deaths from './fault-deaths.ts'
import type { FaultDraw, FaultKind } from './fault-kind.ts'
import * as seats from './fault-seats.ts'
import * as standstills from './fault-standstills.ts'
import * as wires from './fault-wires.ts'

export const faultKinds = { ...deaths, ...standstills, ...seats, ...wires }

type Kinds = typeof faultKinds
type ParamsOf<Kind> = Kind extends FaultKind<infer Params> ? Params : never

export type FaultName = keyof Kinds

/** What is done to whom. */
export type Stroke = { [Name in FaultName]: { readonly kind: Name } & ParamsOf<Kinds[Name]> }[FaultName]

/** And when, in virtual time. */
export type Fault = Stroke & { readonly at: number }

/** Deaths, and machines that sleep, are what finds most. */
const weights: { readonly [Name in FaultName]?: number } = { sleep: 5, kill: 3, restart: 3, intercept: 2, bereave: 4 }

/** In an order that does not depend on who loads the modules. */
export const faultNames = (Object.keys(faultKinds) as FaultName[]).sort()

const drawn = faultNames.flatMap((name) => Array.from({ length: weights[name] ?? 1 }, () => name))

/** A seed has a few kinds of them. */
export function drawMix(rng: Rng): FaultName[] {
  return rng.sample(drawn, 1 + rng.below(6))
}

export function drawStroke(kind: FaultName, draw: FaultDraw): Stroke | null {
  const params = faultKinds[kind].draw(draw)
  return params && ({ kind, ...params } as Stroke)
}
