// The only door into the machine. A turn records every queued event in the tables, then lets the
// flows settle what that means for each other (the agenda) until nothing is left, then runs the
// pumps once, then writes. Decisions are made with everything of the turn known, so batching needs
// no code of its own.

import type Denque from 'denque'
import type { Effect, PeerEvent } from '../model/events.ts'
import type { Instant, LifeId } from '../model/ids.ts'
import { evict } from '../state/finish.ts'
import { askReturned, dueMissing, missingDeadline } from '../state/missing.ts'
import type { PeerState } from '../state/peer-state.ts'
import * as adopt from './adopt.ts'
import { assignReady } from './assign.ts'
import * as call from './call.ts'
import { tendChanges } from './change.ts'
import * as claims from './claims.ts'
import { boundCode } from './code.ts'
import { compareFound } from './compare.ts'
import * as conclude from './conclude.ts'
import { answerDurables, durableDeadline } from './durable.ts'
import * as execute from './execute.ts'
import { tendFoundlings } from './find.ts'
import { record, take } from './dispatch.ts'
import * as guard from './guard.ts'
import { hedgeLate } from './hedge.ts'
import * as jobs from './jobs.ts'
import * as join from './join.ts'
import * as lease from './lease.ts'
import * as names from './names.ts'
import * as observe from './observe.ts'
import * as print from './print.ts'
import * as recover from './recover.ts'
import * as release from './release.ts'
import { feed, feedDeadline } from './feed.ts'
import { relieve, saveRest } from './relieve.ts'
import * as remake from './remake.ts'
import * as replicate from './replicate.ts'
import * as requeue from './requeue.ts'
import * as resolve from './resolve.ts'
import * as stand from './stand.ts'
import { noticeStuck } from './stuck.ts'
import * as stream from './stream.ts'
import * as submit from './submit.ts'
import * as supervise from './supervise.ts'
import * as vote from './vote.ts'
import { hangUpIdle, write } from './write.ts'

export function handle(state: PeerState, events: readonly PeerEvent[], now: Instant): Effect[] {
  state.timers.turnAt = now
  if (observe.noticeLateness(state, now)) record(state, { type: 'slept' }, now)
  for (const event of events) record(state, event, now)
  settleAgenda(state, now)
  clocks(state, now)
  settleAgenda(state, now)
  pump(state, now)
  write(state, now)
  state.timers.wakeAt = deadline(state)
  const effects = [...state.effects]
  state.effects.length = 0
  return effects
}

/** When the machine wants to be woken next. Waking it earlier is harmless, later costs it awareness. */
export function deadline(state: PeerState): Instant {
  const { timers } = state
  let next = Math.min(
    timers.ringAt,
    timers.gossipAt,
    state.detector.deadline(),
    state.deadlines.next(),
    join.nextContact(state),
  )
  const retryAt = state.holdings.deadline(state.config.maxFetches)
  next = Math.min(next, state.links.deadline(), retryAt, execute.attemptsDeadline(state))
  next = Math.min(
    next,
    state.sessions.deadline((life) => state.links.canWrite(life)),
    state.elsewhere.deadline(),
    durableDeadline(state),
    state.scheduler.waitsUntil,
    timers.hedgeAt,
    state.ledger.deadline(),
    adopt.claimDeadline(state),
    state.jobs.deadline(),
    missingDeadline(state),
    timers.forgiveAt,
    timers.relieveAt,
    feedDeadline(state),
    state.foundlings.deadline(),
    print.printedDeadline(state),
    timers.stuckAt,
  )
  next = Math.min(
    next,
    state.residents.deadline(),
    state.leases.deadline(),
    state.callees.deadline(timers.turnAt),
    state.names.deadline(),
  )
  for (const at of state.graves.values()) next = Math.min(next, at)
  return next as Instant
}

