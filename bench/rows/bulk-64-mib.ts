// One large object from peer to peer. What a process does once or twice, its compilers have not seen yet; most of what they
// then leave to the mesh is memory: the bytes as they are kept, the caller's own copy of them, and their hash.

import { pipeline } from '../baselines/pipeline.ts'
import { meshBulk } from '../mesh/mesh.ts'
import type { Row } from '../row.ts'
import type { Transfers } from '../throughput.ts'

const bytes = 64 * 1024 * 1024

function bulk(which: string, transfers: Transfers, limit: string): Row {
  return {
    name: `bulk, 64 MiB from peer to peer, ${which}`,
    unit: 'MiB/s',
    limit,
    async run(context) {
      return {
        mesh: await meshBulk(context, { bytes, transfers }),
        'bare pipeline': await pipeline(context, { bytes, transfers }),
      }
    },
  }
}

export const rows: readonly Row[] = [
  bulk('the second', { before: 1, counted: 1 }, 'Noise: one core encrypts, one decrypts (bare stream)'),
  bulk('when warm', { before: 3, counted: 5 }, 'fresh memory, twice, and SHA-256'),
]
