// The page beside the picture's mesh: whoever opens it on this machine sees the picture grow, takes part, and may pull
// plugs. It is a member's page: the mesh is this demo's alone, and ends with it.

import { makeInvite, servePage } from '@murmuration/node-peer/internal'
import type { Door } from './flock.ts'
import { readModelFile } from './model-file.ts'

export interface DragonPage {
  /** A secret: whoever has it runs code here. */
  readonly link: string
  readonly close: () => Promise<void>
}

const forMs = 24 * 60 * 60 * 1_000

export async function openPage({ entry, home }: Door): Promise<DragonPage> {
  const page = await servePage({ files: { '/dragon.ply.gz': await readModelFile() } })
  const sockets = entry.filter((address) => address.includes('/ws'))
  const { link } = await makeInvite({ home, role: 'member', forMs, entry: sockets, page: page.url })
  return { link, close: page.close }
}
