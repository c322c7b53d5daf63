// Whom to ask for a bundle: its hash is its name, so anybody's will do. The owner of a task that runs it
// nearly always has it; one that adopted the task may not, and then somebody else does. So what a bundle is to be
// run for is known to be a member's wish: every bundle that a peer has came from a program of its own or by here.

import type { CodeId, LifeId } from '../model/ids.ts'
import { codeObject, peerOf } from '../model/ids.ts'
import type { PeerState } from './peer-state.ts'
import { asksHere, roleOf } from './permits.ts'
import type { RunRow } from './runs.ts'

/** Others are asked one after the other: each costs a round trip. */
const strangersMost = 16

/** In the order in which they are to be asked. */
export function codeSources(state: PeerState, code: CodeId, owner: LifeId | null): LifeId[] {
  // On a worker's word nothing is run but what a member has: only members are asked, and shown to be some.
  const isWished = owner !== null && asksHere(state, owner)
  const counts = (life: LifeId): boolean => isWished || roleOf(state, peerOf(life)) === 'member'
  const sources = new Set([owner].filter((life) => life !== null && counts(life)) as LifeId[])
  for (const { spec, owner: other } of state.executor.all()) if (spec.code === code && counts(other)) sources.add(other)
  const others = state.members.others().filter(({ life, hearsay }) => !hearsay && counts(life) && !sources.has(life))
  for (const { life } of state.rng.sample(others, strangersMost)) sources.add(life)
  return [...sources]
}

/** The attempt waits for its bundle. Bundles are named by their hash, so whoever has one will do. */
export function wantCode(state: PeerState, row: RunRow): void {
  const object = codeObject(row.spec.code)
  row.missing.add(object)
  const fetch = state.holdings.want(object, row.owner, {
    size: 0,
    hash: row.spec.code,
    holders: codeSources(state, row.spec.code, row.owner),
  })
  fetch.attempts.add(row.id)
}

/** Somebody says that it is to be run, and nobody knows whose wish that was: it is had from a member, or not. */
export function fetchOfMembers(state: PeerState, code: CodeId): void {
  const object = codeObject(code)
  if (state.holdings.fetching(object)) return
  const holders = codeSources(state, code, null)
  state.holdings.want(object, null, { size: 0, hash: code, holders }).copyFor.add(state.self)
}
