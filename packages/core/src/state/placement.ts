// Where a task should run and who should keep a copy: pure scores over what is known of the peers.
// Hard needs rule peers out, and say why; the score is an estimate of when the task would be done
// there. Copies are placed by rendezvous hashing weighted by age and kind, so that a death spreads
// its repair over everybody (Thaler and Ravishankar 1998).

import type { LifeId } from '../model/ids.ts'
import { hash32 } from '../model/rng.ts'
import { type LabelMatch, type Needs, packageLabel } from '../model/task.ts'
import { isHidden, type Member, servesAs } from './membership.ts'

/** Why this peer cannot run it; null when it can. Phrased for UNPLACEABLE and `explain`. */
export function unfit(member: Member, needs: Needs): string | null {
  const profile = member.profile
  if (!profile) return 'nothing is known of it yet'
  if (servesAs(member) === 'observer') return 'it only looks (observer)'
  if (profile.slots < (needs.slots ?? 1))
    return profile.slots === 0 ? 'it runs nothing (slots: 0)' : `it has ${profile.slots} slots, ${needs.slots} needed`
  if (needs.peer !== undefined && needs.peer !== profile.name && needs.peer !== member.peer)
    return `only ${needs.peer} was asked for`
  if (needs.memoryBytes !== undefined && profile.memoryBytes < needs.memoryBytes)
    return `it has ${profile.memoryBytes} bytes of memory, ${needs.memoryBytes} needed`
  for (const [label, match] of Object.entries(needs.labels ?? {})) {
    if (matches(profile.labels[label], match)) continue
    if (label.startsWith(packageLabel)) return withoutPackage(label, profile.labels[label], match)
    const because = label === 'kind' && needs.because !== undefined ? ` (the code ${needs.because})` : ''
    return `label ${label} is ${profile.labels[label] ?? 'absent'}, ${describe(match)} needed${because}`
  }
  for (const [name, count] of Object.entries(needs.resources ?? {})) {
    if ((profile.resources[name] ?? 0) < count)
      return `it has ${profile.resources[name] ?? 0} of ${name}, ${count} needed`
  }
  return null
}

function withoutPackage(label: string, has: string | undefined, match: LabelMatch): string {
  const name = label.slice(packageLabel.length)
  const wanted = `${name}@${describe(match)}`
  return has === undefined ? `it has no ${wanted} (murmur up --modules)` : `it has ${name}@${has}, ${wanted} needed`
}

function matches(value: string | undefined, match: LabelMatch): boolean {
  if (typeof match === 'string') return value === match
  if ('in' in match) return value !== undefined && match.in.includes(value)
  return value !== match.not
}

function describe(match: LabelMatch): string {
  if (typeof match === 'string') return match
  return 'in' in match ? `one of ${match.in.join(', ')}` : `anything but ${match.not}`
}

export interface Candidate {
  readonly life: LifeId
  readonly member: Member
  /** Attempts of ours that are out there. */
  out: number
  /** How many more it takes. */
  room: number
  /** The more, the shorter ago it gave this task back or died with it; 0: it never did. */
  readonly avoided: number
  /** Attempts of ours there by context and function, counted when somebody asks to be spread. */
  beside: Map<string, number> | null
}

/** So much later a peer counts for every attempt that it has of the same function, for calls with `spread`. */
export const spreadMs = 10_000

/** How many more of these the peer has the resources for, next to attempts that take `taken`. */
export function resourceRoom(member: Member, needs: Needs, taken: readonly Needs[]): number {
  let room = Number.POSITIVE_INFINITY
  for (const [name, count] of Object.entries(needs.resources ?? {})) {
    if (count <= 0) continue
    const used = taken.reduce((sum, { resources }) => sum + (resources?.[name] ?? 0), 0)
    // A little more, for amounts such as 0.1.
    room = Math.min(room, Math.floor(((member.profile?.resources[name] ?? 0) - used) / count + 1e-9))
  }
  return room
}

