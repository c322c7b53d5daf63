// An actor at its host, once it may run: its calls go to its worker in the order in which each context made
// them, its snapshots into its record, its replies out when they may. It is handed over when this peer
// leaves, and ends when its owner says so, its worker dies, or its lease is lost. Whether it may run is
// decided elsewhere (stand).

import type { Answered, SnapshotResult } from '../model/actor.ts'
import type { Order } from '../model/events.ts'
import type { AttemptId, ContextId, Instant, ObjectId, TaskId } from '../model/ids.ts'
import { after, resultOf } from '../model/ids.ts'
import { clip } from '../model/limits.ts'
import type { Message } from '../model/messages.ts'
import type { Outcome, RefLink } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import { dropUnsent, forsake, linksOf } from '../state/answer.ts'
import { dropBytes } from '../state/bytes.ts'
import { editionOf, isNewTo, orRefused } from '../state/editions.ts'
import { guardNamed, isAnyUnsafe } from '../state/guarding.ts'
import type { PeerState } from '../state/peer-state.ts'
import { isBeyond, say } from '../state/peer-state.ts'
import { tellCheckpoint } from '../state/recording.ts'
import type { Draft, Resident, Tenure } from '../state/residents.ts'
import { leaves, lineOf } from '../state/residents.ts'
import { orderOf } from '../state/runs.ts'
import type { RunRow } from '../state/runs.ts'
import { endRun, groupOf, opened, renew, stays } from '../state/tenancy.ts'

/** Calls that a worker is handed ahead of time; of an actor that runs more at once, as many. */
const aheadMost = 256

/** The instance is there. */
// oxlint-disable-next-line max-params -- which one, what it can, and when
export function built(
  state: PeerState,
  attempt: AttemptId,
  { snapshots }: { readonly snapshots: boolean },
  now: Instant,
): void {
  const row = state.residents.of(attempt)
  if (row?.state !== 'building' || !row.tenure) return
  row.canSnapshot = snapshots
  row.snapshots = snapshots && (row.run.spec.actor?.everyCalls ?? 0) > 0
  const { record } = row.tenure
  if (!isNewTo(row.run.spec, record.edition)) return opened(state, row)
  // What its new code does may not be gone on with by the old: whoever hosts it next has to know.
  row.tenure.record = { ...record, version: record.version + 1, edition: editionOf(row.run.spec) }
  row.opensAt = row.tenure.record.version
  renew(state, row, row.tenure, now)
}

/** Of an actor itself. What its new code cannot go on with is still there for the old. */
export function actorEnded(state: PeerState, run: RunRow, outcome: Outcome): Outcome {
  const row = state.residents.get(run.spec.id as string as ObjectId)
  return row?.run === run ? orRefused(row, outcome) : outcome
}

/** Calls that may run go to their workers; those for an actor that does not live here go back. */
export function startCalls(state: PeerState, now: Instant): void {
  if (state.residents.hasMail) {
    for (const [actor, mail] of state.residents.mailboxes()) {
      const row = state.residents.get(actor)
      if (row && row.state !== 'over') start(state, row, now)
      else if (!isComing(state, actor))
        for (const id of mail) giveBack(state, actor, id, 'the actor does not live there')
    }
  }
  for (const row of state.residents.all()) {
    handOver(state, row)
    takeSnapshot(state, row, now)
  }
}

/** It was given to us and is not there yet. */
function isComing(state: PeerState, actor: ObjectId): boolean {
  return state.executor.ofTask(actor as string as TaskId).some(({ state: at }) => at === 'fetching' || at === 'ready')
}

function start(state: PeerState, row: Resident, now: Instant): void {
  if (!isServing(row, now) || isLeaving(state, row)) return
  const batch: Order[] = []
  const held = new Set<ContextId>()
  for (const id of state.residents.mailOf(row.actor)) {
    const call = state.executor.get(id)
    if (!call || call.state === 'done') state.residents.take(row.actor, id)
    else if (held.has(lineOf(call))) continue
    else if (call.state === 'fetching' || isRunning(state, row, call)) held.add(lineOf(call))
    else if (room(row, batch.length) <= 0) break
    else begin(state, row, call, batch)
  }
  if (batch.length > 0) state.effects.push({ type: 'run', worker: row.worker, batch })
}

/** The same call as an earlier attempt, which was told to stop, and may yet have its effect: what it replies counts. */
function isRunning(state: PeerState, { run, running, snapshots }: Resident, { id, spec }: RunRow): boolean {
  if (run.spec.actor?.onceOnly !== true || !snapshots) return false
  const others = state.executor.ofTask(spec.id)
  return others.length > 1 && others.some((other) => other.id !== id && running.has(other.id))
}

