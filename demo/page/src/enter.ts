// How this page gets into a mesh: by the invite in its own address. What comes back is what the rest of the page
// needs of a peer, whatever stands beneath.

import type { Peer } from '@murmuration/core/internal'
import { peerBeneath } from '@murmuration/core/internal'
import { joinMesh, type Mesh } from 'murmuration'

export interface Entered {
  readonly mesh: Mesh
  readonly peer: Peer
  /** Whether this page may ask for work, not only do it. */
  readonly maySubmit: boolean
  /** Attempts at once, from now on; 0 gives back at once what runs. */
  setSlots(slots: number): void
}

/** Rejects with MeshError. */
export async function enter(address: string, slots: number): Promise<Entered> {
  const mesh = await joinMesh({ entry: [address], slots, timeoutMs: 5_000 })
  const peer = peerBeneath(mesh) as Peer
  return {
    mesh,
    peer,
    maySubmit: mesh.peers().find(({ isSelf }) => isSelf)?.role === 'member',
    setSlots: (now) => peer.post({ type: 'described', slots: now }),
  }
}
