// Does to a simulated mesh what a plan has for it, and writes down what it did when and to whom: the
// same faults with everybody named, which give the same run.

import type { Effect, PeerId } from '@murmuration/core/internal'
import { aimed } from './aims.ts'
import type { FaultKind } from './fault-kind.ts'
import type { Fault, Stroke } from './faults.ts'
import { faultKinds } from './faults.ts'
import type { SimPeer } from './peer.ts'
import type { SimWorld } from './world.ts'

/** Is told of a turn before its shell acts; done with when it says so. */
export type OnTurn = (peer: SimPeer, effects: readonly Effect[]) => boolean

export class Striker {
  readonly world: SimWorld
  readonly struck: Fault[] = []
  /** Promised for later, peace or not. */
  promised = 0
  #peace = false

  constructor(world: SimWorld) {
    this.world = world
  }

  strike(planned: Stroke): void {
    const stroke = this.#peace ? null : aimed(this.world, planned)
    if (!stroke) return
    const { lurks, strike } = faultKinds[stroke.kind] as FaultKind<Stroke>
    if (!lurks) this.struck.push({ ...stroke, at: this.world.clock.now })
    strike(this, stroke)
  }

  /** Nothing new is done, and nobody lies in wait any more. */
  makePeace(): void {
    this.#peace = true
    this.world.listeners.clear()
  }

  /** What follows from a fault and is one itself. */
  follow(ms: number, stroke: Stroke): void {
    if (ms === 0) this.strike(stroke)
    else this.meanwhile(ms, () => this.strike(stroke))
  }

  /** More of a fault. With peace it is over. */
  meanwhile(ms: number, run: () => void): void {
    this.world.clock.after(ms, () => {
      if (!this.#peace) run()
    })
  }

  /** The end of a fault. It may come too late to matter. */
  later(ms: number, run: () => void): void {
    this.world.clock.after(ms, run)
  }

  /** The end of a fault that the mesh waits for. */
  surely(ms: number, run: () => void): void {
    this.promised++
    this.world.clock.after(ms, () => {
      this.promised--
      run()
    })
  }

  onTurn(heard: OnTurn): void {
    const { listeners } = this.world
    const listener: OnTurn = (peer, effects) => heard(peer, effects) && listeners.delete(listener)
    listeners.add(listener)
  }

  get names(): PeerId[] {
    return [...this.world.seats.keys()]
  }

  living(name: string): SimPeer | undefined {
    const peer = this.world.seats.get(name as PeerId)?.current
    return peer?.alive ? peer : undefined
  }

  awake(name: string): SimPeer | undefined {
    const peer = this.living(name)
    return peer?.frozen ? undefined : peer
  }

  /** Two different ones that there are. */
  pair(from: string, to: string, run: (from: PeerId, to: PeerId) => void): void {
    const { seats } = this.world
    if (from !== to && seats.has(from as PeerId) && seats.has(to as PeerId)) run(from as PeerId, to as PeerId)
  }

  kill(name: string): void {
    if (this.living(name)) this.world.kill(name)
  }

  revive(name: string): void {
    if (!this.living(name)) this.world.restart(name)
  }
}
