// SHA-256 in hex by @noble/hashes: WebCrypto answers later, and only in secure contexts.

import { sha256 as noble } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Hasher, Sha256 } from '@murmuration/core/internal'

export const sha256: Sha256 = (...parts) => {
  const hash = noble.create()
  for (const part of parts) hash.update(typeof part === 'string' ? utf8ToBytes(part) : part)
  return bytesToHex(hash.digest())
}

export function createHasher(): Hasher {
  const hash = noble.create()
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) }
}
