// Ed25519 (RFC 8032), by noble, which runs everywhere, unless a platform has one of its own: in the first tenth of a
// second of a process that is most of what joining costs. The signatures are the same bytes whoever makes them.

import { ed25519 as noble } from '@noble/curves/ed25519.js'

export interface Ed25519 {
  /** Of 32 secret bytes. */
  getPublicKey(secretKey: Uint8Array): Uint8Array
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array
  /** May throw, as for a key that is no point of the curve. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

// As strict as compilers' libraries are: whoever checks, the answer is the same.
let best: Ed25519 = {
  ...noble,
  verify: (signature, message, publicKey) => noble.verify(signature, message, publicKey, { zip215: false }),
}

/** From now on all of this process sign and check by this one. */
export function useEd25519(platforms: Ed25519): void {
  best = platforms
}

export const ed25519: Ed25519 = {
  getPublicKey: (secretKey) => best.getPublicKey(secretKey),
  sign: (message, secretKey) => best.sign(message, secretKey),
  verify: (signature, message, publicKey) => best.verify(signature, message, publicKey),
}
