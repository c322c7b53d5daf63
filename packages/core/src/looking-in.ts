// What peers tell of themselves, as a program gets it: infos with types, and what this peer knows of the others. What there is
// to tell is flows/inspect.

import { peerOf } from './model/ids.ts'
import { limits } from './model/limits.ts'
import type { InspectRow } from './model/messages.ts'
import { isRole } from './model/role.ts'
import { checkOptions, peersRules } from './options.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'
import { isOver } from './state/membership.ts'

/** One peer as this one knows it. */
export interface PeerInfo {
  readonly id: string
  /** For people: `kestrel-3f9c`. */
  readonly name: string
  /** `hidden`: alive, in a tab that nobody looks at. */
  readonly state: 'alive' | 'hidden' | 'draining' | 'suspect' | 'dead' | 'left'
  readonly kind: string
  /** `member`: submits. `worker`: runs and keeps what members ask for. `observer`: looks. */
  readonly role: 'member' | 'worker' | 'observer'
  readonly slots: number
  /** Slots that run nothing, as it last said; null when it has not said. */
  readonly free: number | null
  readonly queued: number | null
  /** How often it gave another result than the majority of a vote, of those that this peer asked for. */
  readonly dissents: number
  /** Milliseconds in this state. */
  readonly sinceMs: number
  /** Milliseconds since its life was first heard of; for this peer itself, since it started. */
  readonly ageMs: number
  /** For the dead: how it was found out. */
  readonly how: string
  readonly addresses: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly isSelf: boolean
}

/** One task as the peer knows it that answers for it. */
export interface TaskInfo {
  readonly id: string
  readonly fn: string
  /** As `with({ name })` said. */
  readonly name: string | null
  readonly state: string
  readonly attempt: number
  readonly peer: string | null
  readonly ageMs: number
  /** Why it failed, when it did. */
  readonly why: string
}

/** One object as a peer knows it that answers for it or keeps it. */
export interface ObjectInfo {
  readonly id: string
  readonly state: string
  /** Bytes. */
  readonly size: number
  readonly copies: number
  readonly wanted: number
  readonly holders: string
  /** Whether this peer answers for it, or only holds it. */
  readonly isOwner: boolean
}

/** One named job as a peer knows it. */
export interface JobInfo {
  readonly name: string
  readonly lifetime: 'attached' | 'detached'
  /** `open`: its program is there. `running`: it is gone, and what is not done is carried on. `kept`: for whoever runs it again. */
  readonly state: 'open' | 'running' | 'kept'
  /** Tasks that are not done. */
  readonly pending: number
  /** What was given a name in it: object by name. */
  readonly names: Readonly<Record<string, string>>
  /** Of those, the ones that have ended. */
  readonly done: readonly string[]
}

/** One actor as the peer knows it that answers for it. */
export interface ActorInfo {
  readonly id: string
  /** Its class. */
  readonly fn: string
  readonly name: string | null
  /** `starting`: its first host makes it. `restarting`: its host is gone, and another one is looked for. */
  readonly state: 'starting' | 'alive' | 'restarting'
  readonly lifetime: 'attached' | 'detached'
  /** 1 for the first. */
  readonly incarnation: number
  /** Where it lives. */
  readonly peer: string | null
  readonly ageMs: number
}

/** What `mesh.metrics()` gives, for the HTTP header of whoever serves it. */
export const metricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** Numbers of this peer since it started. */
export type Counts = Readonly<Record<string, number>>

/** Which tasks: those to which all of it applies. */
export interface TaskFilter extends ListOptions {
  /** `waiting` for arguments, `ready` for a slot, `assigned` to a peer, `retrying`; or how it ended. */
  state?: 'waiting' | 'ready' | 'assigned' | 'retrying' | 'value' | 'failure' | 'cancelled' | undefined
  /** The function's name. */
  fn?: string | undefined
  /** As `with({ name })` said. */
  name?: string | undefined
}

/** Which objects: those to which all of it applies. */
export interface ObjectFilter extends ListOptions {
  /** `held`: its bytes are here, and another peer answers for it. */
  state?: 'pending' | 'inline' | 'stored' | 'alias' | 'failed' | 'faded' | 'held' | undefined
}

/** Which jobs: those to which all of it applies. */
export interface JobFilter extends ListOptions {
  state?: JobInfo['state'] | undefined
}

/** Which actors: those to which all of it applies. */
export interface ActorFilter extends ListOptions {
  state?: ActorInfo['state'] | undefined
  name?: string | undefined
}

/** Which peers: those to which all of it applies. */
export interface PeerFilter {
  /** Also those that died or left within the last hour. Default false, but when `state` asks for them. */
  all?: boolean | undefined
  state?: PeerInfo['state'] | undefined
  /** `node` or `browser`. */
  kind?: string | undefined
}

/** Of which peer, and how many rows. */
export interface ListOptions {
  /** Whom to ask: a peer's id or name. Default: this peer. */
  peer?: string | undefined
  /** Rows at most, up to 10,000. Default 1,000. */
  limit?: number | undefined
}

export function peersOf(peer: PeerBeneath, options: PeerFilter = {}): PeerInfo[] {
  checkOptions('peers', options, peersRules)
  const { all = false, state, kind } = options
  const rows = peer.inspectHere({ what: 'members', id: null, limit: limits.rows })
  const known = rows.map((row) => peerInfo(row, peerOf(peer.self)))
  return known.filter(
    (one) =>
      (state === undefined ? all || !isOver(one.state) : one.state === state) &&
      (kind === undefined || one.kind === kind),
  )
}

/** One row of what a peer says of the members. */
export function peerInfo(row: InspectRow, self: string): PeerInfo {
  return {
    id: String(row['peer']),
    name: String(row['name']),
    state: row['state'] as PeerInfo['state'],
    kind: String(row['kind']),
    role: isRole(row['role']) ? row['role'] : 'member',
    slots: Number(row['slots']),
    free: row['free'] as number | null,
    queued: row['queued'] as number | null,
    sinceMs: Number(row['sinceMs']),
    dissents: Number(row['dissents'] ?? 0),
    ageMs: Number(row['ageMs']),
    how: String(row['how']),
    addresses: Object.values(textsIn(row['addresses'])),
    labels: textsIn(row['labels']),
    isSelf: row['peer'] === self,
  }
}

/** A row is flat, so several texts are one of JSON. It may come from another peer: what is none counts as nothing. */
function textsIn(json: InspectRow[string] | undefined): Record<string, string> {
  try {
    const told: unknown = JSON.parse(String(json))
    return Object.fromEntries(Object.entries(told ?? {}).filter(([, text]) => typeof text === 'string'))
  } catch {
    return {}
  }
}

/** One row of what a peer says of the named jobs that it has. */
export function jobInfo(row: InspectRow): JobInfo {
  return {
    name: String(row['job']),
    lifetime: row['lifetime'] === 'detached' ? 'detached' : 'attached',
    state: row['state'] as JobInfo['state'],
    pending: Number(row['pending']),
    names: textsIn(row['names']),
    done: Object.values(textsIn(row['done'])),
  }
}
