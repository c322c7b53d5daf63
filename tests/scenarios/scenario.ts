// A few simulated peers and what is done to them, in words: the stage on which the named situations
// play. A scenario ends by healing everything and looking whether anything was left behind.

import { checkPeerState, peerOf } from '@murmuration/core/internal'
import type { Config, Message, PeerId } from '@murmuration/core/internal'
import type {
  Body,
  ChurnOptions,
  Context,
  Got,
  Plan,
  Program,
  SeatOptions,
  SimFunction,
  SimPeer,
  Wait,
} from '@murmuration/sim-peer'
import { SimWorld, calm, checkAlways, checkEmpty, checkQuiet, churn, get, elapse } from '@murmuration/sim-peer'
import { expect } from 'vitest'

type Peers = Readonly<Record<string, number | SeatOptions>>

export interface Stage {
  readonly seed?: number
  readonly config?: Partial<Config>
}

export class Scenario extends SimWorld {
  /** Which peer ran what, in order. */
  readonly ran: { readonly fn: string; readonly at: string; readonly attempt: number }[] = []

  /** Peers by name with their slots, or more about them; all have joined. */
  constructor(peers: Peers, { seed = 1, config = {} }: Stage = {}) {
    super({ seed, config, spreadsCode: false })
    for (const [name, seat] of Object.entries(peers)) this.add(name, typeof seat === 'number' ? { slots: seat } : seat)
    const met = (): boolean => this.alive().every((peer) => peer.state.members.others().length === count(peers) - 1)
    this.until(() => this.alive().every((peer) => peer.joined) && met(), 'everybody has joined')
    this.run({ forMs: 2_000 })
  }

  /** A function of the scenario; every run of it is noted. */
  fn(name: string, body: (context: Context, ...args: never[]) => Body): void {
    const noted: SimFunction = (context, ...args) => {
      this.ran.push({ fn: name, at: context.at, attempt: context.attempt })
      return body(context, ...args)
    }
    this.define(name, noted)
  }

  timesRun(name: string): number {
    return this.ran.filter(({ fn }) => fn === name).length
  }

  runs(name: string): string[] {
    return this.ran.filter(({ fn }) => fn === name).map(({ at }) => at)
  }

  ask(peer: string, main: (context: Context) => Body): Program {
    return this.program(this.peer(peer), main)
  }

  until(condition: () => boolean, what: string, forMs = 120_000): void {
    expect(this.run({ until: condition, forMs }), `within ${forMs} ms: ${what}`).toBe(true)
  }

  /** What a program returns, or the error that it threw. */
  result(program: Program, forMs?: number): unknown {
    this.until(() => program.end !== null, 'the program ends', forMs)
    return program.end?.value
  }

  /** Cables in, everybody awake, time passes: the mesh agrees and nothing is left behind, nor comes back in a while. */
  endsWell(): void {
    this.network.heal()
    this.network.weather = calm
    for (const peer of this.peers()) peer.thaw()
    for (let spent = 0; spent < 70_000 && !this.#isAtRest(); spent += 10_000) this.run({ forMs: 10_000 })
    this.run({ forMs: 20_000 })
    this.#checkTables()
    this.#checkAtRest()
    this.witness.checkCauses()
  }

  #isAtRest(): boolean {
    this.#checkTables()
    try {
      this.#checkAtRest()
      return true
    } catch {
      return false
    }
  }

  #checkTables(): void {
    for (const peer of this.alive()) checkPeerState(peer.state)
    checkAlways(this)
  }

  #checkAtRest(): void {
    checkQuiet(this)
    checkEmpty(this)
  }

  /** Who keeps the ledger of that peer, and has all of it. */
  guardiansOf(peer: string): string[] {
    const guardians = [...this.peer(peer).state.ledger.guardians()]
    return guardians.filter(({ begunAt, acked }) => begunAt > 0 && acked >= begunAt).map(({ life }) => peerOf(life))
  }

  /** That peer knows that the other one is gone. */
  knowsDead(peer: string, dead: string): boolean {
    return this.peer(peer).state.members.ended(this.lifeOf(dead))
  }

  /** Something that this peer has borrows from that one. */
  borrows(peer: string, from: string, count = 1): boolean {
    const { holds } = this.peer(peer).state
    return holds.ofLife(this.lifeOf(from)).filter(({ owner }) => owner === this.lifeOf(from)).length >= count
  }

  /** A message that the machine of a peer did not decide on: said all the same, in order. */
  says(from: string, to: string, message: Message): void {
    this.peer(from).state.outbox.push({ to: this.peer(to).life, message })
    this.peer(from).event({ type: 'writable', peer: to as PeerId, writable: true })
  }

  others(peer: string): SimPeer[] {
    return this.alive().filter((other) => other.peer !== peer)
  }

  said(type: string): number {
    return this.notices.filter(({ notice }) => notice.type === type).length
  }
}

/** It keeps nothing of others: neither copies nor ledgers. */
export const keepsNothing: SeatOptions = { slots: 0, memoryBytes: 0 }

function count(peers: Peers): number {
  return Object.keys(peers).length
}

/** S asks for 7, which takes its time, there or anywhere. */
export function longTask(mesh: Scenario, ms: number, where?: string): Program {
  mesh.fn('long', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
  return mesh.ask('S', function* (context) {
    return yield* get(context.call('long', [7], where ? only(where) : {}))
  })
}

/** A program that asks for each of these numbers, `work` that takes so long, and adds up what it gets. */
export function sumOf(mesh: Scenario, numbers: readonly number[], ms: number, from: Asking = {}): Program {
  const { host = 'S', options = {} } = from
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(ms)
    return n
  })
  return mesh.ask(host, function* (context) {
    const refs = numbers.map((n) => context.call('work', [n], options))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
}

export interface Asking {
  readonly host?: string
  readonly options?: Parameters<Context['call']>[2]
}

/** What a program waits for until the scenario opens it. */
export class Gate {
  isOpen = false;

  *passed(): Generator<Wait, void, Got> {
    while (!this.isOpen) yield* elapse(100)
  }
}

/** The task runs there and nowhere else. */
export const only = (peer: string): { needs: { peer: string } } => ({ needs: { peer } })

/** A run that churn found once, made small: everything that churn looks at holds. */
export function replay(plan: Plan, options: ChurnOptions = {}): void {
  expect(churn(plan, options).violation).toBeNull()
}

export { get, elapse }
