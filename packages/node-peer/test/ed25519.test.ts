// Signatures by node:crypto are those of the library that pages sign by.

import { ed25519 as noble } from '@noble/curves/ed25519.js'
import { describe, expect, test } from 'vitest'
import { ed25519 } from '../src/ed25519.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const secretKey = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
const message = bytes('6d75726d7572')

describe('Ed25519 by node:crypto', () => {
  test('gives the public key of the first test of RFC 8032, and its signature of nothing', () => {
    expect(ed25519.getPublicKey(secretKey)).toEqual(
      bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    )
    expect(ed25519.sign(new Uint8Array(), secretKey)).toEqual(
      bytes(
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ),
    )
  })

  test('signs what the other accepts, byte for byte as it does, and accepts what it signs', () => {
    for (let first = 0; first < 50; first++) {
      const key = new Uint8Array(32).fill(first)
      const signature = ed25519.sign(message, key)
      expect(signature).toEqual(noble.sign(message, key))
      expect(ed25519.getPublicKey(key)).toEqual(noble.getPublicKey(key))
      expect(ed25519.verify(signature, message, noble.getPublicKey(key))).toBe(true)
    }
  })

  test('accepts nothing else', () => {
    const signature = ed25519.sign(message, secretKey)
    const publicKey = ed25519.getPublicKey(secretKey)
    expect(ed25519.verify(signature, bytes('6d75726d7573'), publicKey)).toBe(false)
    expect(ed25519.verify(signature.slice(1), message, publicKey)).toBe(false)
    expect(ed25519.verify(signature.with(3, 1), message, publicKey)).toBe(false)
    expect(ed25519.verify(signature, message, ed25519.getPublicKey(new Uint8Array(32)))).toBe(false)
  })
})
