// Admission by the mesh's key itself, the same bytes on the wire as a Node peer's (node-peer/admission.ts).
// For tests and for a page that founds a mesh of its own: a page that is given a key could hand on the
// whole mesh, so everybody else brings an invite, which is not this file's business.

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as noble } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Admission, PeerId } from '@murmuration/core/internal'
import { sha256 } from './sha256.ts'

export class KeyAdmission implements Admission {
  readonly mesh: string
  readonly #key: Uint8Array
  readonly #self: PeerId

  constructor(key: Uint8Array, self: PeerId) {
    this.#key = key
    this.#self = self
    this.mesh = sha256(key).slice(0, 16)
  }

  token(to: PeerId): string {
    return this.#sign(this.#self, to)
  }

  admits(from: PeerId, mesh: string, token: string): boolean {
    const wanted = this.#sign(from, this.#self)
    if (mesh !== this.mesh || token.length !== wanted.length) return false
    let differs = 0
    for (let i = 0; i < wanted.length; i++) differs |= wanted.charCodeAt(i) ^ token.charCodeAt(i)
    return differs === 0
  }

  #sign(from: PeerId, to: PeerId): string {
    return base64url(hmac(noble, this.#key, utf8ToBytes(`${this.mesh}|${from}>${to}`)))
  }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
