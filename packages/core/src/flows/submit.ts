// What a context asks for: tasks, puts, cancels. A submit that repeats an id (the same context
// running again) adopts what is there instead of asking twice. Ends with rows in the tables; who
// runs them is assign's story.

import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { after, never, resultOf } from '../model/ids.ts'
import type { PeerEvent } from '../model/events.ts'
import { outOfTime } from '../model/out-of-time.ts'
import type { RefLink, TaskSpec } from '../model/task.ts'
import type { Failure, Located } from '../model/object.ts'
import { adoptOrphan, epochOf } from '../state/adoption.ts'
import { appointed } from '../state/tenancy.ts'
import { ended, failure, unplaceable } from '../state/failures.ts'
import { isWithoutVoter } from '../state/candidates.ts'
import { applyChange, goesBack } from '../state/editions.ts'
import { guard } from '../state/guarding.ts'
import { keepMaker } from '../state/lineage.ts'
import { nameOf } from '../state/names.ts'
import { hold, letGo, locate, request, tellBorrowers } from '../state/locate.ts'
import type { Entry } from '../state/directory.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { tellTrouble } from '../state/recording.ts'
import { reopened, tellRemade } from '../state/remaking.ts'
import { expectItem, openStream } from '../state/streaming.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

export function submit(state: PeerState, spec: TaskSpec, now: Instant): void {
  const result = resultOf(spec.id)
  const epoch = epochOf(state, spec)
  // What another peer answered for and we keep the ledger of is done, or runs, already.
  if (spec.depth > 0) adoptOrphan(state, result)
  const known = state.tasks.get(spec.id)
  const entry = state.directory.get(result) ?? state.directory.add(result, spec.id, spec.policy.copies)
  entry.isInner ||= spec.depth > 0
  hold(state, { object: result, owner: state.self }, 'handle')
  if (known) known.epoch = epoch
  if (known || (entry.state !== 'pending' && entry.state !== 'failed')) return
  state.counters.submitted++
  const row = state.tasks.add(withGroup(state, spec, now), epoch, now)
  state.code.need(spec.code)
  if (spec.call) state.callees.add(spec.call.actor, spec.context, spec.id)
  openStream(state, spec)
  // What failed before is asked for anew.
  if (entry.state === 'failed') state.directory.reopen(entry, 'pending')
  for (const link of spec.refs) hold(state, link, 'spec')
  if (spec.depth > 0 || state.jobs.get(spec.context))
    state.ledger.soon({ object: result, context: spec.context, at: after(now, state.config.ledgerMs) })
  // Children of what still runs here are taken: others run them.
  if (state.leaving && spec.depth === 0)
    return conclude(state, row, failure(row, 'MESH_LEFT', 'leaving', 'this peer is leaving the mesh'))
  if (state.tasks.pending > state.config.maxTasks) return conclude(state, row, overloaded(state, row))
  if (spec.actor?.detached) keepDetached(state, spec)
  if (isCrowded(state, spec)) return conclude(state, row, crowded(row))
  awaitInputs(state, row)
  state.deadlines.set(spec.id, Tasks.dueAt(row))
}

function overloaded(state: PeerState, row: TaskRow): Failure {
  const limit = state.config.maxTasks
  const message = `${row.spec.fn} was not taken: ${limit} tasks are pending on this peer already (maxTasks); wait for some of them first`
  return failure(row, 'OVERLOADED', 'maxTasks', message)
}

/** Waits for the inputs that are not settled; a failed one fails the task. */
export function awaitInputs(state: PeerState, row: TaskRow): void {
  if (row.spec.actor) applyChange(state, row)
  const missing: ObjectId[] = []
  for (const link of row.spec.refs) {
    if (!link.top) continue
    const found = locate(state, link.object, link.owner)
    if (found === null) {
      missing.push(link.object)
      request(state, link.object, link.owner)
    } else if (found.located.type === 'failure') {
      return conclude(state, row, argumentFailure(row, link.object, found.located.failure))
    }
  }
  if (row.spec.actor && row.spec.policy.name !== null && !row.isNamed) {
    missing.push(nameOf(row.spec))
    state.agenda.naming.push(row.spec.id)
  }
  state.tasks.awaitInputs(row, missing)
  if (missing.length > 0) return
  if (row.spec.call) state.callees.isStirred = true
  else if (row.spec.policy.votes > 1) state.agenda.polled.push(row.spec.id)
  else state.scheduler.ready(row.spec, row.attempt > 0)
}

/** Whoever asks for an actor appoints those who are to agree on its host. */
function withGroup(state: PeerState, spec: TaskSpec, now: Instant): TaskSpec {
  const { actor, id } = spec
  if (!actor || actor.group) return spec
  const count = state.config.leaseGroup - 1
  return { ...spec, actor: { ...actor, group: [state.self, ...appointed(state, id, [state.self], { count, now })] } }
}

