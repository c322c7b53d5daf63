// Kills peers and tells, one line for each, how the others took it: when they all knew, and what it cost.

import type { Mesh } from 'murmuration'
import type { Flock, FlockPeer } from './flock.ts'
import { counted } from './words.ts'

/** A death that not everybody has noticed by then is told as it is. */
const TELL_MS = 8_000

interface Death {
  readonly peer: FlockPeer
  readonly atMs: number
  /** When each of the living noticed, by their ids. */
  readonly noticed: Map<string, number>
  readonly witnesses: number
  attemptsMoved: number
  objectsRecopied: number
  readonly tell: () => void
}

export class Deaths {
  readonly #flock: Flock
  readonly #say: (line: string) => void
  readonly #open = new Map<string, Death>()
  readonly #pending: Promise<void>[] = []

  constructor(flock: Flock, mesh: Mesh, say: (line: string) => void) {
    this.#flock = flock
    this.#say = say
    flock.onDeath = ({ peer, by, atMs }) => this.#noticed(peer, by, atMs)
    mesh.addEventListener('peer:died', ({ detail: { peer, attemptsMoved, objectsRecopied } }) => {
      const death = this.#open.get(peer)
      if (!death) return
      Object.assign(death, { attemptsMoved, objectsRecopied })
      this.#noticed(peer, mesh.id, Date.now())
    })
  }

  /** Kills one peer now. */
  cause(): void {
    const [peer] = this.#flock.peers
    if (!peer) return
    this.#pending.push(
      new Promise((resolve) => {
        const tell = (): void => {
          if (!this.#open.delete(peer.id)) return
          clearTimeout(timer)
          this.#say(lineOf(death))
          resolve()
        }
        // Nobody is told any more when the picture was given up: it keeps no process alive.
        const timer = setTimeout(tell, TELL_MS).unref()
        // Everybody but the dead: the entry, the other peers and this process.
        const witnesses = this.#flock.processes
        const death: Death = {
          peer,
          atMs: Date.now(),
          noticed: new Map(),
          witnesses,
          attemptsMoved: 0,
          objectsRecopied: 0,
          tell,
        }
        this.#open.set(peer.id, death)
      }),
    )
    void this.#flock.kill()
  }

  /** Resolves when every death has been told. */
  async told(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #noticed(peer: string, by: string, atMs: number): void {
    const death = this.#open.get(peer)
    if (!death) return
    death.noticed.set(by, atMs)
    if (death.noticed.size >= death.witnesses) death.tell()
  }
}

function lineOf(death: Death): string {
  const { peer, noticed, witnesses, attemptsMoved, objectsRecopied } = death
  const seconds = (Math.max(...noticed.values()) - death.atMs) / 1_000
  // The entry and this process are peers as well, so they are more than those that compute.
  const others = ['', 'the one other', 'both others'][witnesses] ?? `all ${witnesses} others`
  const by = noticed.size === witnesses ? others : `${noticed.size} of ${counted(witnesses, 'other')}`
  const known =
    noticed.size > 0
      ? `noticed in ${seconds.toFixed(2)} s by ${by}`
      : `not noticed by any of ${counted(witnesses, 'other')}`
  return `kill -9 ${peer.name}: ${known}, ${counted(attemptsMoved, 'attempt')} moved, ${counted(objectsRecopied, 'object')} copied again`
}

/** After how many tasks the next peer dies: spread over the work, the last at 60 % of it. */
export function killTimes(tasks: number, kills: number): number[] {
  return Array.from({ length: kills }, (_, at) => Math.ceil((tasks * 0.6 * (at + 1)) / kills))
}
