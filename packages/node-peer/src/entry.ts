// How a program without options finds a mesh: every peer of this user leaves a run file while it
// lives, and the next one reads them. A file whose process is gone is removed by whoever sees it.

import { unlinkSync } from 'node:fs'
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, readIfThere, writeWhole } from './home.ts'

export interface RunningPeer {
  readonly pid: number
  readonly peer: string
  readonly name: string
  /** Multiaddrs. */
  readonly addresses: readonly string[]
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** The id of its mesh; only peers of the same mesh are of use to each other. */
  readonly mesh: string
}

export interface RunFile {
  remove(): void
}

/** The run files of this process's peers. */
const written = new Set<string>()

/** Says that this peer runs, until `remove` or the end of the process. */
export async function writeRunFile(home: string, running: RunningPeer): Promise<RunFile> {
  const path = join(home, 'run', `${running.pid}-${running.peer}.json`)
  await writeWhole(path, `${JSON.stringify(running)}\n`)
  if (written.size === 0) process.on('exit', removeAll)
  written.add(path)
  return {
    remove: () => {
      if (!written.delete(path)) return
      if (written.size === 0) process.off('exit', removeAll)
      removeIfThere(path)
    },
  }
}

function removeAll(): void {
  for (const path of written) removeIfThere(path)
}

/** Peers of this user on this machine whose process lives, newest first. */
export async function livingPeers(home: string): Promise<RunningPeer[]> {
  const directory = join(home, 'run')
  const names = await readdir(directory).catch(() => [])
  const found = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readRunFile(join(directory, name))),
  )
  return found.filter((running) => running !== null).sort((a, b) => b.startedAt - a.startedAt)
}

async function readRunFile(path: string): Promise<RunningPeer | null> {
  const bytes = await readIfThere(path).catch(() => null)
  if (bytes === null) return null
  const running = parseRunning(bytes.toString())
  if (running !== null && isAlive(running.pid, running.startedAt)) return running
  await unlink(path).catch(() => {}) // Another process was faster.
  return null
}

function parseRunning(text: string): RunningPeer | null {
  try {
    const { pid, peer, name, addresses, startedAt, mesh } = JSON.parse(text) as Partial<RunningPeer>
    if (typeof pid !== 'number' || typeof startedAt !== 'number' || !Array.isArray(addresses)) return null
    if (typeof peer !== 'string' || typeof name !== 'string' || typeof mesh !== 'string') return null
    return { pid, peer, name, addresses: addresses.map(String), startedAt, mesh }
  } catch {
    return null
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It went with its directory, or another process took it for stale.
  }
}
