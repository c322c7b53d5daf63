// Who could take a task, as placement is to see them: the members with what is out at each, what each still
// takes, and what it lacks of the inputs. A question over several tables, asked by whoever hands work out.

import { isApart } from '../model/actor.ts'
import type { LifeId, PeerId, TaskId } from '../model/ids.ts'
import { peerOf, resultOf } from '../model/ids.ts'
import type { Input } from '../model/messages.ts'
import type { TaskSpec } from '../model/task.ts'
import type { Member } from './membership.ts'
import type { PeerState } from './peer-state.ts'
import type { Candidate } from './placement.ts'
import { best, resourceRoom, score, spreadMs, unfit } from './placement.ts'
import type { ReadyClass } from './scheduler.ts'
import type { TaskRow } from './tasks.ts'

type Kind = Pick<ReadyClass, 'needs' | 'depth' | 'isApart'>

/** Above this many candidates only a sample is scored. */
const sampleAbove = 32

/** Who is there to run work of this kind; `fit`: somebody could, now or later. */
export function candidatesFor(state: PeerState, ready: Kind): { candidates: Candidate[]; fit: boolean } {
  const candidates: Candidate[] = []
  let fit = false
  for (const member of state.members.all()) {
    if (member.state !== 'alive' && member.state !== 'suspect') continue
    if (unfit(member, ready.needs) !== null) continue
    if (member.peer === state.peer && state.leaving) continue
    fit = true
    if (member.hearsay && member.peer !== state.peer) continue
    // A suspect keeps what it has; it gets nothing new until it has refuted.
    if (member.state === 'suspect') continue
    const slots = member.profile?.slots ?? 0
    const { life } = member
    const slotsLeft = ready.isApart ? Number.POSITIVE_INFINITY : state.scheduler.room(life, slots)
    const room = Math.min(slotsLeft, resourcesLeft(state, member, ready))
    candidates.push({ life, member, room, out: state.scheduler.out(life), avoided: 0, beside: null })
  }
  return { candidates: candidates.length > sampleAbove ? state.rng.sample(candidates, sampleAbove) : candidates, fit }
}

/** What it has of ours that goes before this one. Attempts less deep do not: they may be waiting for it. */
export function withAhead({ tasks }: PeerState, candidate: Candidate, { depth }: TaskSpec): Candidate {
  if (depth === 0) return candidate
  const ahead = tasks.assignedTo(candidate.life).filter(({ spec }) => spec.depth >= depth && !isApart(spec))
  return { ...candidate, out: ahead.length }
}

/** Attempts less deep do not count: they may be waiting for this one. */
function resourcesLeft(state: PeerState, member: Member, { needs, depth }: Kind): number {
  if (needs.resources === undefined) return Number.POSITIVE_INFINITY
  const there = state.tasks.assignedTo(member.life).filter(({ spec }) => spec.depth >= depth)
  return resourceRoom(
    member,
    needs,
    there.map(({ spec }) => spec.policy.needs),
  )
}

/** Attempts that the peer has of the same function from the same context. */
function besides(state: PeerState, candidate: Candidate, spec: TaskSpec): number {
  if (!candidate.beside) {
    candidate.beside = new Map()
    for (const other of state.tasks.assignedTo(candidate.life)) addBeside(candidate, other.spec)
  }
  return candidate.beside.get(spreadKey(spec)) ?? 0
}

/** They take no slots, and the time of their peer all the same. */
function actorsAt(state: PeerState, life: LifeId): number {
  return state.tasks.assignedTo(life).filter(({ spec }) => spec.actor !== undefined).length
}

/** One more of its function goes there. */
export function addBeside({ beside }: Candidate, spec: TaskSpec): void {
  beside?.set(spreadKey(spec), (beside.get(spreadKey(spec)) ?? 0) + 1)
}

function spreadKey(spec: TaskSpec): string {
  return `${spec.context}|${spec.code}/${spec.fn}`
}

/** Those that may take a ballot: none that has another one of the same vote, and none in the same failure domain as long as there are others. */
export function votersFor(state: PeerState, ballot: TaskId, candidates: readonly Candidate[]): readonly Candidate[] {
  const taken = voters(state, ballot)
  if (taken.size === 0) return candidates
  const free = candidates.filter(({ member }) => !taken.has(member.peer))
  const domains = new Set([...taken].map((peer) => state.members.get(peer)?.profile?.domain))
  const apart = free.filter(({ member }) => !domains.has(member.profile?.domain))
  return apart.length > 0 ? apart : free
}

/** Who has, or had, another ballot of the same vote. */
export function voters(state: PeerState, ballot: TaskId): ReadonlySet<PeerId> {
  const taken = new Set<PeerId>()
  for (const { id, voter } of state.polls.of(ballot)?.ballots ?? []) {
    if (id === ballot) continue
    const at = state.tasks.get(id)?.at ?? null
    if (at !== null) taken.add(peerOf(at))
    else if (voter !== null && state.directory.get(resultOf(id))?.state !== 'pending') taken.add(voter)
  }
  return taken
}

/** It is a ballot, and everybody has another one of the same vote. */
export function isWithoutVoter(state: PeerState, { spec }: TaskRow): boolean {
  if (!state.polls.of(spec.id)) return false
  const kind = { needs: spec.policy.needs, depth: spec.depth, isApart: false }
  return votersFor(state, spec.id, candidatesFor(state, kind).candidates).length === 0
}

/** So much later a peer counts for each time that it was in the minority of a vote. */
const distrustMs = 60_000

/** The best of those with room. */
export function choose(
  state: PeerState,
  row: TaskRow,
  inputs: readonly Input[],
  candidates: readonly Candidate[],
): Candidate | null {
  // It runs there: that takes no room.
  const there = row.rejoin === null ? undefined : candidates.find(({ life }) => life === row.rejoin)
  if (there) return there
  const only = candidates.length === 1 ? candidates[0] : undefined
  if (only) return only.room > 0 ? only : null
  const { prefer, spread } = row.spec.policy
  return best(candidates, (candidate) => {
    const preferred = unfit(candidate.member, prefer) === null
    const avoided = row.avoid.size === 0 ? 0 : [...row.avoid].indexOf(candidate.member.peer) + 1
    const missing = inputs.length === 0 ? 0 : missingBytes(inputs, candidate.life)
    const apart = spread ? spreadMs * besides(state, candidate, row.spec) : 0
    const actors = row.spec.actor ? actorsAt(state, candidate.life) : 0
    const estimate = score(
      avoided + actors > 0 ? { ...candidate, avoided, out: candidate.out + actors } : candidate,
      state.scheduler.expectedMs(row.spec, candidate.life),
      missing,
      preferred,
    )
    return estimate + apart + state.polls.dissents(candidate.member.peer) * distrustMs
  })
}

/** Of these inputs what is not there. */
export function missingBytes(inputs: readonly Input[], life: LifeId): number {
  let bytes = 0
  for (const { located } of inputs)
    if (located.type === 'stored' && !located.holders.includes(life)) bytes += located.size
  return bytes
}
