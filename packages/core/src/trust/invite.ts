// An invite lets whoever has it into a mesh: role, expiry, the mesh's public key and where to knock,
// signed, in the fragment of a link, which browsers send to nobody. Links go through chat programs, mail
// and paper: what those do to them is repaired where it can be, and named where it cannot. How an invite
// becomes a pass is admission.ts.

import { MeshError } from '../errors.ts'
import { isRole, type Role } from '../model/role.ts'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import type { MeshKeys } from './mesh-keys.ts'
import { untilOf } from './pass.ts'
import type { Claims } from './token.ts'
import { readClaims, signatureLength, signToken, verifyToken } from './token.ts'

export interface Invite {
  /** What `murmur revoke` takes. */
  readonly id: string
  readonly role: Role
  /** Milliseconds since 1970. */
  readonly until: number
  /** The mesh's public key. */
  readonly key: Uint8Array
  /** Where to knock: multiaddrs. */
  readonly entry: readonly string[]
  /** The whole of it, as signed. A secret: whoever has it may come in. */
  readonly token: string
}

/** Where the link leads when no page is served. */
const nowhere = 'murmuration:join'

const mostEntries = 16

/** Where an invite leads, but for what is in the link around it. */
export type InviteTerms = Pick<Invite, 'id' | 'role' | 'until' | 'entry'>

/** Rounds `until` down to a second. */
export function signInvite({ id, role, until, entry }: InviteTerms, { secretKey, publicKey }: MeshKeys): Invite {
  const exp = Math.floor(until / 1_000)
  const token = signToken('invite+jwt', { jti: id, role, exp, key: toBase64Url(publicKey), entry }, secretKey)
  return { id, role, until: exp * 1_000, key: publicKey, entry, token }
}

/** What to send to people. `page`: where the join page is served; without one the link is for `--invite` and `entry`. */
export function inviteLink({ token }: Pick<Invite, 'token'>, page: string = nowhere): string {
  return `${page.replace(/#.*$/, '')}#${token}`
}

/** `eyJ` is how JSON objects begin in base64. */
const tokenPattern = /eyJ[\w-]*(?:\.[\w-]*)?(?:\.[\w-]*)?/

/**
 * Whether it is meant for one, whole or not. What begins as an address does is none: a peer id in it may hold any letters, those
 * that a token begins with too (one random id in five hundred does, in one case or another).
 */
export function looksLikeInvite(text: string): boolean {
  if (/^\s*(\/|wss?:)/i.test(text)) return false
  return /#|eyJ/.test(text) || /^\s*<?\s*(murmuration|https?):/i.test(text)
}

/**
 * Takes the link, or the token alone, with whatever stands around it. Throws MeshError INVITE_INVALID: cut short, damaged,
 * or no invite at all. Whether it has ended is for `checkUntil`, which knows the time.
 */
export function parseInvite(text: string): Invite {
  // As it is; and without the line breaks that mail programs put in.
  const plain = unescaped(text)
  const tried = [plain, plain.replaceAll(/\s+/g, '')].map((one) => tokenPattern.exec(one)?.[0] ?? '')
  const [first = ''] = tried
  if (first === '') throw invalid('there is no invite in it: copy the whole link that murmur invite printed')
  let isWhole = false
  for (const found of tried) {
    const [header = '', payload = '', signature = ''] = found.split('.')
    if (signature.length < signatureLength) continue
    isWhole = true
    // Of words that were glued to its end.
    const invite = readInvite(`${header}.${payload}.${signature.slice(0, signatureLength)}`)
    if (invite) return invite
  }
  if (isWhole) throw invalid('it was changed on its way, or made up: ask for it again, or scan its QR code')
  throw invalid('it is cut short: copy the whole link, to its last letter, or scan its QR code')
}

/** Chat programs escape links, some of them twice. */
function unescaped(text: string): string {
  let plain = text
  for (let times = 0; times < 3 && /%[\da-f]{2}/i.test(plain); times++) {
    plain = plain.replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  }
  return plain
}

function readInvite(token: string): Invite | null {
  const unproven = termsOf(readClaims('invite+jwt', token.slice(0, token.lastIndexOf('.'))))
  // It carries the key that proves it: this shows that it is whole. Whose key that is the entries have to show.
  return unproven && verifyToken('invite+jwt', token, unproven.key) ? { ...unproven, token } : null
}

/** What the claims of an invite say; null when they are of something else. */
export function termsOf(claims: Claims | null): Omit<Invite, 'token'> | null {
  if (claims === null) return null
  const { jti, role, exp, key, entry } = claims
  const publicKey = typeof key === 'string' ? fromBase64Url(key) : null
  const until = untilOf(exp)
  if (typeof jti !== 'string' || !isRole(role) || publicKey?.length !== 32 || until === null) return null
  if (!Array.isArray(entry) || entry.length > mostEntries || !entry.every((one) => typeof one === 'string')) return null
  return { id: jti, role, until, key: publicKey, entry }
}

function invalid(why: string): MeshError {
  return new MeshError('INVITE_INVALID', `this invite cannot be read: ${why}`)
}

/** Throws MeshError INVITE_INVALID when the invite has ended by then. */
export function checkUntil({ until }: Pick<Invite, 'until'>, now: number): void {
  if (until <= now) throw new MeshError('INVITE_INVALID', `this invite has ${endedSentence(until)}`)
}

/** `expired on 2026-11-26 at 00:26 UTC: ask for another one` */
export function endedSentence(until: number): string {
  const [day, time = ''] = new Date(until).toISOString().split('T')
  return `expired on ${day} at ${time.slice(0, 5)} UTC: ask for another one`
}
