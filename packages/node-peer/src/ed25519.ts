// Ed25519 by node:crypto, which has it compiled: once in a process, as most need it, that takes a fiftieth of the
// time. Keys travel as their 32 bytes; node:crypto takes them in the envelopes of RFC 8410, which are constant.

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Ed25519 } from '@murmuration/core/internal'

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const spki = Buffer.from('302a300506032b6570032100', 'hex')

const secret = (bytes: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8, bytes]), format: 'der', type: 'pkcs8' })
const open = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([spki, bytes]), format: 'der', type: 'spki' })

export const ed25519: Ed25519 = {
  getPublicKey: (secretKey) => {
    const der = createPublicKey(secret(secretKey)).export({ format: 'der', type: 'spki' })
    return new Uint8Array(der.subarray(spki.length))
  },
  sign: (message, secretKey) => new Uint8Array(sign(null, message, secret(secretKey))),
  verify: (signature, message, publicKey) => verify(null, message, open(publicKey), signature),
}
