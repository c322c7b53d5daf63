// How a broken promise is reported: the peer where it shows, and a sentence.

import type { SimPeer } from './peer.ts'

export function fail(peer: SimPeer, what: string): never {
  throw new Error(`${peer.life}: ${what}`)
}
