// Who this process is: an Ed25519 key kept on disk, so that a peer that returns is recognised, and
// the number of this life. One file per life is both the number and the lock: whoever makes `life-7`
// (exclusively, before the first hello) is life 7, and holds the identity while its process lives.
// So no PeerId is ever in two processes and no life is ever used twice, whatever crashes when.

import { unlink, readdir, rename } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@murmuration/libp2p-link/node'
import { createWhole, isAlive, makeDirectory, readIfThere, writeWhole } from './home.ts'

export interface Identity {
  readonly key: PrivateKey
  readonly life: number
  /** Where what belongs to this identity is kept, and to no other process while this one lives. Null: nowhere. */
  readonly directory: string | null
  /** Lets the next process have it. */
  release(): Promise<void>
}

export interface IdentityOptions {
  readonly home: string
  /** Told, in a sentence, what went wrong and what was done instead. Default: a line on stderr. */
  readonly warn?: ((sentence: string) => void) | undefined
}

interface LifeFile {
  readonly pid: number
  readonly host: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly released?: boolean
}

/** Older life files are removed; a few stay, so that no reader of the directory ever sees none. */
const livesKept = 8
const mostIdentities = 1_000

/** The first identity in `home` that no living process holds; one in memory when `home` cannot be written. */
export async function takeIdentity({ home, warn = warnOnStderr }: IdentityOptions): Promise<Identity> {
  try {
    for (let n = 0; n < mostIdentities; n++) {
      const directory = join(home, 'peers', String(n))
      const life = await claimLife(directory)
      if (life === null) continue
      const key = await loadKey(directory, warn)
      return { key, life, directory, release: () => releaseLife(directory, life) }
    }
    warn(`murmuration: all ${mostIdentities} identities in ${home} are in use; this peer takes a passing one.`)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    warn(`murmuration: ${home} cannot be written (${because}); this peer will not be recognised when it returns.`)
  }
  return freshIdentity()
}

/** In memory only, never seen before. */
export async function freshIdentity(): Promise<Identity> {
  return { key: await generateKeyPair('Ed25519'), life: 1, directory: null, release: () => Promise.resolve() }
}

/** The number of the new life, or null when another process holds the identity. */
async function claimLife(directory: string): Promise<number | null> {
  await makeDirectory(directory)
  const lives = await livesIn(directory)
  const last = lives.at(-1) ?? 0
  if (last > 0 && (await isHeld(lifePath(directory, last)))) return null
  const mine: LifeFile = { pid: process.pid, host: hostname(), startedAt: Date.now() }
  if (!(await createWhole(lifePath(directory, last + 1), JSON.stringify(mine)))) return null
  await Promise.all(lives.slice(0, -livesKept).map((life) => unlink(lifePath(directory, life)).catch(() => {})))
  return last + 1
}

async function releaseLife(directory: string, life: number): Promise<void> {
  const mine: LifeFile = { pid: process.pid, host: hostname(), startedAt: Date.now(), released: true }
  await writeWhole(lifePath(directory, life), JSON.stringify(mine)).catch(() => {}) // The process's end says it too.
}

async function livesIn(directory: string): Promise<number[]> {
  const names = await readdir(directory)
  const lives = names.map((name) => Number(/^life-(\d+)$/.exec(name)?.[1] ?? 0))
  return lives.filter((life) => life > 0).sort((a, b) => a - b)
}

async function isHeld(path: string): Promise<boolean> {
  const bytes = await readIfThere(path)
  const file = bytes === null ? null : parseLife(bytes.toString())
  if (file === null) return true // Unreadable proves nothing, and the next identity is free.
  if (file.released === true) return false
  if (file.host !== hostname()) return true // A directory shared between machines: its pid says nothing here.
  return isAlive(file.pid, file.startedAt)
}

function parseLife(text: string): LifeFile | null {
  try {
    const file = JSON.parse(text) as Partial<LifeFile> | null
    return typeof file?.pid === 'number' && typeof file.host === 'string' && typeof file.startedAt === 'number'
      ? (file as LifeFile)
      : null
  } catch {
    return null
  }
}

async function loadKey(directory: string, warn: (sentence: string) => void): Promise<PrivateKey> {
  const path = join(directory, 'key')
  const bytes = await readIfThere(path)
  if (bytes !== null) {
    const key = decodeKey(bytes)
    if (key !== null) return key
    const aside = `${path}.corrupt-${Date.now()}`
    await rename(path, aside)
    warn(`murmuration: ${path} is not an Ed25519 key; it is now ${aside}, and this peer gets a new identity.`)
  }
  const key = await generateKeyPair('Ed25519')
  await writeWhole(path, privateKeyToProtobuf(key))
  return key
}

function decodeKey(bytes: Uint8Array): PrivateKey | null {
  try {
    const key = privateKeyFromProtobuf(bytes)
    return key.type === 'Ed25519' ? key : null
  } catch {
    return null
  }
}

function lifePath(directory: string, life: number): string {
  return join(directory, `life-${life}`)
}

function warnOnStderr(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
