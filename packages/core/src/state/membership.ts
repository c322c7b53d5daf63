// Who is in the mesh, as far as this peer has been told: one row per PeerId, ordered by SWIM's
// claims (Das, Gupta, Motivala 2002): a higher life wins, then `left` (which ends a life), then a
// higher incarnation, then alive < draining < suspect < dead; so claims may come in any order and any
// number of times. Only a peer itself raises its incarnation. What a death means for tasks or
// objects is not known here.

import { assert, broken } from '../model/assert.ts'
import type { Instant, LifeId, PeerId } from '../model/ids.ts'
import { lifeNumberOf, peerOf } from '../model/ids.ts'
import { hash32 } from '../model/rng.ts'
import { lesserOf, type Role } from '../model/role.ts'
import type { Claim, Load, MemberState, Profile, ShownState } from '../model/world.ts'

export interface Member {
  readonly peer: PeerId
  /** Its place on the ring: the hash of its id. */
  readonly place: number
  life: LifeId
  incarnation: number
  state: MemberState
  profile: Profile | null
  load: Load | null
  /** When this state began, by our clock. */
  since: Instant
  /** When this life was first heard of: age counts in placement. */
  born: Instant
  /** Known only by what others say: gets no work, copies or ledgers before it has answered a probe. */
  hearsay: boolean
  /** What it may do, by the pass that it showed on its latest link; null before there was one. */
  role: Role | null
  /** A dial of its address was refused, and it has not been heard since. */
  refuses: boolean
  /** When it was last looked for among the dead. */
  sought: Instant
  /** For people: what it called itself last, in whichever life. */
  name: string
  /** For people: how its end was found out. */
  how: string
}

/** What a claim changed. `ended` is a life that is over, `began` one that counts from now. */
export interface Change {
  readonly member: Member
  readonly claim: Claim
  readonly before: MemberState | null
  readonly ended: LifeId | null
  readonly began: LifeId | null
  /** Slots of the life that ended. */
  readonly endedSlots: number
  /** The same life speaks again after it was thought dead. */
  readonly revived: boolean
}

const rank: Record<MemberState, number> = { alive: 0, draining: 1, suspect: 2, dead: 3, left: 4 }

export function isOver(state: ShownState): boolean {
  return state === 'dead' || state === 'left'
}

/** Of a peer that is doubted or about to go, that is what matters. */
export function shownState({ state, profile }: Member): ShownState {
  return state === 'alive' && isHidden(profile) ? 'hidden' : state
}

export function isHidden(profile: Profile | null): boolean {
  return profile?.hidden === true
}

export class Membership {
  readonly self: PeerId
  readonly #rows = new Map<PeerId, Member>()
  /** Grows with every change of who is here, so that pumps know when to look again. */
  version = 0

