// Where a newcomer knocks, and by what it hopes to be let in: what was named (addresses, an invite, or
// both), else what the environment names, else a living peer of this user on this machine. An invite brings
// its own entries along.

import { checkUntil, looksLikeInvite, MeshError, parseInvite } from '@murmuration/core/internal'
import type { Invite } from '@murmuration/core/internal'
import { livingPeers } from './entry.ts'
import type { RunningPeer } from './entry.ts'
import { checkJoinOptions } from './options.ts'
import type { NodePlatform } from './platform.ts'

export interface Named {
  readonly invite: Invite | null
  readonly addresses: readonly string[]
}

/** Null: nothing was named. Throws MeshError INVITE_INVALID and INVALID_OPTION. */
export function namedEntries(entry: readonly string[] | undefined): Named | null {
  const given = entry ?? environmentsEntries()
  if (!given) return null
  const [link, ...more] = given.filter(looksLikeInvite)
  if (more.length > 0)
    throw new MeshError('INVALID_OPTION', 'joinMesh: entry names two invites: a peer comes in by one of them')
  const addresses = given.filter((address) => !looksLikeInvite(address))
  if (link === undefined) return { invite: null, addresses }
  const invite = parseInvite(link)
  checkUntil(invite, Date.now())
  if (addresses.length + invite.entry.length === 0)
    throw new MeshError('INVITE_INVALID', 'this invite does not say where to knock: name an entry beside it')
  return { invite, addresses: [...addresses, ...invite.entry] }
}

function environmentsEntries(): string[] | null {
  const entry = (process.env['MURMURATION_ENTRY'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  if (entry.length === 0) return null
  checkJoinOptions({ entry })
  return entry
}

/** This user's other peers on this machine, of the same mesh. */
export async function livingOthers({ home, platform, identity }: NodePlatform): Promise<RunningPeer[]> {
  const living = await livingPeers(home)
  return living.filter(({ mesh, peer }) => mesh === platform.admission.mesh && peer !== identity.peer)
}

/** Knocked at together. One that hangs must not keep newcomers out, hence several. */
const entriesTried = 5

export function entriesOf(living: readonly RunningPeer[]): string[] {
  return living.slice(0, entriesTried).flatMap(({ addresses }) => addresses.slice(0, 1))
}
