// Running what owners assign: take the batch, see that inputs and code are here, fill slots, answer
// with outcomes, say how much more is welcome. An executor decides nothing about a task; it refuses
// what it cannot do and hands back what it does not get to.

import { isApart } from '../model/actor.ts'
import { equalBytes } from '../model/equal-bytes.ts'
import type { PeerEvent } from '../model/events.ts'
import type { AttemptId, ContextId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { after, never, resultOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Assignment, Message } from '../model/messages.ts'
import type { Epoch, Outcome, TaskSpec } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import { answer, answerAskers, answerFromLetters, dropAsker, forsake, shareResult } from '../state/answer.ts'
import { wantCode } from '../state/code-sources.ts'
import { orRefused } from '../state/editions.ts'
import { finish, yielded } from '../state/finish.ts'
import { keepBytes } from '../state/keeping.ts'
import type { Asker, RunRow } from '../state/runs.ts'
import { awaitRemade, isNoAnswer, mayRemake, orderOf } from '../state/runs.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { asksHere, forbiddenSentence } from '../state/permits.ts'
import { tellRemade } from '../state/remaking.ts'
import { tellWhere } from '../state/tenancy.ts'

/** Taken up, and begun elsewhere before. */
export interface Begun {
  readonly row: RunRow
  readonly formerly: readonly LifeId[]
}

const none: readonly Begun[] = []

export function assigned(
  state: PeerState,
  from: LifeId,
  message: Extract<Message, { type: 'assign' }>,
): readonly Begun[] {
  let begun: Begun[] | null = null
  for (const assignment of message.attempts) {
    const row = accept(state, from, message.epoch, assignment)
    const { formerly } = assignment
    if (row && formerly !== undefined) (begun ??= []).push({ row, formerly })
  }
  return begun ?? none
}

function accept(state: PeerState, owner: LifeId, epoch: Epoch, assignment: Assignment): RunRow | null {
  const { spec, attempt, inputs, extra = false, remake, stream = null } = assignment
  // What a task at a worker asks for in turn is deeper.
  const isBarred = spec.depth === 0 && !asksHere(state, owner)
  const refusal = isBarred ? forbiddenSentence('worker', 'submit tasks') : refusalOf(state, owner)
  if (refusal) {
    if (isBarred) state.counters.forbidden++
    const outcome: Outcome = isBarred
      ? { type: 'rejected', code: 'FORBIDDEN', message: refusal }
      : { type: 'returned', reason: refusal }
    answer(state, owner, { task: spec.id, attempt, outcome, ms: 0 })
    return null
  }
  if (state.executor.find(spec.id, attempt, owner)) return null
  if (stream) leaveOrphans(state, spec.id)
  const there = state.executor
    .ofTask(spec.id)
    .find(
      (row) =>
        stream === null &&
        row.aborting === null &&
        !row.abandoned &&
        !isNoAnswer(row, assignment) &&
        isSame(row.spec, spec) &&
        mayRemake(row, remake),
    )
  for (const object of remake ?? []) tellRemade(state, object, owner)
  if (there) {
    if (!extra) state.executor.wanted(there)
    if (remake) awaitRemade(there, { to: owner, objects: remake })
    join(state, there, { owner, attempt }, epoch)
    return null
  }
  if (attempt > 1 && !remake && !stream && answerFromLetters(state, owner, spec, attempt)) return null
  const row = state.executor.add({ attempt, spec, owner, epoch, inputs, extra, stream })
  if (spec.call) state.residents.post(spec.call.actor, row.id)
  if (remake) awaitRemade(row, { to: owner, objects: remake })
  state.code.need(spec.code)
  for (const input of inputs) {
    if (input.located.type !== 'stored' || state.holdings.has(input.source)) continue
    row.missing.add(input.source)
    if (!isApart(spec)) state.executor.unfed.add(row)
    else state.holdings.want(input.source, input.owner, input.located).attempts.add(row.id)
  }
  if (!state.code.has(spec.code)) wantCode(state, row)
  if (row.missing.size === 0 && assignment.formerly === undefined) state.executor.markReady(row)
  return row
}

/**
 * What a generator has yielded went to whoever asked for it: another one needs a run of its own, and the dead none.
 * What has ended is kept for them as any outcome is, until their grace is over: they may only seem dead.
 */
function leaveOrphans(state: PeerState, task: TaskId): void {
  for (const row of state.executor.ofTask(task))
    if (state.members.ended(row.owner) && !row.abandoned && row.state !== 'done')
      abandon(state, row, state.timers.turnAt)
}

/** One id stands for one piece of work, if its owners are honest: what one of them runs must not be another's result. */
function isSame(a: TaskSpec, b: TaskSpec): boolean {
  return a.code === b.code && a.fn === b.fn && equalBytes(a.args, b.args)
}

function refusalOf(state: PeerState, owner: LifeId): string | null {
  if (state.leaving) return 'leaving'
  if (state.executor.slots === 0) return 'it runs nothing (slots: 0)'
  // Grants shrink while assignments are on their way, but never by this much.
  return state.executor.shareOf(owner).active >= 2 * state.config.maxCredits ? 'more than was granted' : null
}

/** The same task, asked for by somebody else: it runs once, for both; the latest to ask is its owner. */
function join(state: PeerState, row: RunRow, asker: Asker, epoch: Epoch): void {
  state.executor.join(row, asker, epoch)
  shareResult(state, row)
  tellHosted(state, row, asker.owner)
  if (row.state === 'done') answerAskers(state, row)
}

/** Bytes arrived, or will not: for every attempt that was waiting for them. */
export function inputArrived(state: PeerState, object: ObjectId, attempts: Iterable<AttemptId>): void {
  for (const id of attempts) {
    const row = state.executor.get(id)
    if (!row?.missing.delete(object) || row.state !== 'fetching') continue
    if (row.missing.size === 0) state.executor.markReady(row)
  }
}

export function inputFailed(state: PeerState, object: ObjectId, attempts: Iterable<AttemptId>, full: boolean): void {
  for (const id of attempts) {
    const row = state.executor.get(id)
    if (row?.state !== 'fetching') continue
    finish(state, row, full ? { type: 'returned', reason: 'memory' } : { type: 'missing', objects: [object] }, 0)
  }
}

/** Bytes that were here turned out to be bad: what has not begun to read them goes back. */
export function inputSpoiled(state: PeerState, object: ObjectId): void {
  for (const row of state.executor.usersOf(object))
    if (row.state === 'ready') finish(state, row, { type: 'missing', objects: [object] }, 0)
}

export function startReady(state: PeerState): void {
  // Whoever leaves begins nothing.
  if (state.leaving) return returnUnbegun(state, 'leaving')
  const now = state.timers.turnAt
  for (let next = state.executor.startable(now); next; next = state.executor.startable(now)) {
    const batch = next.batch.map(orderOf)
    state.effects.push({ type: 'run', worker: next.worker, batch })
  }
}

export function done(state: PeerState, event: Extract<PeerEvent, { type: 'done' }>): void {
  const row = state.executor.get(event.attempt)
  const { outcome } = event
  if (!row || row.state === 'done' || row.barred !== null) {
    if (outcome.type === 'stored' && row?.state !== 'done') dropUnknown(state, event.attempt)
    if (row && row.barred !== null && row.state !== 'done') finish(state, row, backFor(row.barred), 0)
    return
  }
  if (outcome.type === 'stored') {
    const { size, hash } = outcome
    keepBytes(state, { object: resultOf(row.spec.id), size, hash }, [row.owner])
  }
  yielded(state, row, outcome, event.ms)
}

/** Bytes from an attempt that was given up meanwhile. */
function dropUnknown(state: PeerState, attempt: AttemptId): void {
  const object = resultOf(attempt.slice(0, attempt.lastIndexOf('#')) as TaskId)
  if (!state.holdings.has(object)) state.effects.push({ type: 'drop', object })
}

/** A borrow was answered: outcomes that waited for it may leave. */
export function borrowAnswered(state: PeerState, object: ObjectId): void {
  for (const id of state.unsaid.take(object)) {
    const row = state.executor.get(id)
    row?.unsaid.delete(object)
    if (row) answerAskers(state, row)
  }
}

export function blocked(state: PeerState, id: AttemptId, isBlocked: boolean): void {
  const row = state.executor.get(id)
  if (row) state.executor.setBlocked(row, isBlocked, state.timers.turnAt)
}

export function returned(state: PeerState, attempts: readonly AttemptId[]): void {
  for (const id of attempts) {
    const row = state.executor.get(id)
    if (row?.barred != null) finish(state, row, backFor(row.barred), 0)
    else if (row) {
      state.executor.unstart(row)
      if (row.spec.call) state.residents.post(row.spec.call.actor, row.id)
    }
  }
}

/** The worker is gone: what ran in it is answered for, what only queued there goes to another. */
export function exited(state: PeerState, event: Extract<PeerEvent, { type: 'exited' }>): void {
  const resident = state.residents.inWorker(event.worker)
  const wasBeingMade = resident?.state === 'building'
  if (resident) resident.state = 'over'
  returned(state, event.unstarted)
  for (const id of event.running) {
    const row = state.executor.get(id)
    if (!row || row.state === 'done') continue
    const outcome: Outcome =
      row.barred !== null
        ? backFor(row.barred)
        : row.aborting
          ? { type: 'cancelled', reason: row.aborting }
          : { type: 'crash', reason: event.reason, detail: clip(event.detail) }
    finish(state, row, wasBeingMade ? orRefused(resident, outcome) : outcome, 0)
  }
  state.executor.workerGone(event.worker)
}

const paused = 'it paused'
const reasonForOne = 'it asked for work of its own, which only one attempt at a task may'

/** A pause costs nobody anything; to have asked for more than one attempt may is one of the free moves. */
function backFor(reason: string): Outcome {
  return reason === paused ? { type: 'returned', reason, free: true } : { type: 'returned', reason }
}

/** True: that context may not submit or put. It is dropped for having tried. */
export function bars(state: PeerState, context: ContextId, now: Instant): boolean {
  const row = state.executor.extraOf(context)
  if (!row) return false
  row.barred = reasonForOne
  stop(state, row, reasonForOne, now)
  return true
}

/** The bytes of what a barred attempt put. */
export function dropPut(state: PeerState, object: ObjectId): void {
  if (!state.holdings.has(object)) state.effects.push({ type: 'drop', object })
}

/** Cancel or timeout, said by the owner. Queued: dropped at once; running: told, then its worker ends. */
export function abort(
  state: PeerState,
  from: LifeId,
  message: Extract<Message, { type: 'abort' }>,
  now: Instant,
): void {
  const row = state.executor.find(message.task, message.attempt, from)
  const { task, attempt, reason } = message
  if (!row || row.others) answer(state, from, { task, attempt, outcome: { type: 'cancelled', reason }, ms: 0 })
  if (!row) return
  if (row.others) return dropAsker(state, row, from)
  if (message.moved === true) row.isMoved = true
  else cancelChildren(state, row, message.reason)
  stop(state, row, message.reason, now)
}

/** A task that ends takes its children along; one that only goes on elsewhere leaves them to be asked for again. */
function cancelChildren(state: PeerState, row: RunRow, reason: string): void {
  for (const child of state.tasks.childrenOf(row.spec.id)) {
    if (child.state === 'settled') continue
    const why = clip(`its parent was cancelled: ${reason}`)
    say(state, state.self, { type: 'cancel', object: resultOf(child.spec.id), reason: why })
  }
}

function stop(state: PeerState, row: RunRow, reason: string, now: Instant): void {
  if (row.state === 'done' || row.aborting !== null) return
  row.aborting = reason
  // An actor is not asked: it ends with its worker.
  if (row.state === 'fetching' || row.state === 'ready' || row.spec.actor)
    return finish(state, row, { type: 'cancelled', reason }, 0)
  row.killAt = after(now, state.config.cancelGraceMs)
  state.executor.timed.add(row)
  state.effects.push({ type: 'abort', attempt: row.id, reason })
}

/** What would not stop when told loses its worker; orphans whose time is up stop as well; what waits behind something long goes back. */
export function dueAttempts(state: PeerState, now: Instant): void {
  for (const worker of state.executor.heldUp(now)) state.effects.push({ type: 'recall', worker })
  for (const row of state.executor.stranded(now)) finish(state, row, heldUp, 0)
  for (const row of state.executor.timed) {
    if (row.orphanedAt <= now) abandon(state, row, now)
    if (row.killAt > now) continue
    row.killAt = never
    if (row.spec.call) giveUp(state, row)
    else state.effects.push({ type: 'terminate', worker: row.worker, reason: 'terminated' })
  }
}

/** Whoever asked is told; what it does to its actor all the same is written down when it ends. */
function giveUp(state: PeerState, row: RunRow): void {
  const outcome: Outcome = { type: 'cancelled', reason: `${row.aborting}; it may still run there` }
  if (isStream(row.spec)) return finish(state, row, outcome, 0)
  forgoAskers(state, row, outcome)
  if (row.orphanedAt === never) state.executor.timed.delete(row)
}

/** They have their answer; what becomes of it now nobody asks. */
function forgoAskers(state: PeerState, row: RunRow, outcome: Outcome): void {
  for (const { owner, attempt } of [row, ...(row.others ?? [])])
    if (!state.members.ended(owner)) answer(state, owner, { task: row.spec.id, attempt, outcome, ms: 0 })
  for (const { owner } of row.others ?? []) state.executor.dropAsker(row, owner)
  row.abandoned = true
}

const heldUp: Outcome = { type: 'returned', reason: 'it waited behind something long', free: true }

/** Its owner will not ask for it any more; if nobody else does, it ends. */
function abandon(state: PeerState, row: RunRow, now: Instant): void {
  row.orphanedAt = never
  if (row.others) return dropAsker(state, row, row.owner)
  row.abandoned = true
  if (row.state === 'done') return forsake(state, row)
  cancelChildren(state, row, 'its owner is gone')
  stop(state, row, 'its owner is gone', now)
}

/** Somebody thought dead answers again for what runs here. */
export function ownerBack(state: PeerState, owner: LifeId): void {
  state.executor.ownerOver(owner, false)
  for (const row of state.executor.askedBy(owner)) {
    state.executor.prefer(row, owner)
    answerAskers(state, row)
    tellHosted(state, row, owner)
  }
}

/** It is an actor that lives here. */
function tellHosted(state: PeerState, { spec }: RunRow, owner: LifeId): void {
  const resident = spec.actor && state.residents.get(resultOf(spec.id))
  if (resident) tellWhere(state, resident, owner)
}

/** A peer that leaves gives back what it has not begun, what waits in its workers included. */
export function giveBack(state: PeerState): void {
  for (const worker of state.executor.crowded()) state.effects.push({ type: 'recall', worker })
  returnUnbegun(state, 'leaving')
}

/** Whoever sits before it wants its machine for itself, now: what runs goes back as well. */
export function pause(state: PeerState, now: Instant): void {
  for (const row of state.executor.all()) {
    if ((row.state !== 'running' && row.state !== 'blocked') || isApart(row.spec)) continue
    row.barred ??= paused
    stop(state, row, paused, now)
  }
  returnUnbegun(state, paused)
}

/**
 * There is no later: whoever asked is told now, and asks elsewhere. The workers end when this page goes on, and until
 * then their slots are taken.
 */
export function standStill(state: PeerState): void {
  const workers = new Set<number>()
  for (const row of state.executor.all()) {
    if (row.state !== 'running' && row.state !== 'blocked') continue
    row.barred ??= paused
    row.aborting ??= paused
    row.killAt = never
    workers.add(row.worker)
    forgoAskers(state, row, backFor(row.barred))
  }
  for (const worker of workers) state.effects.push({ type: 'terminate', worker, reason: 'terminated' })
  for (const resident of state.residents.all()) resident.state = 'over'
  returnUnbegun(state, paused)
}

function returnUnbegun(state: PeerState, reason: string): void {
  for (const row of state.executor.all()) {
    if (row.state === 'fetching' || row.state === 'ready') finish(state, row, { type: 'returned', reason }, 0)
  }
}

export function grant(state: PeerState): void {
  for (const { owner, credits } of state.executor.grants(state.leaving === null, state.timers.turnAt)) {
    if (owner === state.self) state.scheduler.granted(owner, credits)
    else if (!state.members.ended(owner)) say(state, owner, { type: 'grant', credits })
  }
}

export function attemptsDeadline(state: PeerState): Instant {
  let next = state.executor.heldUpAt(state.timers.turnAt)
  for (const row of state.executor.timed) next = Math.min(next, row.killAt, row.orphanedAt) as Instant
  return next
}
