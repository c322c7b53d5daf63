// Writes a picture to a PNG file. The compressor is plain JavaScript, so equal pixels give equal bytes on every
// machine; the file appears under its name only when it is whole.

import { encode } from 'fast-png'
import { createHash } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Picture } from './picture.ts'

/** How hard the compressor tries: not at all for a preview, which is soon replaced. */
const LEVEL = { preview: 0, final: 9 } as const

/** Replaces the file by the picture as it is now; returns the SHA-256 of its bytes. */
export function writePng(picture: Picture, file: string, kind: 'preview' | 'final'): string {
  const { width, height, pixels } = picture
  const bytes = encode({ width, height, data: pixels, channels: 3, depth: 8 }, { zlib: { level: LEVEL[kind] } })
  const unfinished = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(unfinished, bytes)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  return createHash('sha256').update(bytes).digest('hex')
}