/** Kept by us, then by whoever answers for it in our place. */
function keepDetached(state: PeerState, { id, context }: TaskSpec): void {
  const object = resultOf(id)
  state.holds.add(object, state.self, 'container')
  guard(state, object, context)
}

function isCrowded(state: PeerState, { call }: TaskSpec): boolean {
  return call !== undefined && (state.callees.get(call.actor)?.open.size ?? 0) > call.maxPendingCalls
}

function crowded(row: TaskRow): Failure {
  const limit = row.spec.call?.maxPendingCalls ?? 0
  const message = `${row.spec.fn} was not taken: ${limit} calls of its actor are pending on this peer already (maxPendingCalls); wait for some of them first`
  return failure(row, 'OVERLOADED', 'maxPendingCalls', message)
}

/** Inputs settled in this turn: tasks that have them all are ready, tasks with a failed one fail. */
export function inputsSettled(state: PeerState, object: ObjectId): void {
  for (const row of state.tasks.inputSettled(object)) {
    if (row.state !== 'waiting') continue
    if (state.polls.get(row.spec.id)) {
      state.agenda.polled.push(row.spec.id)
      continue
    }
    const link = row.spec.refs.find((ref) => ref.top && ref.object === object)
    const found = link ? locate(state, link.object, link.owner) : null
    if (found?.located.type === 'failure') conclude(state, row, argumentFailure(row, object, found.located.failure))
    else if (row.waitsFor.size === 0) awaitInputs(state, row)
  }
}

export function put(state: PeerState, event: Extract<PeerEvent, { type: 'put' }>): void {
  const { object, size, hash, inline, refs, copies } = event
  const known = state.directory.get(object)
  const entry = known ?? state.directory.add(object, null, copies)
  hold(state, { object, owner: state.self }, 'handle')
  state.story.add({ at: state.timers.turnAt, what: 'put', id: object })
  if (known?.state === 'inline' || known?.state === 'stored') keepAnother(state, known, event)
  else {
    const located: Located = inline
      ? { type: 'inline', bytes: inline, refs }
      : { type: 'stored', size, hash, holders: [state.self], refs }
    const before = known ? reopened(state, known, located) : []
    for (const link of refs) hold(state, link, 'container')
    for (const of of before) letGo(state, of, 'container')
    enter(state, entry, located)
    if (known) tellBorrowers(state, object)
    if (known) state.shared.found(object)
    state.agenda.settled.push(object)
  }
  wasPut(state, entry, event)
}

/** Its bytes are here. */
function enter(state: PeerState, entry: Entry, located: Extract<Located, { type: 'inline' | 'stored' }>): void {
  if (located.type === 'inline') return state.directory.inline(entry, located.bytes, located.refs)
  const { object } = entry
  const { size, hash, refs } = located
  state.holdings.keep({ object, size, hash }, [state.self])
  state.directory.stored(entry, size, hash, refs)
  state.directory.addHolder(entry, state.self)
}

/** Inside a task it may be put again, by running that once more; or this is that very run, and somebody waits for it. */
function wasPut(
  state: PeerState,
  entry: Entry,
  { context, object, inline }: Extract<PeerEvent, { type: 'put' }>,
): void {
  const runs = state.executor.ofTask(context as string as TaskId)
  const [run] = runs
  entry.isInner ||= run !== undefined
  if (run && inline === null) keepMaker(state, object, run.spec, [state.self])
  for (const { remakes } of runs)
    for (const { to, objects } of remakes ?? []) if (objects.includes(object)) tellRemade(state, object, to)
}

/** The same put again, by the same context run again: the bytes just stored are one more copy. */
function keepAnother(
  state: PeerState,
  entry: Entry,
  { size, hash, inline }: Extract<PeerEvent, { type: 'put' }>,
): void {
  if (inline || entry.state !== 'stored') return
  state.holdings.keep({ object: entry.object, size, hash }, [state.self])
  state.directory.addHolder(entry, state.self)
}

/** Asks for the end of the task behind an object, here or at its owner. */
export function cancel(
  state: PeerState,
  { object, owner, reason }: { object: ObjectId; owner: LifeId; reason: string },
): void {
  if (owner !== state.self) return cancelElsewhere(state, object, owner, reason)
  const entry = state.directory.get(object)
  if (entry?.alias && locate(state, object, owner) === null) return cancelMeant(state, object, entry.alias, reason)
  const row = entry?.task ? state.tasks.get(entry.task) : undefined
  // It may run once more for something that it put: that is not what is cancelled.
  if (!row || row.state === 'settled' || entry?.state !== 'pending') {
    state.effects.push({ type: 'cancelled', object })
    return
  }
  end(state, row, { code: 'TASK_CANCELLED', reason })
}

