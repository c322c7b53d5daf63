// The mesh that a program holds, over a peer that has joined: Node's bundler and stack maps behind core's verbs.

import { createMesh } from '@murmuration/core/internal'
import type { CodeId, Mesh } from '@murmuration/core/internal'
import { createNodeCode } from './bundle/node-code.ts'
import { mapStack } from './bundle/stack-map.ts'
import type { Origin } from './bundle/stack-map.ts'
import type { JoinedPeer } from './join-peer.ts'

/** The verbs over a peer that has joined. */
export function meshOf({ peer, node, close }: JoinedPeer): Mesh {
  const { platform } = node
  const origins = new Map<CodeId, Origin>()
  const code = createNodeCode({
    sha256: platform.sha256,
    keep: (id, bytes, origin) => {
      origins.set(id, origin)
      peer.keepCode(id, bytes)
    },
  })
  return createMesh({
    peer,
    code,
    addresses: () => platform.transport.addresses(),
    mapStack: (stack) => mapStack(stack, origins),
    close,
  })
}
