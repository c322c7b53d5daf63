// A pass is what a peer shows on every link: signed with the mesh's key, it says in which role the peer
// of that id may be here, and until when. Whose link it is the noise handshake has proven, so a pass is of
// no use to anybody else. It is checked with the public key alone: no peer needs to be asked.

import type { PeerId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'
import { isRole } from '../model/role.ts'
import { signToken, verifyToken } from './token.ts'

export interface Pass {
  readonly peer: PeerId
  readonly role: Role
  /** Milliseconds since 1970; Infinity for those who hold the key. */
  readonly until: number
  /** The id of the invite it was made from; null for those who hold the key. */
  readonly invite: string | null
}

export function signPass({ peer, role, until, invite }: Pass, secretKey: Uint8Array): string {
  const exp = Number.isFinite(until) ? { exp: Math.floor(until / 1_000) } : {}
  return signToken('pass+jwt', { sub: peer, role, ...exp, ...(invite === null ? {} : { invite }) }, secretKey)
}

/** Null when this mesh's key did not sign it. Whose it is, and whether it has ended, is for the caller to compare. */
export function readPass(token: string, publicKey: Uint8Array): Pass | null {
  const claims = verifyToken('pass+jwt', token, publicKey)
  if (claims === null) return null
  const { sub, role, exp, invite = null } = claims
  if (typeof sub !== 'string' || !isRole(role)) return null
  if (invite !== null && typeof invite !== 'string') return null
  const until = untilOf(exp)
  return until === null ? null : { peer: sub as PeerId, role, until, invite }
}

/** JWT's `exp`, in seconds, as milliseconds; absent: for ever. Null for what is none. */
export function untilOf(exp: unknown): number | null {
  if (exp === undefined) return Number.POSITIVE_INFINITY
  return typeof exp === 'number' && Number.isSafeInteger(exp) && exp > 0 ? exp * 1_000 : null
}
