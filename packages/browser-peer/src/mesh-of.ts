// The mesh that a page holds, over a peer that has joined: functions and prepared modules behind core's verbs.

import { createMesh } from '@murmuration/core/internal'
import type { Mesh } from '@murmuration/core/internal'
import type { JoinedPeer } from './join-peer.ts'
import { createPageCode } from './prepared-code.ts'

/** The verbs over a peer that has joined. */
export async function meshOf({ peer, page, reading, close }: JoinedPeer): Promise<Mesh> {
  const { sha256, transport } = page.platform
  const { fnModule } = await reading
  return createMesh({
    peer,
    code: createPageCode({ sha256, fnModule, keep: (code, bytes) => peer.keepCode(code, bytes) }),
    addresses: () => transport.addresses(),
    close,
  })
}
