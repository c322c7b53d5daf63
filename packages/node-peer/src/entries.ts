// Where a newcomer knocks, and by what it hopes to be let in: what was named (addresses, an invite, or
// both), else what the environment names, else a living peer of this user on this machine. An invite brings
// its own entries along.

import { readEntries } from '@murmuration/core/internal'
import type { NamedEntries } from '@murmuration/core/internal'
import { livingPeers } from './entry.ts'
import type { RunningPeer } from './entry.ts'
import { checkJoinOptions } from './options.ts'
import type { NodePlatform } from './platform.ts'

/** Null: nothing was named. Throws MeshError INVITE_INVALID and INVALID_OPTION. */
export function namedEntries(entry: readonly string[] | undefined): NamedEntries | null {
  const given = entry ?? environmentsEntries()
  return given && readEntries(given, Date.now())
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
