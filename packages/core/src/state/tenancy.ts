// What an actor's host does in more than one flow: begin to run it once it may, ask for its lease again, let
// outcomes leave that waited for that, and end.

import type { ActorRecord, Edition } from '../model/actor.ts'
import type { Instant, LifeId } from '../model/ids.ts'
import { after, peerOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Outcome } from '../model/task.ts'
import { answerAskers, forsake, sendItems } from './answer.ts'
import { editionOf } from './editions.ts'
import type { Member } from './membership.ts'
import type { PeerState } from './peer-state.ts'
import { say } from './peer-state.ts'
import { roleOf } from './permits.ts'
import { tellHosted } from './recording.ts'
import { copyOrder } from './placement.ts'
import type { Resident, Tenure } from './residents.ts'
import { orderOf } from './runs.ts'

/** Those whose word counts. */
export function groupOf({ group, before }: ActorRecord): LifeId[] {
  return before ? [...new Set([...group, ...before])] : [...group]
}

export function renew(state: PeerState, { actor }: Resident, tenure: Tenure, now: Instant): void {
  const { epoch, record, granted, asked } = tenure
  const nth = ++tenure.nth
  tenure.renewAt = after(now, state.config.leaseMs / 3)
  asked.set(nth, { at: now, version: record.version })
  // Nobody counts on the answers to older ones.
  asked.delete(nth - askedMost)
  for (const life of groupOf(record)) {
    if (state.members.isGone(life)) continue
    const has = (granted.get(life)?.version ?? 0) >= record.version
    say(state, life, { type: 'renew', actor, epoch, nth, record: has ? null : record })
  }
}

const askedMost = 64

/** The worker makes the instance, from the latest snapshot where there is one. */
export function begin(state: PeerState, row: Resident): void {
  const { run, worker, tenure } = row
  row.state = 'building'
  run.state = 'running'
  run.worker = worker
  const snapshot = tenure?.record.snapshot ?? undefined
  state.effects.push({ type: 'run', worker, batch: [{ ...orderOf(run), snapshot }] })
}

/** Outcomes that a majority's word was missing for. */
export function freeHeldBack(state: PeerState, row: Resident, now: Instant): void {
  const { tenure, heldBack } = row
  if (!tenure || now >= tenure.until) return
  const left = heldBack.filter(({ id, version }) => {
    if (version > tenure.committed) return true
    const run = state.executor.get(id)
    if (run?.isHeldBack) {
      run.isHeldBack = false
      if (run.abandoned) forsake(state, run)
      else answerAskers(state, run)
    }
    return false
  })
  heldBack.splice(0, heldBack.length, ...left)
  for (const id of row.streaming) {
    const run = state.executor.get(id)
    if (run && run.unsent.length > 0) sendItems(state, run)
  }
}

/** The attempt at being the actor is over before it was done, here. */
export function endRun(state: PeerState, row: Resident, outcome: Outcome): void {
  if (row.state === 'over') return
  const wasRunning = row.state === 'building' || row.state === 'open'
  row.state = 'over'
  row.standing = null
  state.agenda.evicted.push({ run: row.run.id, outcome })
  if (wasRunning) state.effects.push({ type: 'terminate', worker: row.worker, reason: 'terminated' })
}

/** It lives here, as that, and does not go on as another. */
export function livesThere(edition: Edition): Outcome {
  return { type: 'returned', reason: 'it lives there already, with other code', edition }
}

/** It cannot go on as another, and does so as it is. */
export function stays(state: PeerState, row: Resident, why: string): void {
  const { actor, run, next, tenure } = row
  const task = run.spec.id
  row.movesTo = null
  row.next = null
  for (const { owner } of [run, ...(run.others ?? [])])
    if (!state.members.ended(owner))
      say(state, owner, { type: 'changed-actor', actor, task, end: 'refused', why: clip(why) })
  if (next)
    state.agenda.evicted.push({ run: next.id, outcome: livesThere(tenure?.record.edition ?? editionOf(run.spec)) })
}

/** From here on it lives here. */
export function opened(state: PeerState, row: Resident): void {
  row.state = 'open'
  row.opensAt = 0
  row.livedFrom = state.timers.turnAt
  tellHosted(state, row)
  for (const { owner } of [row.run, ...(row.run.others ?? [])]) tellWhere(state, row, owner)
}

/** Whoever answers for it tells its callers. That it has begun is news once: of several who ask for it to one of them. */
export function tellWhere(state: PeerState, row: Resident, to: LifeId): void {
  const { actor, tenure } = row
  if (row.state !== 'open' || !tenure || state.members.ended(to)) return
  say(state, to, { type: 'hosted', actor, at: state.self, epoch: tenure.epoch, begun: !row.isTold })
  row.isTold = true
}

/** Who is to be of a group, besides those who are. */
// oxlint-disable-next-line max-params -- whose, besides whom, how many and when
export function appointed(
  state: PeerState,
  actor: string,
  group: readonly LifeId[],
  { count, now }: { readonly count: number; readonly now: Instant },
): LifeId[] {
  const domains = group.map((life) => state.members.get(peerOf(life))?.profile?.domain ?? peerOf(life))
  const fit = [...state.members.all()].filter((member) => !group.includes(member.life) && mayKeep(state, member))
  return copyOrder(actor, fit, new Set(domains), now)
    .slice(0, count)
    .map(({ life }) => life)
}

/** It may be of groups, and stays. */
export function mayKeep(state: PeerState, { peer, state: at, hearsay, profile }: Member): boolean {
  if (at !== 'alive' || (hearsay && peer !== state.peer)) return false
  return roleOf(state, peer) === 'member' && (profile?.memoryBytes ?? 0) > 0
}
