// Joining from a page, as programs do it: check the options, become a peer, hand out the mesh.

import type { Mesh } from '@murmuration/core'
import { joinPeer } from './join-peer.ts'
import { meshOf } from './mesh-of.ts'
import { checkJoinOptions } from './options.ts'
import type { JoinOptions } from './options.ts'

/**
 * Joins a mesh from a page. Throws MeshError INVALID_OPTION, ENTRY_UNREACHABLE, FORBIDDEN, VERSION_MISMATCH.
 *
 * @example
 * const mesh = await joinMesh({ entry: ['ws://lab-3:9001'] })
 * const square = mesh.fn((x: number) => x * x)
 * console.log(await square(7).get()) // 49
 */
export async function joinMesh(options: JoinOptions): Promise<Mesh> {
  checkJoinOptions(options)
  return meshOf(await joinPeer(options))
}
