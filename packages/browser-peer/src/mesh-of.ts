// The mesh that a page holds, over a peer that has joined: functions and prepared modules behind core's verbs.

import { createMesh } from '@murmuration/core/internal'
import type { Mesh } from '@murmuration/core/internal'
import type { JoinedPeer } from './join-peer.ts'

/** The verbs over a peer that has joined. */
export async function meshOf({ peer, page, makeCode, close }: JoinedPeer): Promise<Mesh> {
  const { sha256, transport } = page.platform
  const make = await makeCode
  return createMesh({
    peer,
    code: make({ sha256, keep: (code, bytes) => peer.keepCode(code, bytes) }),
    addresses: () => transport.addresses(),
    close,
  })
}
