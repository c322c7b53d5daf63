// Items of a stream, small ones: what an item costs, on its way from a worker of one process to a loop in another.

import { meshItems } from '../mesh/mesh.ts'
import type { Row } from '../row.ts'

function stream(ahead: number | null, limit: string): Row {
  return {
    name: `stream items, ${ahead === null ? 'the default lead' : `${ahead} ahead`}`,
    unit: 'items/s',
    limit,
    run: async (context) => ({ mesh: await meshItems(context, ahead) }),
  }
}

export const rows: readonly Row[] = [
  stream(null, 'encoding, a message and a row of the directory per item; promised: 20,000'),
  stream(8, 'a way to the reader and back per four items'),
  stream(256, 'the same as with the default'),
]
