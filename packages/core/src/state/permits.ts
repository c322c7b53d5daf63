// What each role may say. What counts is the pass that a peer showed on its link; the role in its profile is
// how it wants to serve, which may be less. A member may say everything. A worker runs and keeps what
// members ask for: so it answers for what the tasks that it runs ask for in turn, but begins nothing of its own, and
// may not say what code is run: that is a bundle which a member has (`codeSources`). An observer looks and reads.

import type { CodeId, ContextId, LifeId, PeerId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import type { Message } from '../model/messages.ts'
import type { Role } from '../model/role.ts'
import { isAtLeast } from '../model/role.ts'
import { servesAs } from './membership.ts'
import type { PeerState } from './peer-state.ts'

/** Who may say it. A new kind of message has to be decided here. */
const leastRole: { readonly [T in Message['type']]: Role } = {
  // Of its tasks' children, for a worker: `mayAssign`.
  assign: 'worker',
  abort: 'worker',
  delivered: 'worker',
  grant: 'worker',
  outcome: 'worker',
  remade: 'worker',
  printed: 'worker',
  item: 'worker',
  proceed: 'worker',
  took: 'observer',
  consumed: 'worker',
  want: 'observer',
  borrow: 'observer',
  release: 'observer',
  cancel: 'member',
  holding: 'worker',
  gone: 'observer',
  declined: 'observer',
  mayDrop: 'worker',
  found: 'worker',
  whoHas: 'observer',
  sources: 'worker',
  drop: 'worker',
  keep: 'worker',
  located: 'worker',
  borrowed: 'worker',
  replicate: 'worker',
  verify: 'worker',
  free: 'worker',
  // Of its tasks' children: `mayGuard`.
  guard: 'worker',
  guarded: 'member',
  unguard: 'worker',
  // Of a task that it runs again; of a job: `mayClaim`.
  claim: 'worker',
  claimed: 'member',
  compare: 'worker',
  seek: 'member',
  sought: 'member',
  'end-job': 'member',
  // Hosts are those who run what members ask for.
  stand: 'worker',
  vote: 'member',
  renew: 'worker',
  renewed: 'member',
  resign: 'worker',
  hosted: 'worker',
  unmade: 'worker',
  forget: 'worker',
  'change-actor': 'member',
  'hand-over': 'worker',
  'changed-actor': 'worker',
  'seek-actor': 'worker',
  'sought-actor': 'worker',
  // Comes first in every conversation; what an observer has of ours counts for nothing.
  announce: 'observer',
  drain: 'member',
  unplug: 'member',
  inspect: 'observer',
  inspected: 'observer',
  forbidden: 'observer',
}

/** What a refused message was about, as in "may not …". */
const deeds: { readonly [T in Message['type']]?: string } = {
  assign: 'submit tasks',
  cancel: 'cancel what others asked for',
  'end-job': 'stop jobs',
  seek: 'open jobs',
  claim: 'open jobs',
  sought: 'answer for jobs',
  guarded: 'keep the ledgers of others',
  claimed: 'keep the ledgers of others',
  'change-actor': 'change the code of actors',
  drain: 'send peers away',
  unplug: 'have peers vanish',
}

const purposes: { readonly [R in Role]: string } = {
  observer: 'an observer looks and reads',
  worker: 'a worker runs and keeps what members ask for',
  member: 'a member does everything',
}

/** For people: who may not, what, and the way out. */
export function forbiddenSentence(role: Role, deed: string): string {
  return `${purposes[role]}, and may not ${deed}: that takes an invite with --role member`
}

export function roleOf(state: PeerState, peer: PeerId): Role {
  const member = state.members.get(peer)
  return member ? servesAs(member) : 'member'
}

/** Why this is not that sender's to say; null when it is. By its pass alone. */
export function refusalOf(state: PeerState, from: LifeId, message: Message): string | null {
  const role = state.members.get(peerOf(from))?.role ?? 'observer'
  if (role === 'member') return null
  const isAllowed = isAtLeast(role, leastRole[message.type]) && (message.type !== 'claim' || mayClaim(message.context))
  return isAllowed ? null : forbiddenSentence(role, deeds[message.type] ?? `send ${message.type}`)
}

/** A named job's context is no task's (`contextOf` in job.ts). */
function mayClaim(context: ContextId): boolean {
  return !context.startsWith('job-')
}

/** Whether it may submit, and so say what code is run. */
export function asksHere(state: PeerState, life: LifeId): boolean {
  return life === state.self || state.members.get(peerOf(life))?.role === 'member'
}

/** Of a worker's ledger only what its tasks' children need is kept, and what its tasks put. */
export function mayGuard(row: LedgerRow): boolean {
  return (
    (row.spec === null || row.task === null || row.spec.depth > 0) && (row.context === null || mayClaim(row.context))
  )
}

/** Whether somebody who may submit has brought this bundle, as far as can be seen here: it is here, or one of them says so. */
export function isVouched(state: PeerState, code: CodeId, owners: readonly LifeId[]): boolean {
  return state.code.has(code) || owners.length === 0 || owners.some((life) => asksHere(state, life))
}
