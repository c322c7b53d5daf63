// Joining from Node, as programs do it: check the options, become a peer, hand out the mesh. How a
// peer comes about is join-peer.ts. What users' compilers read is this file's types and nothing beneath:
// libp2p's need more libraries and settings than a program has.

import type { Mesh } from '@murmuration/core'
import { joinPeer } from './join-peer.ts'
import { meshOf } from './mesh-of.ts'
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
