// The picture of the demo, from the start of the first process to the last byte of the file.

import { join } from 'node:path'
import { startPeer } from '../mesh/mesh.ts'
import type { PainterOrder } from '../mesh/painter.ts'
import type { Joined } from '../mesh/peer.ts'
import type { Row, RowContext } from '../row.ts'

const limit = 'two threads on this machine against one: twice as fast with two free cores'

/** Pictures per minute. */
async function perMinute(draw: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await draw()
  return 60_000 / (performance.now() - began)
}

function command({ start, directory }: RowContext, args: readonly string[]): Promise<number> {
  const output = ['-o', join(directory, 'dragon.png')]
  return perMinute(() =>
    start('../../demo/dist/dragon/main.js', {}, { args: [...args, ...output], quiet: true }).ended(),
  )
}

/** Two peers are the whole mesh, and one of them asks. */
function pair(context: RowContext): Promise<number> {
  return perMinute(async () => {
    const order: PainterOrder = { file: join(context.directory, 'dragon.png') }
    const painter = context.start('./mesh/painter.js', order)
    const { addresses } = await painter.next<Joined>()
    const other = await startPeer(context, { entry: addresses, slots: 1 })
    await painter.ended()
    other.process.kill()
  })
}

export const rows: readonly Row[] = [
  {
    name: 'dragon, a mesh of two peers with a slot each',
    unit: 'pictures/min',
    limit,
    run: async (context) => ({ mesh: await pair(context), alone: await command(context, ['--alone']) }),
  },
  {
    name: 'dragon, the command: beside those two an entry and whoever asks',
    unit: 'pictures/min',
    limit,
    run: async (context) => ({
      mesh: await command(context, ['--peers', '2', '--kill', '0']),
      alone: await command(context, ['--alone']),
    }),
  },
]
