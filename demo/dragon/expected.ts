// The pictures on record: what the PNG file's SHA-256 must be, on every machine, whatever dies on the way.
// A change to the tracer, the stage or the compressor changes them; render with --alone and write down the new ones.

import type { View } from './tracer/path.ts'

export const DEFAULT_VIEW: View = { width: 960, height: 540, samples: 24 }

const ON_RECORD: Readonly<Record<string, string>> = {
  '960x540, 24 samples': 'fb8794e4aef1b4d16e8d4c8999079a5ec75bce6c50b086bcb3a42f6c3d5db76f',
}

/** The SHA-256 on record for a picture of this size and number of samples. */
export function expectedSha256(view: View): string | undefined {
  return ON_RECORD[`${view.width}x${view.height}, ${view.samples} samples`]
}