  constructor(self: LifeId, profile: Profile, now: Instant) {
    this.self = peerOf(self)
    this.#rows.set(this.self, {
      peer: this.self,
      place: hash32(this.self),
      life: self,
      incarnation: 0,
      state: 'alive',
      profile,
      load: null,
      since: now,
      born: now,
      hearsay: false,
      role: null,
      refuses: false,
      sought: 0 as Instant,
      name: profile.name,
      how: '',
    })
  }

  get me(): Member {
    return this.#rows.get(this.self) as Member
  }

  get(peer: PeerId): Member | undefined {
    return this.#rows.get(peer)
  }

  all(): Iterable<Member> {
    return this.#rows.values()
  }

  /** Everybody else who is not known to be gone. */
  others(): Member[] {
    return [...this.#rows.values()].filter((row) => row.peer !== this.self && !isOver(row.state))
  }

  get size(): number {
    return this.#rows.size
  }

  /** A life counts as living until it is declared over or a later one is heard of. */
  lives(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    return row !== undefined && row.life === life && !isOver(row.state)
  }

  /** Known to be over: not merely unknown. */
  ended(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    if (!row) return false
    return row.life === life ? isOver(row.state) : lifeNumberOf(row.life) > lifeNumberOf(life)
  }

  /** Its process is known to be gone, not merely silent: it left, a later one is there, or nobody listens where it did. */
  isGone(life: LifeId): boolean {
    if (!this.ended(life)) return false
    const row = this.#rows.get(peerOf(life)) as Member
    return row.life !== life || row.state === 'left' || row.refuses
  }

  /** It hands over what it has, and is gone then. */
  leaves(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    return row?.life === life && row.state === 'draining'
  }

  /** Nobody listens at its address. */
  refused(life: LifeId): void {
    const row = this.#rows.get(peerOf(life))
    if (row?.life === life) row.refuses = true
  }

  /** This life or a later one of the same peer has been heard of. */
  knows(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    return row !== undefined && (row.life === life || lifeNumberOf(row.life) > lifeNumberOf(life))
  }

  nameOf(peer: PeerId): string {
    return this.#rows.get(peer)?.name ?? peer.slice(-6)
  }

  /** Takes a claim about somebody else. Null when it is no news. */
  apply(claim: Claim, now: Instant): Change | null {
    const peer = peerOf(claim.life)
    if (peer === this.self) return null
    const row = this.#rows.get(peer)
    if (!row) return this.#insert(claim, now)
    if (!saysMore(claim, row)) return this.#describe(claim, row, now)
    const before = row.state
    const laterLife = row.life !== claim.life
    const ended = laterLife ? row.life : !isOver(before) && isOver(claim.state) ? claim.life : null
    const began = laterLife && !isOver(claim.state) ? claim.life : null
    const revived = !laterLife && isOver(before) && !isOver(claim.state)
    const endedSlots = row.profile?.slots ?? 0
    if (laterLife || revived) row.refuses = false
    if (laterLife) {
      // What the earlier life said of itself counts no more, and versions begin anew.
      row.profile = null
      row.born = now
      row.hearsay = true
      row.load = null
    }
    row.life = claim.life
    row.incarnation = claim.incarnation
    if (row.state !== claim.state || laterLife) row.since = now
    row.state = claim.state
    describe(row, claim, now)
    this.version++
    return { member: row, claim, before, ended, began, endedSlots, revived }
  }

  /** Of its state the claim says nothing new; perhaps of its profile, which has versions of its own. */
  #describe(claim: Claim, row: Member, now: Instant): Change | null {
    if (claim.life !== row.life || !describe(row, claim, now)) return null
    this.version++
    return { member: row, claim, before: row.state, ended: null, began: null, endedSlots: 0, revived: false }
  }

  #insert(claim: Claim, now: Instant): Change {
    const over = isOver(claim.state)
    const member: Member = {
      peer: peerOf(claim.life),
      place: hash32(peerOf(claim.life)),
      life: claim.life,
      incarnation: claim.incarnation,
      state: claim.state,
      profile: claim.profile ?? null,
      load: null,
      since: now,
      born: now,
      hearsay: true,
      role: null,
      refuses: false,
      sought: 0 as Instant,
      name: claim.profile?.name ?? peerOf(claim.life).slice(-6),
      how: '',
    }
    this.#rows.set(member.peer, member)
    this.version++
    return { member, claim, before: null, ended: null, began: over ? null : claim.life, endedSlots: 0, revived: false }
  }

  /** It has a link with us, and may do that. */
  admitted(life: LifeId, role: Role): void {
    const row = this.#rows.get(peerOf(life))
    if (!row) return
    // Whoever has shown nothing yet is planned with as a member.
    if ((row.role ?? 'member') !== role) this.version++
    row.role = role
  }

  /** It answered us in person. True when this ended its being hearsay. */
  met(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    if (!row || row.life !== life || isOver(row.state)) return false
    row.refuses = false
    if (!row.hearsay) return false
    row.hearsay = false
    this.version++
    return true
  }

  /** It lives, as others say, and has not answered us for long: hearsay from now on. False when it was. */
  parted(life: LifeId): boolean {
    const row = this.#rows.get(peerOf(life))
    if (row?.life !== life || row.hearsay || isOver(row.state)) return false
    row.hearsay = true
    this.version++
    return true
  }

  /** Raises our own incarnation above what was said of us. */
  refute(incarnation: number): Claim {
    const me = this.me
    me.incarnation = Math.max(me.incarnation, incarnation) + 1
    return this.claimOf(me)
  }

  /** A step of our own state: alive → draining → left. */
  declare(state: 'alive' | 'draining' | 'left', now: Instant): Claim {
    const me = this.me
    me.incarnation++
    me.state = state
    me.since = now
    this.version++
    return this.claimOf(me)
  }

  /** Something we say of ourselves is new. */
  describe(change: Partial<Omit<Profile, 'version'>>, now: Instant): Claim {
    const me = this.me
    const before = me.profile as Profile
    const profile = { ...before, ...change, version: before.version + 1 }
    describe(me, { profile }, now)
    this.version++
    return this.claimOf(me)
  }

  /** Who is here and keeps the ledger of that life; everybody who asks names the same one first. */
  guardianOf(life: LifeId): LifeId | null {
    let first: LifeId | null = null
    for (const row of this.#rows.values()) {
      if (isOver(row.state) || !guards(row, life)) continue
      if (first === null || row.life < first) first = row.life
    }
    return first
  }

  /** All of them, that one first. `gone`: and those that are not here any more. */
  guardiansOf(life: LifeId, gone = false): LifeId[] {
    const all: LifeId[] = []
    for (const row of this.#rows.values()) if ((gone || !isOver(row.state)) && guards(row, life)) all.push(row.life)
    return all.sort()
  }

  claimOf(row: Member): Claim {
    const claim = { life: row.life, incarnation: row.incarnation, state: row.state, by: this.self }
    return row.profile && !isOver(row.state) ? { ...claim, profile: row.profile } : claim
  }

  /**
   * The table as claims, for a push-pull. The dead come with their addresses: whoever is new may find
   * them on the other side of a cut. Those who were over when we first heard of them are not passed on,
   * or their tombstones would go round for ever.
   */
  claims(): Claim[] {
    const claims: Claim[] = []
    for (const row of this.#rows.values()) {
      if (isOver(row.state) && row.hearsay && !wasHere(row)) continue
      const claim = this.claimOf(row)
      claims.push(row.state === 'dead' && row.profile ? { ...claim, profile: row.profile } : claim)
    }
    return claims
  }

  /** Whoever slept has had no time to look for the dead, who may know nobody else to find it: they are remembered as if from now. */
  slept(now: Instant): void {
    for (const row of this.#rows.values()) if (isOver(row.state)) row.since = now
  }

  /** Tombstones older than `ms` go, but for those that are needed. */
  bury(now: Instant, ms: number, isNeeded: (life: LifeId) => boolean): LifeId[] {
    const buried: LifeId[] = []
    for (const [peer, row] of this.#rows) {
      if (!isOver(row.state) || now - row.since <= ms || isNeeded(row.life)) continue
      this.#rows.delete(peer)
      buried.push(row.life)
    }
    return buried
  }

  check(): void {
    assert(!isOver(this.me.state) || this.me.state === 'left', 'a peer does not think itself dead')
    for (const [peer, { life }] of this.#rows)
      if (life.lastIndexOf('/') !== peer.length || !life.startsWith(peer)) broken(`row of ${peer} names ${life}`)
  }
}

/** As its pass allows and its own profile offers, whichever is less. Who has shown nothing yet is planned with as a member. */
export function servesAs({ role, profile }: Member): Role {
  return lesserOf(role ?? 'member', profile?.role ?? 'member')
}

/** Never met, but counted among us before it was thought dead: perhaps nobody else here can say where it is. */
function wasHere({ state, profile, since, born }: Member): boolean {
  return state === 'dead' && profile !== null && since > born
}

/** It says that it keeps that life's ledger, and may. */
function guards(member: Member, life: LifeId): boolean {
  return member.profile?.guards?.includes(life) === true && servesAs(member) === 'member'
}

/** Is this claim above the row in the order of claims? */
function saysMore(claim: Claim, row: Member): boolean {
  const life = lifeNumberOf(claim.life) - lifeNumberOf(row.life)
  if (life !== 0) return life > 0
  if ((claim.state === 'left') !== (row.state === 'left')) return claim.state === 'left'
  if (claim.incarnation !== row.incarnation) return claim.incarnation > row.incarnation
  return rank[claim.state] > rank[row.state]
}

/** Takes a newer profile. Of two with one version, which honest peers do not have, any fixed choice will do. */
function describe(row: Member, { profile }: Pick<Claim, 'profile'>, now: Instant): boolean {
  if (!profile || profile.version <= (row.profile?.version ?? -1)) return false
  // To be hidden, or seen again, is a state to whoever looks at the list.
  if (isHidden(profile) !== isHidden(row.profile) && !isOver(row.state)) row.since = now
  row.profile = profile
  row.name = profile.name
  return true
}
