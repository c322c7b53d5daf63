// The directory where a user's peers keep what outlives them: keys, run files, bundles. Everything
// in it is the user's alone (0700, 0600). Files appear whole or not at all, since several processes
// start at once. It knows paths and how to write; not what the files mean.

import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { homedir, uptime } from 'node:os'
import { dirname, join } from 'node:path'

/** `MURMURATION_HOME`, else the platform's configuration directory. */
export function homePath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = env['MURMURATION_HOME']
  if (given !== undefined && given !== '') return given
  if (process.platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'murmuration')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'murmuration')
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'murmuration')
}

export function makeDirectory(path: string): Promise<unknown> {
  return mkdir(path, { recursive: true, mode: 0o700 })
}

/** The bytes, or null when there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Replaces the file in one step; what was written survives a power cut. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const draft = await writeDraft(path, bytes)
  await orRemove(draft, () => rename(draft, path))
}

/** Writes the file unless it is there already: of several processes, one gets true. */
export async function createWhole(path: string, bytes: Uint8Array | string): Promise<boolean> {
  const draft = await writeDraft(path, bytes)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

async function writeDraft(path: string, bytes: Uint8Array | string): Promise<string> {
  await makeDirectory(dirname(path))
  const draft = `${path}.${randomUUID()}.draft`
  const file = await open(draft, 'wx', 0o600)
  await orRemove(draft, async () => {
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  })
  return draft
}

/** A disk that is full is not made fuller by what did not fit. */
async function orRemove(draft: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? (error as { code?: string }).code : undefined
}

/** Whether the process that said at `startedAt` (milliseconds since 1970) that it runs still does. One of another user counts. */
export function isAlive(pid: number, startedAt: number): boolean {
  const bootedAt = Date.now() - uptime() * 1_000
  // The machine was restarted since: the number may be anybody's now. The wall clock may have been set a little.
  if (startedAt < bootedAt - 60_000) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
