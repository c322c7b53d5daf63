// The `murmur` command as a user types it: in a process of its own, with a home of its own.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { joinPeer, meshOf } from '@murmuration/node-peer/internal'
import type { Mesh } from 'murmuration'

const murmur = fileURLToPath(new URL('../../packages/murmuration/bin/murmur.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly pid: number
  /** The next JSON line that fits. */
  said(fits: (event: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
  /** Once it has printed that. */
  printed(text: RegExp): Promise<void>
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

export class Terminal {
  readonly home: string
  readonly #children = new Set<ChildProcess>()
  readonly #looking: Mesh[] = []
  #env: Readonly<Record<string, string>> = {}

  private constructor(home: string) {
    this.home = home
  }

  static async open(): Promise<Terminal> {
    return new Terminal(await mkdtemp(join(tmpdir(), 'murmuration-terminal-')))
  }

  /** Gives what is started from now on these variables besides its own. */
  setEnv(env: Readonly<Record<string, string>>): void {
    this.#env = env
  }

  /** Runs to its end. */
  murmur(...words: readonly string[]): Promise<Ended> {
    return this.start(...words).ended
  }

  start(...words: readonly string[]): Running {
    return this.startAfter([], ...words)
  }

  /** A peer with one slot, by now in the mesh of this home. */
  async up(...words: readonly string[]): Promise<{ peer: Running; name: string; addresses: string[] }> {
    const peer = this.start('up', '--json', '--slots', '1', ...words)
    const { name, addresses } = await peer.said(({ event }) => event === 'up')
    return { peer, name: String(name), addresses: addresses as string[] }
  }

  /** What `murmur status` and `murmur list` look through, kept open in the test's own process: it runs and keeps nothing. */
  async look(): Promise<Mesh> {
    const mesh = meshOf(await joinPeer({ home: this.home, entry: undefined }, { observe: true, say: () => {} }))
    this.#looking.push(mesh)
    return mesh
  }

  /** As `start` does, in a process that imports these modules first. */
  startAfter(modules: readonly URL[], ...words: readonly string[]): Running {
    const { MURMURATION_ENTRY: _entry, ...env } = process.env
    const child = spawn(process.execPath, [...modules.map(({ href }) => `--import=${href}`), murmur, ...words], {
      cwd: fileURLToPath(new URL('./programs/', import.meta.url)),
      // CI machines set it, and there are those who then write colours into a pipe.
      env: { ...env, ...this.#env, CI: 'true', FORCE_COLOR: '1', MURMURATION_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    return follow(child)
  }

  async close(): Promise<void> {
    await Promise.all(this.#looking.map((mesh) => mesh.leave()))
    const open = [...this.#children].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    for (const child of open) child.kill('SIGKILL')
    await Promise.all(open.map((child) => once(child, 'exit')))
    await rm(this.home, { recursive: true, force: true })
  }
}

function follow(child: ChildProcess): Running {
  let out = ''
  let err = ''
  const waiting = new Set<() => void>()
  child.stdout?.on('data', (text) => {
    out += String(text)
    for (const look of waiting) look()
  })
  child.stderr?.on('data', (text) => (err += String(text)))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  return {
    pid: child.pid as number,
    ended,
    signal: (name) => void child.kill(name),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.test(out)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        void ended.then(({ code }) => reject(new Error(`it ended with ${String(code)}; it said ${out} ${err}`)))
        look()
      }),
    said: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = jsonLines(out).find(fits)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        void ended.then(({ code }) => reject(new Error(`it ended with ${String(code)}; it said ${out} ${err}`)))
        look()
      }),
  }
}

function jsonLines(text: string): Readonly<Record<string, unknown>>[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>)
}
