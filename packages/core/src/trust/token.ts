// Signed claims as text: JSON Web Signatures in their compact form (RFC 7515) with EdDSA (RFC 8037),
// so that any JWT tool reads them. Not signed by WebCrypto: that is asynchronous, and pages that are no
// secure contexts have none. The header's type says what a token is for, so that none can
// be passed off as another kind (RFC 8725, 3.11). What the claims mean is not known here.

import { fromBase64Url, toBase64Url } from './base64url.ts'
import { ed25519 } from './ed25519.ts'

export type TokenType = 'pass+jwt' | 'invite+jwt' | 'revocation+jwt'

export type Claims = Readonly<Record<string, unknown>>

/** Characters of an Ed25519 signature in base64url. */
export const signatureLength = 86

/** What is signed: header and claims. */
export function signingInput(type: TokenType, claims: Claims): string {
  return `${encodeJson({ alg: 'EdDSA', typ: type })}.${encodeJson(claims)}`
}

export function signatureOf(input: string, secretKey: Uint8Array): Uint8Array {
  return ed25519.sign(new TextEncoder().encode(input), secretKey)
}

export function signToken(type: TokenType, claims: Claims, secretKey: Uint8Array): string {
  const input = signingInput(type, claims)
  return `${input}.${toBase64Url(signatureOf(input, secretKey))}`
}

/** The claims of a token of that type that this key has signed; null for anything else. */
export function verifyToken(type: TokenType, token: string, publicKey: Uint8Array): Claims | null {
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  const input = `${header}.${payload}`
  const claims = more.length === 0 ? readClaims(type, input) : null
  const bytes = fromBase64Url(signature)
  if (claims === null || bytes?.length !== 64) return null
  return isSigned(bytes, input, publicKey) ? claims : null
}

function isSigned(signature: Uint8Array, input: string, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, new TextEncoder().encode(input), publicKey)
  } catch {
    return false // Not a point of the curve.
  }
}

/** What `header.claims` says, whoever wrote it; null when it is no such thing. */
export function readClaims(type: TokenType, input: string): Claims | null {
  const [header, payload] = input.split('.').map(decodeJson)
  const isOurs = header?.['alg'] === 'EdDSA' && header['typ'] === type
  return isOurs ? (payload ?? null) : null
}

function encodeJson(value: Claims): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(value)))
}

function decodeJson(text: string): Claims | null {
  try {
    const bytes = fromBase64Url(text)
    const value: unknown = bytes && JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null
  } catch {
    return null
  }
}
