// Where a Node peer keeps objects: in memory, a quarter of the machine's unless told, and on disk beside
// its identity, so that the next process of the same peer finds them; there a quarter of what is free.
// Without a kept identity nobody would come back for them, so then a disk must be asked for.

import { rm, statfs } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { MemoryStore } from '@murmuration/core/internal'
import type { ObjectStore, PeerId } from '@murmuration/core/internal'
import { DiskError, DiskStore } from './disk-store.ts'
import { makeDirectory } from './home.ts'
import type { Identity } from './identity.ts'

const shareOfMemory = 0.25
const shareOfDisk = 0.25

export function createStore(memoryBytes: number | undefined): ObjectStore {
  return new MemoryStore(memoryBytes ?? Math.floor(totalmem() * shareOfMemory))
}

export interface DiskOptions {
  /** Bytes of objects on disk at most; 0: none. Default: a quarter of what is free there. */
  readonly spillBytes?: number | undefined
  /** In it each peer has a directory of its own. Default: beside the peer's identity. */
  readonly spillDirectory?: string | undefined
}

export interface Disk {
  readonly store: DiskStore
  readonly close: () => Promise<void>
}

interface Owner {
  readonly peer: PeerId
  readonly identity: Pick<Identity, 'directory'>
  readonly warn: (sentence: string) => void
}

/** Undefined: there is none. Rejects with DiskError when one was asked for and cannot be used. */
export async function openDisk(options: DiskOptions, { peer, identity, warn }: Owner): Promise<Disk | undefined> {
  const { spillBytes, spillDirectory } = options
  if (spillBytes === 0) return undefined
  const isAsked = spillBytes !== undefined || spillDirectory !== undefined
  const directory = directoryOf(spillDirectory, identity.directory, peer)
  if (directory === null) {
    if (!isAsked) return undefined
    throw new DiskError(
      'a peer without an identity of its own has nowhere to keep objects on disk: name a place with spillDirectory',
    )
  }
  try {
    const limitBytes = spillBytes ?? (await quarterOfFree(directory))
    const store = await DiskStore.open({ directory, limitBytes, warn })
    return { store, close: () => close(store, identity.directory === null ? directory : null) }
  } catch (error) {
    if (isAsked || !(error instanceof DiskError)) throw error
    warn(`murmuration: ${error.message}. This peer keeps objects in memory only.`)
    return undefined
  }
}

function directoryOf(given: string | undefined, home: string | null, peer: PeerId): string | null {
  if (given !== undefined) return join(given, peer)
  return home === null ? null : join(home, 'objects')
}

async function quarterOfFree(directory: string): Promise<number> {
  try {
    await makeDirectory(directory)
    const { bavail, bsize } = await statfs(directory)
    return Math.floor(bavail * bsize * shareOfDisk)
  } catch {
    return 1 // Opening it says why.
  }
}

/** Nobody comes back for what an identity leaves that is never used again. */
async function close(store: DiskStore, passing: string | null): Promise<void> {
  await store.close()
  if (passing !== null) await rm(passing, { recursive: true, force: true })
}
