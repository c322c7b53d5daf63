// The page of `murmur up --page`: served beside the peer, with an invite in its address by which a browser comes in
// as a worker. A mesh with a page is one to look at: whoever may may pull this peer's plug from there.

import type { Mesh, Peer } from '@murmuration/core/internal'
import { makeInvite } from '../invites.ts'
import type { MadeInvite } from '../invites.ts'
import { servePage } from '../page/serve-page.ts'
import { UsageError } from './failure.ts'

export interface PageWays {
  readonly home: string
  /** Where the peer listens. */
  readonly host?: string | undefined
  readonly port?: number | undefined
}

export interface OpenPage extends MadeInvite {
  close(): Promise<void>
}

const forMs = 24 * 60 * 60 * 1_000

/** Rejects with UsageError and MeshError. */
export async function openPage(mesh: Mesh, peer: Peer, { home, host, port }: PageWays): Promise<OpenPage> {
  if (peer.admission.until !== Number.POSITIVE_INFINITY)
    throw new UsageError(
      '--page makes an invite, which takes the key of the mesh: this peer came in by an invite itself',
    )
  const page = await servePage({ host, port })
  const sockets = mesh.addresses.filter((address) => /\/wss?(\/|$)/.test(address))
  const far = sockets.filter((address) => !/^\/(ip4\/127\.|ip6\/::1\/)/.test(address))
  const url = new URL(page.url)
  // Whoever is let in from other machines needs an address of this one.
  const [, reached] = /^\/ip4\/([\d.]+)\//.exec(far[0] ?? '') ?? []
  if (url.hostname === 'localhost' && reached !== undefined) url.hostname = reached
  try {
    const entry = far.length > 0 ? far : sockets
    const made = await makeInvite({ home, role: 'worker', forMs, entry: entry.slice(0, mostDoors), page: url.href })
    mesh.addEventListener('peer:unplug', () => process.kill(process.pid, 'SIGKILL'))
    return { ...made, close: page.close }
  } catch (error) {
    await page.close()
    throw error
  }
}

const mostDoors = 3
