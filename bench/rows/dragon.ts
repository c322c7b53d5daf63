import { join } from 'node:path'
import type { Row, RowContext } from '../row.ts'

/** Pictures per minute of the whole command, start to end. */
async function dragon({ start, directory }: RowContext, args: readonly string[]): Promise<number> {
  const began = performance.now()
  const output = ['-o', join(directory, 'dragon.png')]
  await start('../../demo/dist/dragon/main.js', {}, { args: [...args, ...output], quiet: true }).ended()
  return 60_000 / (performance.now() - began)
}

export const row: Row = {
  name: 'dragon, two peers with a slot each',
  unit: 'pictures/min',
  limit: 'two processes on this machine against one: twice as fast with two free cores',
  async run(context) {
    return {
      mesh: await dragon(context, ['--peers', '2', '--kill', '0']),
      alone: await dragon(context, ['--alone']),
    }
  },
}
