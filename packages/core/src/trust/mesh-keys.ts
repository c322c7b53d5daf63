// A mesh's key pair, out of the 32 bytes in the user's `mesh.key`: whoever can read that file can sign
// for the mesh, everybody else checks by the public key. The mesh's name is a hash of the public key, and
// tells neither.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { ed25519 } from './ed25519.ts'

export interface MeshKeys {
  readonly secretKey: Uint8Array
  readonly publicKey: Uint8Array
}

export function meshKeys(key: Uint8Array): MeshKeys {
  // A hash of its own: what else the key may be used for one day says nothing of this.
  const secretKey = sha256(concatBytes(utf8ToBytes('murmuration mesh signing key 1|'), key))
  return { secretKey, publicKey: ed25519.getPublicKey(secretKey) }
}

/** Names the mesh to those who know its public key: 16 letters. */
export function meshName(publicKey: Uint8Array): string {
  return bytesToHex(sha256(concatBytes(utf8ToBytes('murmuration mesh name 1|'), publicKey))).slice(0, 16)
}
