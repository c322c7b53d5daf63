import { pipeline } from '../baselines/pipeline.ts'
import { meshBulk } from '../mesh/mesh.ts'
import type { Row } from '../row.ts'

const bytes = 64 * 1024 * 1024

export const row: Row = {
  name: 'bulk, 64 MiB from peer to peer',
  unit: 'MiB/s',
  limit: 'Noise: one core encrypts, one decrypts (bare stream)',
  async run(context) {
    return {
      mesh: await meshBulk(context, bytes),
      'bare pipeline': await pipeline(context, { bytes }),
    }
  },
}
