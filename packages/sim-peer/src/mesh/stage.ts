// What a test does by hand to the mesh that its program runs on.

import { MeshError, didYouMean } from '@murmuration/core/internal'
import type { PeerId } from '@murmuration/core/internal'
import type { SimPeer } from '../peer.ts'
import type { SimWorld } from '../world.ts'
import type { Place } from './place.ts'

/** Peers are named `peer-1` (the program's own), `peer-2`, and so on. Unknown names throw NOT_FOUND. */
export interface SimStage {
  readonly peers: readonly string[]
  /** Virtual milliseconds since the beginning. */
  now(): number
  /** Resolves when so much virtual time has passed. */
  elapse(ms: number): Promise<void>
  /** The process ends without a word. */
  kill(name: string): void
  /** A killed peer comes back, as a later life. */
  restart(name: string): void
  /** The process stands still until `thaw`. */
  freeze(name: string): void
  /** It goes on, as if no time had passed. */
  thaw(name: string): void
  /** Nothing passes any more between the ones and all others, until `heal`. */
  cut(names: readonly string[]): void
  /** Whatever was cut is whole again. */
  heal(): void
}

export class Stage implements SimStage {
  readonly #world: SimWorld
  readonly #place: Place

  constructor(world: SimWorld, place: Place) {
    this.#world = world
    this.#place = place
  }

  get peers(): readonly string[] {
    return [...this.#world.seats.keys()]
  }

  now(): number {
    return this.#world.clock.now
  }

  elapse(ms: number): Promise<void> {
    return new Promise((resolve) => this.#place.after(ms, resolve))
  }

  kill(name: string): void {
    this.#world.departed(this.#peer(name))
  }

  restart(name: string): void {
    if (!this.#peer(name).alive) this.#world.restart(name)
  }

  freeze(name: string): void {
    this.#peer(name).freeze()
  }

  thaw(name: string): void {
    this.#peer(name).thaw()
  }

  cut(names: readonly string[]): void {
    for (const name of names) this.#peer(name)
    this.#world.cut(
      names,
      this.peers.filter((name) => !names.includes(name)),
    )
  }

  heal(): void {
    this.#world.network.heal()
  }

  #peer(name: string): SimPeer {
    const peer = this.#world.seats.get(name as PeerId)?.current
    if (peer) return peer
    const { peers } = this
    throw new MeshError(
      'NOT_FOUND',
      `no peer ${name} in this simulation${didYouMean(name, peers)}; there are ${peers.join(', ')}`,
    )
  }
}
