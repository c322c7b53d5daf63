// The demo's processes: an entry peer and those that compute. Starts them, kills them, and leaves none behind.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerOrder, PeerReport } from './peer.ts'

const READY_MS = 30_000

/** A peer and its process. */
export interface FlockPeer {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly process: ChildProcess
}

/** How to join a flock. */
export interface Door {
  readonly entry: readonly string[]
  readonly home: string
}

export class Flock {
  /** Those that compute and live, as they came. */
  readonly peers: FlockPeer[] = []
  /** Called for each death that a living peer has noticed, with the time it did. */
  onDeath: (noticed: { peer: string; by: string; atMs: number }) => void = () => undefined
  readonly #home: string
  readonly #children = new Set<ChildProcess>()
  #entry: FlockPeer | undefined
  #coming: Promise<unknown> = Promise.resolve()

  private constructor(home: string) {
    this.#home = home
  }

  /**
   * Starts an entry peer, which computes only if it is given slots, and `count` peers that share this machine's
   * cores. Resolves when the entry is up; the others are on their way, see `gathered`.
   */
  static async start(count: number, entrySlots: number): Promise<Flock> {
    const flock = new Flock(await mkdtemp(join(tmpdir(), 'murmuration-dragon-')))
    try {
      // All processes at once: most of a start is loading code, which waits for nobody.
      const children = slotsPerPeer(count).map((slots) => ({ slots, child: flock.#fork() }))
      flock.#entry = await flock.#launch(flock.#fork(), { entry: [], slots: entrySlots, home: flock.#home })
      const { door } = flock
      const join = async ({ slots, child }: (typeof children)[number]): Promise<void> => {
        flock.peers.push(await flock.#launch(child, { ...door, slots }))
      }
      flock.#coming = Promise.all(children.map(join))
      // Whoever waits for them is told.
      flock.#coming.catch(() => undefined)
      return flock
    } catch (error) {
      await flock.stop()
      throw error
    }
  }

  /** Resolves when every peer has joined. */
  get gathered(): Promise<unknown> {
    return this.#coming
  }

  /** How to join: the entry's addresses and the folder with the mesh's key. */
  get door(): Door {
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

  /**
   * Ends every process and removes what they kept. Without a goodbye: the picture is there or given up, and peers that
   * leave would hand 25 MB of its tiles to one another.
   */
  async stop(): Promise<void> {
    const children = [...this.#children]
    const gone = Promise.all(children.map((child) => once(child, 'exit')))
    for (const child of children) child.kill('SIGKILL')
    await gone
    await rm(this.#home, { recursive: true, force: true })
  }

  #fork(): ChildProcess {
    const child = fork(new URL('./peer.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  async #launch(child: ChildProcess, order: PeerOrder): Promise<FlockPeer> {
    // One that is gone already is told by its first report.
    child.send(order, () => undefined)
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

/** What it says first; trouble when it ends before, or is silent. */
export async function firstReport(child: ChildProcess): Promise<PeerReport> {
  const { exitCode, signalCode } = child
  if (exitCode !== null || signalCode !== null) return endedWith(exitCode, signalCode)
  const said = once(child, 'message', { signal: AbortSignal.timeout(READY_MS) }).then(
    ([report]) => report as PeerReport,
    (error: Error) =>
      trouble(error.name === 'AbortError' ? `it said nothing for ${READY_MS / 1_000} s` : error.message),
  )
  const gone = once(child, 'exit').then(([code, signal]) => endedWith(code as number | null, signal as string | null))
  return Promise.race([said, gone])
}

function endedWith(code: number | null, signal: string | null): PeerReport {
  return trouble(`it ended with ${signal ?? code}`)
}

function trouble(message: string): PeerReport {
  return { type: 'trouble', message }
}

function troubleOf(report: PeerReport): string {
  return report.type === 'trouble' ? report.message : `it said ${report.type}`
}
