// Whether a peer may run what has these needs, judged apart from the machine's own placement.

import type { LabelMatch, Needs, Profile } from '@murmuration/core/internal'

type Described = Pick<Profile, 'name' | 'slots' | 'labels' | 'resources' | 'memoryBytes' | 'role'>

export function satisfies(profile: Described, needs: Needs): boolean {
  const { slots = 1, memoryBytes = 0, peer, labels = {}, resources = {} } = needs
  return (
    profile.role !== 'observer' &&
    profile.slots >= slots &&
    profile.memoryBytes >= memoryBytes &&
    (peer === undefined || peer === profile.name) &&
    Object.entries(labels).every(([name, match]) => isMatch(profile.labels[name], match)) &&
    Object.entries(resources).every(([name, count]) => (profile.resources[name] ?? 0) >= count)
  )
}

function isMatch(value: string | undefined, match: LabelMatch): boolean {
  if (typeof match === 'string') return value === match
  return 'in' in match ? value !== undefined && match.in.includes(value) : value !== match.not
}

/** How many more of these the peer has the resources for, beside attempts with those needs. */
export function roomFor(profile: Described, needs: Needs, beside: readonly Needs[]): number {
  let room = Number.POSITIVE_INFINITY
  for (const [name, count] of Object.entries(needs.resources ?? {})) {
    if (count <= 0) continue
    let left = profile.resources[name] ?? 0
    for (const { resources } of beside) left -= resources?.[name] ?? 0
    room = Math.min(room, Math.floor(left / count + 1e-9))
  }
  return room
}