// oxlint-disable-next-line max-params -- which call, of which actor, into which batch
function begin(state: PeerState, row: Resident, call: RunRow, batch: Order[]): void {
  state.residents.take(row.actor, call.id)
  if (isPassed(row, call)) return void state.agenda.evicted.push({ run: call.id, outcome: passed })
  const answered = row.answers.get(call.spec.id)
  if (answered) {
    row.answers.set(call.spec.id, { ...answered, to: call.owner })
    row.unclaimed.delete(call.spec.id)
    const version = versionWithAnswers(row)
    if (version > (row.tenure?.committed ?? 0)) holdBack(row, call, version)
    return void state.agenda.evicted.push({ run: call.id, outcome: answered.outcome })
  }
  call.state = 'running'
  call.worker = row.worker
  if (isStream(call.spec)) row.streaming.add(call.id)
  else row.running.set(call.id, state.timers.turnAt)
  batch.push(orderOf(call))
}

/**
 * Its caller was thought dead and runs again elsewhere, and has called from there: whoever wakes up late must not do
 * once more what that run has done, and perhaps let go of.
 */
function isPassed({ fences, run }: Resident, { spec, epoch }: RunRow): boolean {
  if (run.spec.actor?.onceOnly !== true) return false
  const latest = fences.get(spec.context) ?? 1
  if (epoch.number > latest) fence(fences, spec.context, epoch.number)
  return epoch.number < latest
}

/** The latest last: the oldest go when there are too many. */
function fence(fences: Resident['fences'], context: ContextId, run: number): void {
  fences.delete(context)
  fences.set(context, run)
  const [first] = fences.keys()
  if (fences.size > fencesMost && first !== undefined) fences.delete(first)
}

const fencesMost = 1_000

const passed: Outcome = {
  type: 'rejected',
  code: 'ACTOR_UNAVAILABLE',
  message: 'it did not run: its caller runs again elsewhere, and that run has called since',
}

function isServing({ state, tenure, isAsked }: Resident, now: Instant): boolean {
  return state === 'open' && !isAsked && tenure !== null && now < tenure.until
}

/** How many more may be handed to it: between two snapshots not more calls than it takes to want the next. */
function room({ run, running, snapshots, sinceSnapshot }: Resident, more: number): number {
  const { everyCalls = 1, concurrency = 1 } = run.spec.actor ?? {}
  const most = Math.max(aheadMost, concurrency)
  const each = snapshots ? Math.max(everyCalls, concurrency) - sinceSnapshot : most
  return Math.min(each, most) - running.size - more
}

/** What is not begun is for whoever hosts it next, and so is what its caller made after that. */
// oxlint-disable-next-line max-params -- which call, of which actor, and why
function giveBack(state: PeerState, actor: ObjectId, id: AttemptId, reason: string): void {
  state.residents.take(actor, id)
  state.agenda.evicted.push({ run: id, outcome: { type: 'returned', reason, free: true } })
}

/** We leave, or give no more slots. */
function isGoing(state: PeerState): boolean {
  return state.leaving !== null || state.executor.slots === 0
}

/** We go, or it does. */
function isLeaving(state: PeerState, row: Resident): boolean {
  return row.movesTo !== null || isGoing(state)
}

/** What it did is in no snapshot. Who goes on with it elsewhere with other code has nothing else to go by. */
function hasNews({ movesTo, snapshots, sinceSnapshot, tenure }: Resident): boolean {
  return movesTo ? sinceSnapshot > 0 || tenure?.record.snapshot === null : snapshots && sinceSnapshot > 0
}

/** Its calls go back, and it goes itself when none runs and what they did is in its record. */
function handOver(state: PeerState, row: Resident): void {
  if (!isLeaving(state, row) || row.state === 'over') return
  for (const id of state.residents.mailOf(row.actor)) giveBack(state, row.actor, id, 'it moves to another peer')
  endStreams(state, row)
  if (row.running.size > 0 || row.isAsked) return
  const { tenure } = row
  if (row.state === 'open' && hasNews(row)) return
  if (tenure && row.state === 'open' && tenure.committed < tenure.record.version) return
  if (row.movesTo)
    endRun(state, row, { type: 'returned', reason: 'its code changes', free: true, edition: row.movesTo })
  else endRun(state, row, { type: 'returned', reason: 'its host leaves' })
}

/** They may never end by themselves, and have begun: whether they are made again is their callers' to say. */
function endStreams(state: PeerState, { streaming }: Resident): void {
  const reason = 'its actor moves to another peer'
  for (const run of streaming) {
    state.effects.push({ type: 'abort', attempt: run, reason })
    state.agenda.evicted.push({ run, outcome: { type: 'crash', reason: 'terminated', detail: reason } })
  }
  streaming.clear()
}