/** It became another, which is not done: that one is ended, and whoever cancels here is told when it has. */
function cancelMeant(state: PeerState, object: ObjectId, meant: RefLink, reason: string): void {
  state.cancelling.add(object)
  request(state, object, state.self)
  cancel(state, { object: meant.object, owner: state.holds.get(meant.object)?.owner ?? meant.owner, reason })
}

/** The owner is asked, and asked about the object: whoever cancels here is told when it has settled. */
function cancelElsewhere(state: PeerState, object: ObjectId, owner: LifeId, reason: string): void {
  say(state, owner, { type: 'cancel', object, reason })
  if (state.members.ended(owner) || state.elsewhere.get(object)?.located || !state.holds.get(object)) {
    state.effects.push({ type: 'cancelled', object })
    return
  }
  state.cancelling.add(object)
  request(state, object, owner)
}

/** Cancel or timeout: queued work ends at once, running work is told and waited for. */
export function end(state: PeerState, row: TaskRow, ending: NonNullable<TaskRow['ending']>): void {
  if (row.ending) return
  tellTrouble(state, row, 'ended', `${ending.code === 'TASK_TIMEOUT' ? 'timed out' : 'cancelled'}: ${ending.reason}`)
  row.ending = ending
  if (row.spec.policy.votes > 1) {
    row.timeoutAt = never
    return void state.agenda.polled.push(row.spec.id)
  }
  if (row.state !== 'assigned' || !row.at) {
    return conclude(state, row, ended(state, row, ending))
  }
  row.timeoutAt = never
  row.attemptTimeoutAt = never
  const { second } = row
  say(state, row.at, { type: 'abort', task: row.spec.id, attempt: row.attempt, reason: ending.reason })
  if (second)
    say(state, second.at, { type: 'abort', task: row.spec.id, attempt: second.attempt, reason: ending.reason })
}

/** Task rows whose time has come: retries, timeouts, nobody to place them on. */
export function dueTasks(state: PeerState, now: Instant): void {
  for (const id of state.deadlines.due(now)) {
    const row = state.tasks.get(id)
    if (!row || row.state === 'settled') continue
    if (row.timeoutAt <= now) {
      end(state, row, { code: 'TASK_TIMEOUT', reason: outOfTime('timeoutMs', row.spec.policy) })
    } else if (row.attemptTimeoutAt <= now && row.at) {
      row.attemptTimeoutAt = never
      row.overdue = true
      const reason = outOfTime('attemptTimeoutMs', row.spec.policy)
      say(state, row.at, { type: 'abort', task: id, attempt: row.attempt, reason, moved: true })
    } else if (row.retryAt <= now) {
      row.retryAt = never
      awaitInputs(state, row)
    } else if (row.placeBy <= now) {
      row.placeBy = never
      if (state.scheduler.classOf(row.spec).unfit || isWithoutVoter(state, row)) notPlaced(state, row, now)
    }
    state.deadlines.set(id, Tasks.dueAt(row))
  }
}

/** An actor that was to go on with other code does so with its own. */
function notPlaced(state: PeerState, row: TaskRow, now: Instant): void {
  if (goesBack(state, row)) state.tasks.retrying(row, now)
  else conclude(state, row, unplaceable(state, row))
}

function conclude(state: PeerState, row: TaskRow, failure: Failure): void {
  state.agenda.conclude.push({ task: row.spec.id, result: { type: 'failure', failure }, holder: null })
}

function argumentFailure(row: TaskRow, object: ObjectId, because: Failure): Failure {
  const at = row.spec.refs.filter((ref) => ref.top).findIndex((ref) => ref.object === object)
  return {
    ...failure(
      row,
      'ARGUMENT_FAILED',
      because.code,
      `${row.spec.fn} did not run: its ref argument ${at + 1} failed: ${because.message}`,
    ),
    cause: because.cause,
    peer: because.peer,
    story: [...row.story, ...because.story].slice(0, 64),
  }
}

/** The jobs of this peer end with it; the children of what it runs for others go on as long as that does. */
export function leaveAttached(state: PeerState): void {
  for (const row of state.tasks.all()) {
    // What was asked for under a name is for whoever goes on with it.
    if (row.state === 'settled' || row.spec.depth > 0 || state.jobs.get(row.spec.context)) continue
    if (row.spec.actor?.detached) continue
    if (row.at)
      say(state, row.at, { type: 'abort', task: row.spec.id, attempt: row.attempt, reason: 'its submitter left' })
    conclude(
      state,
      row,
      failure(row, 'MESH_LEFT', 'leaving', `${row.spec.fn} was not done when its submitter left the mesh`),
    )
  }
}

export function held(state: PeerState, object: ObjectId, owner: LifeId): void {
  // A reader goes on naming whoever answered for its stream when it began.
  const isOurs = expectItem(state, object)
  hold(state, { object, owner: isOurs ? state.self : owner }, 'handle')
}

export function released(state: PeerState, object: ObjectId): void {
  letGo(state, object, 'handle')
}
