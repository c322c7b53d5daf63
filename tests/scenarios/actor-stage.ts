// A mesh of a few peers on which actors live, and where they do.

import { defineActors } from '@murmuration/sim-peer'
import type { Body, SimRef } from '@murmuration/sim-peer'
import { Scenario } from './scenario.ts'
import type { Stage } from './scenario.ts'

export function stage(peers: ConstructorParameters<typeof Scenario>[0], options: Stage = {}): Scenario {
  const scene = new Scenario(peers, options)
  defineActors(scene)
  return scene
}

/** Where an actor lives; that one, when it is named. */
export function hostOf(scene: Scenario, actor?: SimRef): string {
  const host = scene
    .alive()
    .find(({ state }) =>
      [...state.residents.all()].some((row) => row.state === 'open' && (!actor || row.actor === actor.object)),
    )
  if (!host) throw new Error('no actor lives anywhere')
  return host.peer
}

export function nothingLives(scene: Scenario): boolean {
  return scene.alive().every(({ state }) => state.residents.size === 0)
}

/** What became of a ref: its value, or the code and the sentence of its failure. */
export function* told(ref: SimRef): Body {
  const got = yield { type: 'get', ref }
  return got.type === 'failure' ? `${got.failure.code}: ${got.failure.message}` : got.value
}

/** Of many, one after the other. */
export function* allTold(refs: readonly SimRef[]): Body {
  const all: unknown[] = []
  for (const ref of refs) all.push(yield* told(ref))
  return all
}

export function oneTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1)
}

export const lasting = { onceOnly: true, retries: -1 }
export const again = { retries: -1 }