/** Taken when enough calls have ended, or nothing else is to be done. */
function takeSnapshot(state: PeerState, row: Resident, now: Instant): void {
  if (!hasNews(row) || row.running.size > 0 || !isServing(row, now)) return
  row.isAsked = true
  state.effects.push({ type: 'snapshot', attempt: row.run.id })
}

export function snapshotTaken(
  state: PeerState,
  attempt: AttemptId,
  { result, now }: { readonly result: SnapshotResult; readonly now: Instant },
): void {
  const row = state.residents.of(attempt)
  if (!row?.isAsked || row.draft || row.state === 'over' || !row.tenure) return
  forgetUnclaimed(state, row, now)
  const answers = [...row.answers.values()]
  const problem = result.type === 'failed' ? result.message : tooLarge(state, row, result.bytes, answers)
  if (problem !== null && row.movesTo) {
    row.isAsked = false
    return stays(state, row, problem)
  }
  if (problem !== null || result.type === 'failed')
    return endRun(state, row, { type: 'rejected', code: 'ACTOR_DIED', message: clip(problem ?? '') })
  const fences = [...row.fences].map(([context, run]) => ({ context, run }))
  const replies = row.heldBack.filter(({ version }) => version === Number.POSITIVE_INFINITY).map(({ id }) => id)
  row.sinceSnapshot = 0
  row.draft = { snapshot: { bytes: result.bytes, refs: result.refs }, answers, fences, replies: new Set(replies) }
  // Whoever goes on from that record may read what it names when we are gone: looked at when guardians are appointed.
  if (guardNamed(state, linksInDraft(row.draft))) state.ledger.records.add(row.actor)
  else write(state, row, row.tenure, now)
}

/** Records that name what guardians could answer for by now. */
export function writeRecords(state: PeerState, now: Instant): void {
  for (const actor of state.ledger.records) {
    const row = state.residents.get(actor)
    const { draft, tenure } = row ?? {}
    if (draft && isAnyUnsafe(state, linksInDraft(draft))) continue
    state.ledger.records.delete(actor)
    if (row && draft && tenure && row.state !== 'over') write(state, row, tenure, now)
  }
}

function linksInDraft({ snapshot, answers }: Draft): RefLink[] {
  return [...(snapshot?.refs ?? []), ...answers.flatMap(({ outcome }) => linksOf(outcome))]
}

/** What it says from now on, and may go on. */
// oxlint-disable-next-line max-params -- whose record, and when
function write(state: PeerState, row: Resident, tenure: Tenure, now: Instant): void {
  const { snapshot, answers, fences, replies } = row.draft as Draft
  row.draft = null
  row.isAsked = false
  tenure.record = { ...tenure.record, version: tenure.record.version + 1, snapshot, answers, fences }
  row.checkpoints.version = tenure.record.version
  for (const [at, held] of row.heldBack.entries())
    if (replies.has(held.id)) row.heldBack[at] = { ...held, version: tenure.record.version }
  renew(state, row, tenure, now)
}

/**
 * Replies that nobody holds are kept for a time, for whoever runs their contexts again. All of them travel with each record, so
 * not too many: first those go that are wanted for the shortest time, whose callers are done as far as is known.
 */
function forgetUnclaimed(state: PeerState, { answers, unclaimed }: Resident, now: Instant): void {
  for (const [task, { to }] of answers)
    if (!unclaimed.has(task) && isBeyond(state, to)) unclaimed.set(task, after(now, state.config.recordMs))
  for (const [task, until] of unclaimed) if (until <= now || !answers.has(task)) forget(task)
  if (unclaimed.size <= unclaimedMost) return
  const soonest = [...unclaimed].sort(([, a], [, b]) => a - b)
  for (const [task] of soonest.slice(0, unclaimed.size - unclaimedMost)) forget(task)

  function forget(task: TaskId): void {
    const answered = answers.get(task)
    if (answered?.outcome.type === 'stored') dropBytes(state, resultOf(task), answered.to)
    unclaimed.delete(task)
    answers.delete(task)
  }
}

const unclaimedMost = 256

// oxlint-disable-next-line max-params -- what there is of whom
function tooLarge(
  state: PeerState,
  { run }: Resident,
  snapshot: Uint8Array,
  answers: readonly Answered[],
): string | null {
  const limit = state.config.checkpointBytes
  const inAnswers = answers.reduce(
    (sum, { outcome }) => sum + ('bytes' in outcome ? (outcome.bytes?.length ?? 0) : 0),
    0,
  )
  if (snapshot.length + inAnswers <= limit) return null
  const kept = inAnswers === 0 ? '' : ` and ${answers.length} replies of ${inAnswers} bytes`
  const way = 'put what is large and keep the refs, or release the refs of calls that are read'
  return `a checkpoint of ${run.spec.fn} is ${snapshot.length} bytes${kept}; at most ${limit} are kept (checkpointBytes): ${way}`
}

