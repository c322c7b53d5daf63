// What an object looks like on disk: a label of fixed length, and the bytes behind it. The label is
// JSON with a magic word before and spaces after it, so a person can read it, and so it can be written
// anew in place. It knows layout; which files there are is the store's.

import type { FileHandle } from 'node:fs/promises'
import type { FoundNote, LifeId, ObjectId } from '@murmuration/core/internal'
import { limits } from '@murmuration/core/internal'

export const labelBytes = 8_192
const magic = 'murmuration object 1\n'

/** Owners that do not fit are left out: whoever is told of the object may still be one. */
export function writeLabel({ object, size, hash, owners }: FoundNote): Buffer {
  for (let count = Math.min(owners.length, limits.labelOwners); ; count--) {
    const text = `${magic}${JSON.stringify({ object, size, hash, owners: owners.slice(0, count) })}\n`
    if (Buffer.byteLength(text) <= labelBytes)
      return Buffer.from(text.padEnd(labelBytes - (Buffer.byteLength(text) - text.length)))
  }
}

/** Null: not a file of ours, or not any more. */
export async function readLabel(file: FileHandle): Promise<FoundNote | null> {
  const buffer = Buffer.alloc(labelBytes)
  const { bytesRead } = await file.read(buffer, 0, labelBytes, 0)
  const text = buffer.toString('utf8', 0, bytesRead)
  if (bytesRead < labelBytes || !text.startsWith(magic)) return null
  try {
    return checked(JSON.parse(text.slice(magic.length)) as Record<string, unknown>)
  } catch {
    return null
  }
}

function checked({ object, size, hash, owners }: Record<string, unknown>): FoundNote | null {
  if (typeof object !== 'string' || object === '' || typeof hash !== 'string' || !Array.isArray(owners)) return null
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null
  return { object: object as ObjectId, size, hash, owners: owners.filter(isText) as LifeId[] }
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
