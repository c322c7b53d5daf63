// Whom to ask for a bundle: its hash is its name, so anybody's will do. The owner of a task that runs it
// nearly always has it; one that adopted the task may not, and then somebody else does.

import type { CodeId, LifeId } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'

/** Others are asked one after the other: each costs a round trip. */
const strangersMost = 16

/** In the order in which they are to be asked. */
export function codeSources(state: PeerState, code: CodeId, owner: LifeId): LifeId[] {
  const sources = new Set([owner])
  for (const { spec, owner: other } of state.executor.all()) if (spec.code === code) sources.add(other)
  const others = state.members.others().filter(({ life, hearsay }) => !hearsay && !sources.has(life))
  for (const { life } of state.rng.sample(others, strangersMost)) sources.add(life)
  return [...sources]
}
