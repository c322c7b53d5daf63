// How a page is admitted: by the invite that it was opened with. By a key only where it founds a mesh of its own, and
// in tests: a page that is given a key could hand on the whole mesh.

import { Admission, checkUntil, looksLikeInvite, MeshError, meshKeys, parseInvite } from '@murmuration/core/internal'
import type { Invite, PeerId } from '@murmuration/core/internal'

export function admissionByKey(key: Uint8Array, self: PeerId): Admission {
  return new Admission({ self, by: meshKeys(key), now: () => Date.now() })
}

export function admissionByInvite(invite: Invite, self: PeerId): Admission {
  return new Admission({ self, by: invite, now: () => Date.now() })
}

export interface Named {
  readonly invite: Invite | null
  readonly addresses: readonly string[]
}

/** Where to knock, and by what. Throws MeshError INVITE_INVALID and INVALID_OPTION. */
export function namedEntries(entry: readonly string[]): Named {
  const [link, ...more] = entry.filter(looksLikeInvite)
  if (more.length > 0)
    throw new MeshError('INVALID_OPTION', 'joinMesh: entry names two invites: a page comes in by one of them')
  const addresses = entry.filter((address) => !looksLikeInvite(address))
  if (link === undefined) return { invite: null, addresses }
  const invite = parseInvite(link)
  checkUntil(invite, Date.now())
  if (addresses.length + invite.entry.length === 0)
    throw new MeshError('INVITE_INVALID', 'this invite does not say where to knock: name an entry beside it')
  return { invite, addresses: [...addresses, ...invite.entry] }
}