/** A call has ended in its worker. What it replies may have to wait for its record, or for the lease. */
export function callEnded(state: PeerState, call: RunRow, outcome: Outcome, now: Instant): Outcome {
  const row = state.residents.inWorker(call.worker)
  if (!row || !leaves(row, call.id) || call.state === 'done') return outcome
  if (row.state === 'over') return { type: 'crash', reason: 'terminated', detail: 'its actor was ended' }
  if (outcome.type === 'missing' || outcome.type === 'returned') return outcome
  row.sinceSnapshot++
  const { id } = call.spec
  const isKept = row.run.spec.actor?.onceOnly === true && row.snapshots && outcome.type !== 'cancelled'
  // What it yielded has left and is not kept: a call of a generator method is made again.
  if (isKept && !isStream(call.spec)) {
    row.answers.set(id, { task: id, to: call.owner, outcome })
    // Nobody over there will say that it is let go of.
    if (call.aborting !== null) row.unclaimed.set(id, after(now, state.config.recordMs))
  }
  if (isKept) holdBack(row, call, Number.POSITIVE_INFINITY)
  else if (row.tenure && now >= row.tenure.until) holdBack(row, call, 0)
  return outcome
}

/** The record that has what is answered by now: the next one, if there is any news. */
function versionWithAnswers({ snapshots, sinceSnapshot, tenure }: Resident): number {
  return snapshots && sinceSnapshot > 0 ? Number.POSITIVE_INFINITY : (tenure?.record.version ?? 0)
}

function holdBack(row: Resident, call: RunRow, version: number): void {
  call.isHeldBack = true
  row.heldBack.push({ id: call.id, version })
}

/** The caller has let go of that one. */
export function forgotten(
  state: PeerState,
  { actor, task, keep }: Extract<Message, { type: 'forget' }>,
  now: Instant,
): void {
  const row = state.residents.get(actor)
  if (!row?.answers.has(task)) return
  row.unclaimed.delete(task)
  if (keep === 'not') row.answers.delete(task)
  else row.unclaimed.set(task, after(now, keep === 'long' ? state.config.recordMs : 2 * state.config.orphanGraceMs))
}

/** The attempt at being the actor has ended: here, or for good. */
export function runEnded(state: PeerState, run: RunRow): void {
  const actor = run.spec.id as string as ObjectId
  const row = state.residents.get(actor)
  if (row?.run !== run) return
  const isOpen = row.state === 'building' || row.state === 'open'
  if (isOpen) state.effects.push({ type: 'terminate', worker: row.worker, reason: 'terminated' })
  row.state = 'over'
  row.standing = null
  tellCheckpoint(state, row)
  resign(state, row, run)
  state.residents.remove(row)
  if (row.next) state.executor.arrived.push(row.next)
  for (const id of state.residents.mailOf(actor)) giveBack(state, actor, id, 'the actor does not live there any more')
  // What it said and nobody else knows of has not happened, as far as anybody can tell.
  for (const id of [...row.running.keys(), ...row.streaming, ...row.heldBack.map((held) => held.id)]) {
    const call = state.executor.get(id)
    if (call) dropUnsent(state, call)
  }
  for (const { id } of row.heldBack) {
    const call = state.executor.get(id)
    if (!call?.isHeldBack) continue
    call.isHeldBack = false
    if (call.abandoned) {
      forsake(state, call)
      continue
    }
    const outcome: Outcome = {
      type: 'crash',
      reason: 'terminated',
      detail: 'its actor was ended before the reply was kept',
    }
    state.agenda.evicted.push({ run: id, outcome })
  }
}

function resign(state: PeerState, { actor, tenure }: Resident, { outcome, abandoned, isMoved }: RunRow): void {
  if (!tenure) return
  const { epoch, record } = tenure
  const isOver = outcome !== null && endsActor(outcome) && !abandoned && !isMoved
  const over = isOver ? clip(reasonOf(outcome)) : null
  for (const life of groupOf(record))
    if (!state.members.ended(life)) say(state, life, { type: 'resign', actor, epoch, over })
}

function endsActor({ type }: Outcome): boolean {
  return type === 'cancelled' || type === 'error' || type === 'rejected'
}

function reasonOf(outcome: Outcome): string {
  if (outcome.type === 'cancelled') return `it was ended: ${outcome.reason}`
  if (outcome.type === 'error') return `its constructor threw ${outcome.name}: ${outcome.message}`
  return outcome.type === 'rejected' ? outcome.message : outcome.type
}
