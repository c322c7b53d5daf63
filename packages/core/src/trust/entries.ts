// What a newcomer names as its entries: addresses, the link of an invite, or both. An invite brings its
// own entries along; where they are looked for when nothing is named is the platform's business.

import { MeshError } from '../errors.ts'
import { checkUntil, looksLikeInvite, parseInvite } from './invite.ts'
import type { Invite } from './invite.ts'

export interface NamedEntries {
  readonly invite: Invite | null
  readonly addresses: readonly string[]
}

/** Where to knock, and by what. `now`: milliseconds since 1970. Throws MeshError INVITE_INVALID and INVALID_OPTION. */
export function readEntries(given: readonly string[], now: number): NamedEntries {
  const [link, ...more] = given.filter(looksLikeInvite)
  if (more.length > 0)
    throw new MeshError('INVALID_OPTION', 'joinMesh: entry names two invites: a peer comes in by one of them')
  const addresses = given.filter((address) => !looksLikeInvite(address))
  if (link === undefined) return { invite: null, addresses }
  const invite = parseInvite(link)
  checkUntil(invite, now)
  if (addresses.length + invite.entry.length === 0)
    throw new MeshError('INVITE_INVALID', 'this invite does not say where to knock: name an entry beside it')
  return { invite, addresses: [...addresses, ...invite.entry] }
}
