// Objects on disk, one file each, for what memory has no room for and for the next process of this peer.
// A file appears whole or not at all; nothing is synced, since whatever a power cut leaves is found out:
// bytes are hashed as they are read, and what does not match is gone. Files are named at random, the id
// is on the label. Files that are not ours are named once and left alone.

import { randomUUID } from 'node:crypto'
import { access, constants, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { SpoiltError, StoreFullError } from '@murmuration/core/internal'
import type { FoundNote, ObjectId, SpillStore } from '@murmuration/core/internal'
import { codeOf as errorCode, makeDirectory } from './home.ts'
import { labelBytes, readLabel, writeLabel } from './object-file.ts'
import { createHasher } from './sha256.ts'

/** The directory cannot be used: says which, why, and what to do. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
}

interface Row {
  readonly label: FoundNote
  readonly path: string
}

const ours = /^[0-9a-f-]{36}\.object$/
const draft = /^[0-9a-f-]{36}\.object\.draft$/
/** Read and hashed at once; the loop gets its turns in between. */
const pieceBytes = 1024 * 1024
const strangersNamed = 3

export interface DiskStoreOptions {
  /** Of one peer alone: two processes must not have the same. */
  readonly directory: string
  readonly limitBytes: number
  /** Told in a sentence what was found that is not ours. */
  readonly warn: (sentence: string) => void
}

export class DiskStore implements SpillStore {
  readonly limitBytes: number
  readonly #directory: string
  readonly #rows = new Map<ObjectId, Row>()
  /** The latest write of each object; one that is not the latest any more leaves nothing. */
  readonly #writes = new Map<ObjectId, symbol>()
  #found: readonly FoundNote[] = []
  #usedBytes = 0

  private constructor({ directory, limitBytes }: DiskStoreOptions) {
    this.#directory = directory
    this.limitBytes = limitBytes
  }

  /** Rejects with DiskError. */
  static async open(options: DiskStoreOptions): Promise<DiskStore> {
    const { directory } = options
    const store = new DiskStore(options)
    try {
      await makeDirectory(directory)
      await access(directory, constants.W_OK)
      await store.#look(options.warn)
    } catch (error) {
      const why = errorCode(error) ?? String(error)
      throw new DiskError(
        `objects cannot be kept on disk in ${directory} (${why}): make it a directory that this user can write, name another with spillDirectory, or do without with spillBytes: 0`,
        { cause: error },
      )
    }
    return store
  }

  /** What an earlier process left, the oldest first. Of two files of one object the later counts. */
  async #look(warn: (sentence: string) => void): Promise<void> {
    const strangers: string[] = []
    const files: { readonly row: Row; readonly at: number }[] = []
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name)
      if (draft.test(name)) await unlink(path).catch(() => {})
      else if (!ours.test(name)) strangers.push(name)
      else {
        const file = await describe(path).catch(() => null)
        if (file) files.push(file)
        else strangers.push(name)
      }
    }
    files.sort((a, b) => a.at - b.at)
    for (const { row } of files) this.#enter(row)
    this.#found = [...this.#rows.values()].map(({ label }) => label)
    if (strangers.length === 0) return
    const more = strangers.length > strangersNamed ? ` and ${strangers.length - strangersNamed} more` : ''
    warn(
      `murmuration: ${this.#directory} holds what is not an object of ours, left alone: ${strangers.slice(0, strangersNamed).join(', ')}${more}`,
    )
  }

  #enter(row: Row): void {
    this.delete(row.label.object)
    this.#rows.set(row.label.object, row)
    this.#usedBytes += row.label.size
  }

  found(): readonly FoundNote[] {
    return this.#found
  }

  usedBytes(): number {
    return this.#usedBytes
  }

  has(id: ObjectId): boolean {
    return this.#rows.has(id)
  }

  sizeOf(id: ObjectId): number | undefined {
    return this.#rows.get(id)?.label.size
  }

  labelOf(id: ObjectId): FoundNote | undefined {
    return this.#rows.get(id)?.label
  }

  async put(id: ObjectId, bytes: Uint8Array, hash?: string): Promise<void> {
    await this.#write({ object: id, size: bytes.byteLength, hash: hash ?? (await hashOf(bytes)), owners: [] }, bytes)
  }

  async keep(label: FoundNote, bytes: Uint8Array | null): Promise<void> {
    if (bytes && this.labelOf(label.object)?.hash !== label.hash) return this.#write(label, bytes)
    const row = this.#rows.get(label.object)
    if (row) await this.#relabel(row, label)
  }

  async #relabel({ path }: Row, label: FoundNote): Promise<void> {
    const file = await open(path, 'r+').catch(declined)
    try {
      await file.write(writeLabel(label), 0, labelBytes, 0).catch(declined)
      if (this.#rows.get(label.object)?.path === path) this.#rows.set(label.object, { label, path })
    } finally {
      await file.close()
    }
  }

  /** The place is taken before anything is written, so that two writes do not share it. */
  async #write(label: FoundNote, bytes: Uint8Array): Promise<void> {
    const { object, size } = label
    const free = this.limitBytes - this.#usedBytes + (this.sizeOf(object) ?? 0)
    if (size > free) throw full(label, this.limitBytes, free)
    const mine = Symbol(object)
    this.#writes.set(object, mine)
    this.#usedBytes += size
    const path = join(this.#directory, `${randomUUID()}.object`)
    try {
      await writeDraft(`${path}.draft`, [writeLabel(label), bytes])
      // Deleted, or written by another, meanwhile.
      if (this.#writes.get(object) !== mine) return await unlink(`${path}.draft`)
      await rename(`${path}.draft`, path)
      if (this.#writes.get(object) !== mine) return await unlink(path)
      this.#enter({ label, path })
      this.#writes.delete(object)
    } catch (error) {
      await unlink(`${path}.draft`).catch(() => {})
      declined(error)
    } finally {
      this.#usedBytes -= size
    }
  }

  async get(id: ObjectId): Promise<Uint8Array | undefined> {
    const row = this.#rows.get(id)
    if (!row) return undefined
    const bytes = await readWhole(row).catch(() => null)
    if (bytes) return bytes
    // It was let go of while it was read.
    if (this.#rows.get(id) !== row) return undefined
    this.delete(id)
    throw new SpoiltError(`object ${id} cannot be read back from ${row.path} as it was written`)
  }

  delete(id: ObjectId): void {
    this.#writes.delete(id)
    const row = this.#rows.get(id)
    if (!row) return
    this.#rows.delete(id)
    this.#usedBytes -= row.label.size
    // Whoever has it open reads on.
    void unlink(row.path).catch(() => {})
  }

  /** The files stay. */
  close(): Promise<void> {
    this.#rows.clear()
    this.#writes.clear()
    this.#usedBytes = 0
    return Promise.resolve()
  }
}

async function describe(path: string): Promise<{ row: Row; at: number } | null> {
  const { mtimeMs, size } = await stat(path)
  const file = await open(path, 'r')
  try {
    const label = await readLabel(file)
    return label && size === labelBytes + label.size ? { row: { label, path }, at: mtimeMs } : null
  } finally {
    await file.close()
  }
}

async function writeDraft(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for (const part of parts) await file.writeFile(part)
  } finally {
    await file.close()
  }
}

/** Null when it is not what it was. */
async function readWhole({ label, path }: Row): Promise<Uint8Array | null> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(label.size)
    return (await readPieces(file, bytes)) === label.hash ? bytes : null
  } finally {
    await file.close()
  }
}

async function readPieces(file: FileHandle, into: Uint8Array): Promise<string | null> {
  const hasher = createHasher()
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, Math.min(pieceBytes, into.length - at), labelBytes + at)
    if (bytesRead === 0) return null
    hasher.update(into.subarray(at, at + bytesRead))
    at += bytesRead
  }
  return hasher.digest()
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const hasher = createHasher()
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    hasher.update(bytes.subarray(at, at + pieceBytes))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return hasher.digest()
}

function full({ object, size }: FoundNote, limitBytes: number, free: number): StoreFullError {
  return new StoreFullError(
    `object ${object} of ${size} bytes does not fit: this peer keeps at most ${limitBytes} bytes of objects on disk (spillBytes) and has ${free} left.`,
  )
}

/** Whatever the disk has against it (it is full, it is gone, it may not be written): it takes no more. */
function declined(error: unknown): never {
  if (errorCode(error) === undefined || error instanceof StoreFullError) throw error
  throw new StoreFullError(`the disk did not take an object: ${(error as Error).message}`, { cause: error })
}