/** Bytes per millisecond assumed between peers, before anything is measured. */
const bytesPerMs = 100_000
const unknownMs = 10

export function transferMs(bytes: number): number {
  return bytes / bytesPerMs
}

/** Estimated milliseconds until the task would be done there. */
export function score(
  candidate: Candidate,
  expectedMs: number | null,
  missingBytes: number,
  preferred: boolean,
): number {
  const { member, out } = candidate
  const slots = slotsAt(member)
  const each = Math.max(expectedMs ?? unknownMs, 0.01)
  const elsewhere = (member.load?.queued ?? 0) / slots
  const waves = (out + 1) / slots
  const health = 1 + (member.load?.awareness ?? 0) / 4 + (isHidden(member.profile) ? 1 : 0)
  const estimate = (waves * each + Math.min(elsewhere, 8) * each * 0.1 + transferMs(missingBytes)) * health
  return estimate + (preferred ? 0 : each * 0.5) + candidate.avoided * 60_000
}

/** Until one more would be done there, behind what we have there already. */
export function doneThereMs({ member, out }: Candidate, eachMs: number): number {
  return Math.ceil((out + 1) / slotsAt(member)) * eachMs
}

/** Until these will be through with what they have of ours, if it is all alike, and with `queued` more. */
export function doneElsewhereMs(
  candidates: readonly Candidate[],
  queued: number,
  eachMs: (candidate: Candidate) => number,
): number {
  let ahead = queued
  let perMs = 0
  for (const candidate of candidates) {
    ahead += candidate.out
    perMs += slotsAt(candidate.member) / Math.max(eachMs(candidate), 0.01)
  }
  return ahead / perMs
}

function slotsAt({ profile }: Member): number {
  return Math.max(1, profile?.slots ?? 1)
}

/** The best of them; a few sampled ones when there are many (power of two choices, Mitzenmacher 2001). */
export function best(candidates: readonly Candidate[], rate: (candidate: Candidate) => number): Candidate | null {
  let chosen: Candidate | null = null
  let lowest = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    if (candidate.room <= 0) continue
    const value = rate(candidate)
    if (value < lowest) {
      lowest = value
      chosen = candidate
    }
  }
  return chosen
}

/**
 * Peers in the order in which they should take a copy of this object: failure domains of `taken` last, before them pages
 * that nobody looks at, since they may be frozen.
 */
export function copyOrder(
  object: string,
  members: readonly Member[],
  taken: ReadonlySet<string>,
  now: number,
): Member[] {
  const rateOf = (member: Member): number => {
    const ageMs = now - member.born
    const weight = (member.profile?.kind === 'browser' ? 0.25 : 1) * Math.min(1, 0.2 + ageMs / 60_000)
    const uniform = (hash32(`${object}|${member.peer}`) + 1) / 4_294_967_297
    return -weight / Math.log(uniform)
  }
  const apart = (member: Member): number => (taken.has(member.profile?.domain ?? member.peer) ? 1 : 0)
  // Hashed once each, not once per comparison.
  return members
    .map((member) => ({ member, rate: rateOf(member), apart: apart(member), hidden: Number(isHidden(member.profile)) }))
    .sort((a, b) => a.apart - b.apart || a.hidden - b.hidden || b.rate - a.rate)
    .map(({ member }) => member)
}

/**
 * Whom a member observes: on the ring of hashed ids as many before it as after it, `count` in all. So two that are close
 * observe each other, and one question and its answer serve both; and everybody knows who observes whom.
 */
export function neighbours<T extends Pick<Member, 'peer' | 'place'>>(me: T, others: readonly T[], count: number): T[] {
  const behind = ({ place }: T): number => (me.place - place + 4_294_967_296) % 4_294_967_296
  const ring = [...others].sort((a, b) => behind(a) - behind(b) || (a.peer < b.peer ? -1 : 1))
  if (ring.length <= count) return ring
  const before = Math.ceil(count / 2)
  return [...ring.slice(0, before), ...ring.slice(ring.length - (count - before))]
}
