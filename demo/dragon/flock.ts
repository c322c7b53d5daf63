// The demo's processes: an entry peer and those that compute. Starts them, kills them, and leaves none behind.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerOrder, PeerReport } from './peer.ts'

const READY_MS = 30_000
const GOODBYE_MS = 2_000

/** A peer and its process. */
export interface FlockPeer {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly process: ChildProcess
}

export class Flock {
  /** Those that compute and live. */
  readonly peers: FlockPeer[] = []
  /** Called for each death that a living peer has noticed, with the time it did. */
  onDeath: (noticed: { peer: string; by: string; atMs: number }) => void = () => undefined
  readonly #home: string
  readonly #children = new Set<ChildProcess>()
  #entry: FlockPeer | undefined

  private constructor(home: string) {
    this.#home = home
  }

  /** Starts an entry peer, which computes only if it is given slots, then `count` peers that share this machine's cores. */
  static async start(count: number, entrySlots: number): Promise<Flock> {
    const flock = new Flock(await mkdtemp(join(tmpdir(), 'murmuration-dragon-')))
    try {
      flock.#entry = await flock.#launch({ entry: [], slots: entrySlots, home: flock.#home })
      const entry = flock.#entry.addresses
      const launched = slotsPerPeer(count).map((slots) => flock.#launch({ entry, slots, home: flock.#home }))
      flock.peers.push(...(await Promise.all(launched)))
      return flock
    } catch (error) {
      await flock.stop()
      throw error
    }
  }

  /** How to join: the entry's addresses and the folder with the mesh's key. */
  get door(): { entry: readonly string[]; home: string } {
    return { entry: this.#entry?.addresses ?? [], home: this.#home }
  }

  /** The processes that live: the entry and the peers. */
  get processes(): number {
    return this.#children.size
  }

  /** Kills the peer that has computed longest; resolves when its process is gone. */
  async kill(): Promise<{ peer: FlockPeer; atMs: number }> {
    const peer = this.peers.shift()
    if (!peer) throw new Error('there is no peer left to kill')
    const gone = once(peer.process, 'exit')
    const atMs = Date.now()
    peer.process.kill('SIGKILL')
    await gone
    return { peer, atMs }
  }

  /** Ends every process, at first politely, and removes what they kept. */
  async stop(): Promise<void> {
    const children = [...this.#children]
    const gone = Promise.all(children.map((child) => once(child, 'exit')))
    for (const child of children) child.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL')
    }, GOODBYE_MS)
    await gone
    clearTimeout(timer)
    await rm(this.#home, { recursive: true, force: true })
  }

  async #launch(order: PeerOrder): Promise<FlockPeer> {
    const child = fork(new URL('./peer.js', import.meta.url), [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    const ready = await firstReport(child)
    if (ready.type !== 'ready') throw new Error(`a peer could not start: ${troubleOf(ready)}`)
    child.on('message', (said: PeerReport) => {
      if (said.type === 'death') this.onDeath({ peer: said.peer, by: ready.id, atMs: said.atMs })
    })
    const peer = { id: ready.id, name: ready.name, addresses: ready.addresses, process: child }
    child.once('exit', () => {
      const at = this.peers.indexOf(peer)
      if (at >= 0) this.peers.splice(at, 1)
    })
    return peer
  }
}

/** The machine's cores, shared out; nobody goes without. */
export function slotsPerPeer(peers: number, cores: number = availableParallelism()): number[] {
  return Array.from({ length: peers }, (_, peer) => {
    const share = Math.floor(cores / peers) + (peer < cores % peers ? 1 : 0)
    return Math.max(1, share)
  })
}

async function firstReport(child: ChildProcess): Promise<PeerReport> {
  const said = once(child, 'message', { signal: AbortSignal.timeout(READY_MS) }).then(
    ([report]) => report as PeerReport,
  )
  const gone = once(child, 'exit').then(([code]): PeerReport => ({ type: 'trouble', message: `it ended with ${code}` }))
  return Promise.race([said, gone])
}

function troubleOf(report: PeerReport): string {
  return report.type === 'trouble' ? report.message : `it said ${report.type}`
}