/** What flows left for each other, in the fixed order of recovery, until there is nothing left. */
function settleAgenda(state: PeerState, now: Instant): void {
  const { agenda, loopback } = state
  for (;;) {
    const message = loopback.shift()
    if (message) take(state, state.self, message, now)
    else if (agenda.ended.length > 0) end(state, first(agenda.ended), now)
    else if (agenda.revived.length > 0) comeBack(state, first(agenda.revived))
    else if (agenda.strangers.length > 0) claims.meetStranger(state, first(agenda.strangers), now)
    else if (agenda.retiring.length > 0) replicate.retire(state, first(agenda.retiring))
    else if (agenda.apart.length > 0) recover.apart(state, first(agenda.apart))
    else if (agenda.orphans.length > 0) adopt.orphaned(state, first(agenda.orphans))
    else if (agenda.claimed.length > 0) jobs.claimsAnswered(state, first(agenda.claimed))
    else if (agenda.evicted.length > 0) evict(state, first(agenda.evicted))
    else if (agenda.unhosted.length > 0) supervise.runEnded(state, first(agenda.unhosted))
    else if (agenda.naming.length > 0) names.claim(state, first(agenda.naming), now)
    else if (agenda.requeue.length > 0) requeue.requeued(state, first(agenda.requeue), now)
    else if (agenda.conclude.length > 0) conclude.concluded(state, first(agenda.conclude), now)
    else if (agenda.polled.length > 0) vote.polled(state, first(agenda.polled), now)
    else if (agenda.lost.length > 0) {
      const { object, reason } = first(agenda.lost)
      const entry = state.directory.get(object)
      if (entry?.task) recover.lost(state, entry, reason, now)
      else if (entry) remake.putLost(state, entry, reason, now)
    } else if (agenda.settled.length > 0) {
      const object = first(agenda.settled)
      replicate.freeSpared(state, object)
      recover.aliasLost(state, object, now)
      remake.settled(state, object, now)
      submit.inputsSettled(state, object)
      resolve.settled(state, object)
    } else if (agenda.loose.length > 0) release.loosened(state, first(agenda.loose))
    else return
  }
}

/** A life is over: what it did for us, then what it kept for us and we asked of it as a guardian. */
function end(
  state: PeerState,
  item: NonNullable<ReturnType<PeerState['agenda']['ended']['shift']>>,
  now: Instant,
): void {
  recover.ended(state, item, now)
  guard.guardianLost(state, item.life)
  adopt.guardianSilent(state, item.life)
  state.shared.ended(item.life)
  jobs.submitterGone(state, item.life, now)
  call.hostGone(state, item.life)
  names.silent(state, item.life)
  names.ownerGone(state)
}

/** What runs here for it is answered first, so that the conversation begins with all of it named. */
function comeBack(state: PeerState, life: LifeId): void {
  if (state.members.ended(life)) return
  execute.ownerBack(state, life)
  adopt.ownerBack(state, life)
  recover.revived(state, life)
  stream.ownerKnown(state, life)
  stand.memberBack(state, life)
}

/** Everything whose time has come. */
function clocks(state: PeerState, now: Instant): void {
  claims.hear(state, observe.observe(state, now), 'own', now)
  claims.hear(state, observe.condemn(state, now), 'own', now)
  if (state.timers.syncAt <= now) hangUpIdle(state, now)
  join.keepInTouch(state, now)
  if (join.goodbye(state, now)) saveRest(state, now)
  submit.dueTasks(state, now)
  execute.dueAttempts(state, now)
  adopt.dueClaims(state, now)
  dueMissing(state, now)
  jobs.dueJobs(state, now)
  names.dueNames(state, now)
  call.dueCalls(state, now)
  lease.dueLeases(state, now)
  stand.dueStands(state, now)
  print.duePrinted(state, now)
  noticeStuck(state, now)
  recover.askDue(state, now)
  recover.closeGraves(state, now)
}

/** Once per turn, with all of it recorded. */
function pump(state: PeerState, now: Instant): void {
  replicate.noticeBare(state)
  adopt.lookForHeirs(state)
  askReturned(state)
  compareFound(state)
  settleAgenda(state, now)
  replicate.replicateMissing(state, now)
  assignReady(state, now)
  call.sendCalls(state, now)
  if (state.changes.size > 0) tendChanges(state)
  hedgeLate(state, now)
  settleAgenda(state, now)
  execute.grant(state)
  feed(state, now)
  resolve.fetchWanted(state, now)
  execute.startReady(state)
  stand.takeUp(state, now)
  supervise.startCalls(state, now)
  conclude.deliver(state)
  guard.stream(state, now)
  supervise.writeRecords(state, now)
  adopt.dropInheritance(state)
  release.boundLineage(state)
  tendFoundlings(state, now)
  relieve(state, now)
  settleAgenda(state, now)
  if (isStirred(state)) handOutAgain(state, now)
  boundCode(state)
  answerDurables(state, now)
}

function isStirred({ scheduler, callees, executor, residents }: PeerState): boolean {
  if (scheduler.hasFreed && scheduler.readyCount > 0) return true
  return callees.isStirred || executor.arrived.length > 0 || residents.hasMail
}

/** What ended or came back here in this very turn made room, and nothing else may wake us for what waits. Once, as that may come back, too. */
function handOutAgain(state: PeerState, now: Instant): void {
  assignReady(state, now)
  call.sendCalls(state, now)
  settleAgenda(state, now)
  feed(state, now)
  resolve.fetchWanted(state, now)
  execute.startReady(state)
  stand.takeUp(state, now)
  supervise.startCalls(state, now)
  settleAgenda(state, now)
}

/** The head of a queue that is known not to be empty. */
function first<T>(queue: Denque<T>): T {
  return queue.shift() as T
}
