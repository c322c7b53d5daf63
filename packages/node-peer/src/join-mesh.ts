// Joining from Node, as programs do it: check the options, become a peer, hand out the mesh. How a
// peer comes about is join-peer.ts.

import { createMesh } from '@murmuration/core/internal'
import type { CodeId, Mesh } from '@murmuration/core/internal'
import { createNodeCode } from './bundle/node-code.ts'
import { mapStack } from './bundle/stack-map.ts'
import { joinPeer } from './join-peer.ts'
import type { JoinedPeer } from './join-peer.ts'
import { openMeshes } from './open-meshes.ts'
import { checkJoinOptions } from './options.ts'
import type { JoinOptions } from './options.ts'

/**
 * Joins a mesh, or founds one when there is none to join; which of the two is said in a line on stderr
 * unless `entry` was given. Throws MeshError INVALID_OPTION, ENTRY_UNREACHABLE, FORBIDDEN,
 * VERSION_MISMATCH, PORT_IN_USE.
 *
 * @example
 * const mesh = await joinMesh()
 * const square = mesh.fn((x: number) => x * x)
 * console.log(await square(7).get()) // 49
 * await mesh.leave()
 */
export async function joinMesh(options: JoinOptions = {}): Promise<Mesh> {
  checkJoinOptions(options)
  const joined = await joinPeer(options)
  const mesh = meshOf(joined)
  openMeshes.add(mesh, joined.peer)
  return mesh
}

/** The verbs over a peer that has joined. */
export function meshOf({ peer, node, close }: JoinedPeer): Mesh {
  const { platform } = node
  const maps = new Map<CodeId, Uint8Array>()
  const code = createNodeCode({
    sha256: platform.sha256,
    keep: (id, source, map) => {
      if (map) maps.set(id, map)
      peer.keepCode(id, source)
    },
  })
  return createMesh({
    peer,
    code,
    addresses: () => platform.transport.addresses(),
    mapStack: (stack) => mapStack(stack, (id) => maps.get(id) ?? null),
    close,
  })
}
