// The `murmur` command in processes of their own that share a home, as a user would start them in several
// terminals. Each is ended by its id, and none outlives the run that started it.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../../packages/murmuration/bin/murmur.js', import.meta.url))

export interface Command {
  readonly pid: number
  /** All that it printed so far. */
  readonly out: () => string
  /** Once it has printed that. Rejects when it ends before. */
  printed(text: RegExp): Promise<void>
  kill(): Promise<void>
  /** All that it printed, when it has ended well. */
  readonly ended: Promise<string>
}

export class Terminals {
  readonly #home: string
  readonly #children = new Set<ChildProcess>()
  #isClosed = false

  constructor(home: string) {
    this.#home = home
  }

  /** Throws once closed. */
  murmur(...words: readonly string[]): Command {
    if (this.#isClosed) throw new Error('these terminals are closed')
    const { MURMURATION_ENTRY: _entry, ...env } = process.env
    const child = spawn(process.execPath, [command, ...words], {
      env: { ...env, MURMURATION_HOME: this.#home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    return follow(child, words)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#children].map(end))
  }
}

function follow(child: ChildProcess, words: readonly string[]): Command {
  let out = ''
  let err = ''
  let look = (): void => {}
  child.stdout?.on('data', (text) => {
    out += String(text)
    look()
  })
  child.stderr?.on('data', (text) => (err = (err + String(text)).slice(-2_000)))
  const ended = once(child, 'close').then(([code, signal]) => {
    if (code !== 0) throw new Error(`murmur ${words.join(' ')} ended with ${String(signal ?? code)}: ${err}`)
    return out
  })
  // Who was killed is not waited for.
  ended.catch(() => {})
  return {
    pid: child.pid ?? 0,
    ended,
    out: () => out,
    kill: () => end(child),
    async printed(text) {
      const seen = new Promise<void>((resolve) => {
        look = () => void (text.test(out) && resolve())
        look()
      })
      await Promise.race([
        seen,
        ended.then(() => Promise.reject(new Error(`murmur ${words.join(' ')} ended early: ${out}`))),
      ])
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
