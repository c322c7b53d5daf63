// Real peers in processes of their own, for tests that kill and freeze them: each with a fresh identity
// on loopback, all in one temporary home, told of by messages rather than by output. Whatever a test
// does, `end` leaves no process and no file behind, and touches no process that it did not start.

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { joinMesh } from 'murmuration'
import type { JoinOptions, Mesh, Notice, PeerInfo } from 'murmuration'
import { vi } from 'vitest'
import type { Answered, Request, Said, StartOptions } from './peer-program.ts'

const program = fileURLToPath(new URL('../dist/processes/peer-program.js', import.meta.url))

export interface FlockPeer {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly pid: number
  /** What it has told of the mesh so far. */
  readonly notices: readonly Notice[]
  peers(): Promise<readonly PeerInfo[]>
  counters(): Promise<Readonly<Record<string, number>>>
  leave(): Promise<void>
  kill(): Promise<void>
  freeze(): void
  thaw(): void
}

export class Flock {
  readonly home: string
  readonly peers: FlockPeer[] = []
  readonly #children = new Set<ChildProcess>()
  readonly #meshes: Mesh[] = []

  private constructor(home: string) {
    this.home = home
  }

  /** Starts the peers, the first as the founder. */
  static async start(count: number, options: Omit<StartOptions, 'entry' | 'home'> = {}): Promise<Flock> {
    const flock = new Flock(await mkdtemp(join(tmpdir(), 'murmuration-flock-')))
    try {
      for (let i = 0; i < count; i++) await flock.add(options)
      return flock
    } catch (error) {
      await flock.end()
      throw error
    }
  }

  /** Where newcomers knock: at the first peer that runs. */
  get entry(): readonly string[] {
    return this.peers[0] ? [this.peers[0].addresses[0] as string] : []
  }

  async add(options: Omit<StartOptions, 'home'> = {}): Promise<FlockPeer> {
    const start: StartOptions = { slots: 1, identity: 'fresh', entry: this.entry, ...options, home: this.home }
    const child = fork(program, [JSON.stringify(start)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#children.add(child)
    const peer = await spoken(child)
    this.peers.push(peer)
    return peer
  }

  /** A mesh of the test's own process: it submits and keeps, and runs nothing. */
  async join(options: JoinOptions = {}): Promise<Mesh> {
    const mesh = await joinMesh({
      entry: this.entry,
      slots: 0,
      identity: 'fresh',
      home: this.home,
      taskOutput: 'none',
      ...options,
    })
    this.#meshes.push(mesh)
    return mesh
  }

  byName(name: string): FlockPeer {
    const found = this.peers.find((peer) => peer.name === name)
    if (!found) throw new Error(`no peer ${name} in this flock`)
    return found
  }

  async end(): Promise<void> {
    await Promise.all(this.#meshes.map((mesh) => mesh.leave()))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all([...this.#children].map((child) => ended(child)))
    await rm(this.home, { recursive: true, force: true })
  }
}

async function spoken(child: ChildProcess): Promise<FlockPeer> {
  const notices: Notice[] = []
  const answers = new Map<number, { resolve(answered: Answered): void; reject(error: Error): void }>()
  let asked = 0
  let end: Error | undefined
  const ask = <T>(what: Request['what']): Promise<T> =>
    new Promise((resolve, reject) => {
      if (end) return reject(end)
      const number = ++asked
      answers.set(number, { resolve: ({ value }) => resolve(value as T), reject })
      child.send({ number, what } satisfies Request)
    })
  const up = new Promise<Extract<Said, { type: 'up' }>>((resolve, reject) => {
    child.on('message', (message) => {
      const said = message as Said
      if (said.type === 'up') resolve(said)
      else if (said.type === 'notice') notices.push(said.notice)
      else {
        answers.get(said.number)?.resolve(said)
        answers.delete(said.number)
      }
    })
    child.once('exit', (code) => {
      end = new Error(`the peer ended with ${String(code)} before it was up, or had answered`)
      reject(end)
      for (const asker of answers.values()) asker.reject(end)
    })
  })
  const { id, name, addresses } = await up
  return {
    id,
    name,
    addresses,
    notices,
    pid: child.pid as number,
    peers: () => ask('peers'),
    counters: () => ask('counters'),
    leave: async () => {
      child.send({ number: 0, what: 'leave' } satisfies Request)
      await ended(child)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended(child)
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Resolves once it is so; asked again and again, up to a generous end. */
export function until(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  return vi.waitUntil(isSo, { timeout: 60_000, interval: 20 })
}

/** The next such notice of a mesh. */
export function heard<Type extends Notice['type']>(
  mesh: Mesh,
  type: Type,
  fits: (notice: Extract<Notice, { type: Type }>) => boolean = () => true,
): Promise<Extract<Notice, { type: Type }>> {
  return new Promise((resolve) => {
    const stop = new AbortController()
    mesh.addEventListener(
      type,
      ({ detail }) => {
        if (!fits(detail)) return
        stop.abort()
        resolve(detail)
      },
      { signal: stop.signal },
    )
  })
}
