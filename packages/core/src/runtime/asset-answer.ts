// The main thread's side of worker-assets.ts: a worker is told where a file is, or why it is not to be had.

import { encodeError } from './values.ts'
import type { WorkerLine } from './worker-line.ts'
import type { Report } from './worker-messages.ts'

/** `asset`: its path, or its bytes, which are shared here. Never rejects. */
export async function answerAsset(
  line: Pick<WorkerLine, 'say'>,
  { call }: Extract<Report, { type: 'asset' }>,
  asset: Promise<string | Uint8Array>,
): Promise<void> {
  try {
    const found = await asset
    if (typeof found === 'string') return line.say({ call, settlement: null, asset: found, error: null })
    const copy = new Uint8Array(found)
    line.say({ call, settlement: null, asset: copy, error: null }, [copy.buffer])
  } catch (error) {
    line.say({ call, settlement: null, error: encodeError(error) })
  }
}
