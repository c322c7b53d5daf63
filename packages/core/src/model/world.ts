// What is said of peers: profiles, states and claims. A claim is ordered by (life, incarnation,
// state) as in SWIM (Das, Gupta, Motivala 2002); only the peer itself raises its incarnation.

import type { LifeId, PeerId } from './ids.ts'
import type { Role } from './role.ts'

/** How a peer describes itself. Newest `version` within a life wins. */
export interface Profile {
  readonly version: number
  /** For people: `kestrel-3f9c`. Unique enough for a list, never used as a key. */
  readonly name: string
  readonly kind: 'node' | 'browser' | 'sim'
  /** Attempts at once. 0: submits and keeps, runs nothing. */
  readonly slots: number
  readonly labels: Readonly<Record<string, string>>
  readonly resources: Readonly<Record<string, number>>
  readonly memoryBytes: number
  /** Multiaddrs where others reach it; empty for a tab. */
  readonly addresses: readonly string[]
  /** Peers of one failure domain (machine, person) tend to die together. */
  readonly domain: string
  /** How it serves, for others' plans; absent: as a member. What it may do its pass says. */
  readonly role?: Role | undefined
  /** A page that nobody looks at: it answers as ever, and may be frozen at any moment. */
  readonly hidden?: boolean | undefined
  /** Lives whose ledgers it keeps: whom to ask when they are gone. */
  readonly guards?: readonly LifeId[] | undefined
}

/** As SWIM orders them. `draining` hands over before it leaves. */
export type MemberState = 'alive' | 'draining' | 'suspect' | 'dead' | 'left'

/** As people are told: `hidden` is alive, in a tab that nobody looks at. */
export type ShownState = MemberState | 'hidden'

export interface Claim {
  readonly life: LifeId
  readonly incarnation: number
  readonly state: MemberState
  /** Rides with `alive` and `draining`. */
  readonly profile?: Profile
  /** Who says so; suspicions from different peers shorten the deadline. */
  readonly by: PeerId
}

/** What a peer tells of its load; rides on every frame, newest wins. */
export interface Load {
  /** Slots that run nothing. */
  readonly free: number
  /** Attempts waiting at the executor. */
  readonly queued: number
  /** Lifeguard's local health: 0 is well, 8 is very slow. */
  readonly awareness: number
}
