// Writes a picture to a PNG file. The compressor is plain JavaScript, so equal pixels give equal bytes on every
// machine; the file appears under its name only when it is whole.

import { encode } from 'fast-png'
import { createHash } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Picture } from './picture.ts'

/** How hard the compressor tries: not at all for a preview, which is soon replaced. */
const LEVEL = { preview: 0, final: 9 } as const

/** The picture cannot be put there. The message is one sentence. */
export class WriteError extends Error {
  override readonly name = 'WriteError'
}

/** Replaces the file by the picture as it is now; returns the SHA-256 of its bytes. Throws WriteError. */
export function writePng(picture: Picture, file: string, kind: 'preview' | 'final'): string {
  const { width, height, pixels } = picture
  const bytes = encode({ width, height, data: pixels, channels: 3, depth: 8 }, { zlib: { level: LEVEL[kind] } })
  const unfinished = unfinishedOf(file)
  try {
    writeFileSync(unfinished, bytes)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw new WriteError(`the picture cannot be written: ${whyNot(error)}`, { cause: error })
  }
  return createHash('sha256').update(bytes).digest('hex')
}

/** Puts an empty file beside where the picture will be, and takes it away again. Throws WriteError. */
export function tryWriting(file: string): void {
  const unfinished = unfinishedOf(file)
  try {
    writeFileSync(unfinished, '')
    rmSync(unfinished)
  } catch (error) {
    throw new WriteError(`nothing can be written there: ${whyNot(error)}`, { cause: error })
  }
}

/** What the system says, without the name of a file that nobody asked for. */
function whyNot(error: unknown): string {
  return (error as Error).message.replace(/, (open|write|rename|unlink)\b.*$/, '')
}

function unfinishedOf(file: string): string {
  return `${file}.${process.pid}.tmp`
}
