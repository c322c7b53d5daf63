// What an attempt's outcome means for its task: a value settles it, whichever of its attempts it is from; what
// ended without one is left to requeue. Owner's side; the executor's is in execute.

import type { Instant, LifeId, TaskId } from '../model/ids.ts'
import { peerOf, resultOf } from '../model/ids.ts'
import { isApart } from '../model/actor.ts'
import { equalBytes } from '../model/equal-bytes.ts'
import type { Message } from '../model/messages.ts'
import type { Located } from '../model/object.ts'
import { outOfTime } from '../model/out-of-time.ts'
import type { CrashReason, ErrorPattern, Outcome } from '../model/task.ts'
import { actorEnd, actorOver, callOver, saidByHost } from '../state/actor-ends.ts'
import { linksOf } from '../state/answer.ts'
import { conflict, ended, failure, giveFailure } from '../state/failures.ts'
import { dropSpec, keepLineage } from '../state/lineage.ts'
import { askAgain, hold, letGo } from '../state/locate.ts'
import type { Conclusion, PeerState, Requeue } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import { tellSettled, withWholeStory } from '../state/recording.ts'
import type { Entry } from '../state/directory.ts'
import { correctEdition } from '../state/editions.ts'
import type { Remembered } from '../state/history.ts'
import type { TaskRow } from '../state/tasks.ts'
import { expectDelivery } from '../state/transits.ts'

/** An outcome that is no longer asked for is not found, and that is all. */
export function outcome(state: PeerState, from: LifeId, message: Extract<Message, { type: 'outcome' }>): void {
  const row = state.tasks.get(message.task)
  if (!row || state.tasks.attemptAt(row, from) !== message.attempt) {
    if (!row) state.counters.strayed++
    return stale(state, from, message)
  }
  const { outcome, ms, waitedMs, attempt } = message
  if (state.polls.size > 0) state.polls.heard(message.task, from)
  switch (outcome.type) {
    case 'inline':
    case 'stored':
    case 'ref':
      state.scheduler.measured(row.spec, { ms, waitedMs, life: from })
      prevails(state, row, attempt)
      return value(state, row, from, outcome)
    case 'error':
      state.scheduler.measured(row.spec, { ms, waitedMs, life: from })
      return applicationError(state, row, from, outcome)
    case 'crash':
      return crash(state, row, from, outcome)
    case 'cancelled':
      return stopped(state, row, from, outcome.reason)
    case 'missing':
      // Where the others' objects are is out of date; of ours, `gone` has told.
      for (const object of outcome.objects) askAgain(state, object)
      return requeue(state, row, from, {
        charge: 'move',
        code: 'OBJECT_LOST',
        reason: `inputs could not be fetched there: ${outcome.objects.join(', ')}`,
      })
    case 'returned':
      return returned(state, row, from, outcome)
    case 'rejected': {
      prevails(state, row, attempt)
      const rejected = failure(row, outcome.code, outcome.code, outcome.message)
      return giveFailure(state, row, { ...rejected, peer: nameOf(state, from), cause: outcome.bytes ?? null })
    }
  }
}

/** Of an actor that is not to be run as its record says it waits a little, and is no move for nothing. */
function returned(
  state: PeerState,
  row: TaskRow,
  from: LifeId,
  { reason, free, to, edition }: Extract<Outcome, { type: 'returned' }>,
): void {
  const isKnown = edition === undefined || correctEdition(state, row, from, { edition, why: reason })
  const charge = free === true && isKnown ? 'nothing' : 'move'
  const why = isKnown ? reason : `${reason}, to ${edition.code}, which no member is known to have`
  requeue(state, row, from, { charge, code: 'OVERLOADED', reason: `given back: ${why}`, to })
}

/** Of two attempts this one was first. The other one is told to stop, and costs nothing. */
function prevails(state: PeerState, row: TaskRow, attempt: number): void {
  const { second } = row
  if (!second) return
  endOther(state, row, attempt === row.attempt ? second : { attempt: row.attempt, at: row.at as LifeId })
}

function endOther(state: PeerState, row: TaskRow, { attempt, at }: { attempt: number; at: LifeId }): void {
  const reason = 'another attempt was done first'
  say(state, at, { type: 'abort', task: row.spec.id, attempt, reason, moved: true })
  state.scheduler.returned(at)
  state.tasks.dropOne(row, attempt)
}

/** A late value: its bytes and its refs must not be kept over there for nothing. Said twice, the refs may be on their way here still. */
function stale(state: PeerState, from: LifeId, message: Extract<Message, { type: 'outcome' }>): void {
  const { outcome, task, attempt } = message
  if (outcome.type === 'stored') spareOrFree(state, task, from, outcome.hash)
  if (linksOf(outcome).length > 0 && from !== state.self) expectDelivery(state.deliveries, from, { task, attempt }, [])
}

/** Bytes of a result that nobody waited for: one more copy, or waste. */
function spareOrFree(state: PeerState, task: TaskId, from: LifeId, hash: string): void {
  const object = resultOf(task)
  const entry = state.directory.get(object)
  if (entry?.state === 'pending' && state.tasks.isAt(entry.task, from)) return entry.spared.add(from)
  if (entry?.state === 'stored' && entry.hash === hash) state.directory.addHolder(entry, from)
  else say(state, from, { type: 'free', object })
}

function value(
  state: PeerState,
  row: TaskRow,
  from: LifeId,
  outcome: Extract<Outcome, { type: 'inline' | 'stored' | 'ref' }>,
): void {
  const task = row.spec.id
  if (outcome.type === 'inline') {
    state.agenda.conclude.push({
      task,
      result: { type: 'inline', bytes: outcome.bytes, refs: outcome.refs },
      holder: null,
    })
  } else if (outcome.type === 'ref' && outcome.link.object === resultOf(task)) {
    say(state, from, { type: 'delivered', task, attempt: row.attempt })
    const message = `${row.spec.fn} returned the ref of its own result, which has no value`
    return giveFailure(state, row, { ...failure(row, 'OBJECT_LOST', 'cycle', message), peer: nameOf(state, from) })
  } else if (outcome.type === 'ref') {
    state.agenda.conclude.push({ task, result: { type: 'alias', link: outcome.link }, holder: from })
  } else {
    const result: Located = {
      type: 'stored',
      size: outcome.size,
      hash: outcome.hash,
      holders: [from],
      refs: outcome.refs,
    }
    state.agenda.conclude.push({ task, result, holder: from })
  }
  const links = linksOf(outcome)
  if (links.length > 0 && from !== state.self)
    expectDelivery(
      state.deliveries,
      from,
      { task, attempt: row.attempt },
      links.map((link) => link.object),
    )
}

/** Sends what deliveries no longer wait for. Runs after borrows were asked and answered. */
export function deliver(state: PeerState): void {
  if (state.deliveries.size === 0) return
  for (const [key, { to, task, attempt, index, waits, times }] of state.deliveries) {
    for (const object of waits) if (state.holds.get(object)?.borrow !== 'asked') waits.delete(object)
    if (waits.size > 0) continue
    state.deliveries.delete(key)
    for (let n = 0; n < times; n++)
      say(state, to, { type: 'delivered', task, attempt, ...(index !== undefined && { index }) })
  }
}

function applicationError(
  state: PeerState,
  row: TaskRow,
  from: LifeId,
  error: Extract<Outcome, { type: 'error' }>,
): void {
  // What it throws once it was told to stop is its way of stopping.
  const said = thrown(error)
  if (row.ending || isOverdue(row, from)) return stopped(state, row, from, said)
  const { retryErrors } = row.spec.policy
  if (typeof retryErrors === 'boolean' ? retryErrors : retryErrors.some((pattern) => matches(pattern, error)))
    return requeue(state, row, from, { charge: 'retry', code: 'TASK_FAILED', reason: said, cause: error.bytes })
  prevails(state, row, state.tasks.attemptAt(row, from) ?? row.attempt)
  const failed = failure(row, 'TASK_FAILED', error.name, `${row.spec.fn} threw ${said}`)
  giveFailure(state, row, { ...failed, peer: nameOf(state, from), cause: error.bytes })
}

/** `RangeError: too deep`; of what is no Error, the value and what it is: `{ a: 1 } (an object, no Error)`. */
function thrown({ name, message }: Extract<Outcome, { type: 'error' }>): string {
  if (!notErrors.has(name)) return `${name}: ${message}`
  return `${message} (${name === 'object' ? 'an' : 'a'} ${name}, no Error)`
}

/** What `typeof` says of thrown values. */
const notErrors: ReadonlySet<string> = new Set([
  'object',
  'string',
  'number',
  'boolean',
  'bigint',
  'symbol',
  'function',
  'undefined',
])

function matches(pattern: ErrorPattern, { name, code, message }: Extract<Outcome, { type: 'error' }>): boolean {
  if ('text' in pattern) return name === pattern.text || code === pattern.text || message.includes(pattern.text)
  const regular = new RegExp(pattern.pattern, pattern.flags)
  return regular.test(name) || regular.test(code) || regular.test(message)
}

function crash(state: PeerState, row: TaskRow, from: LifeId, outcome: Extract<Outcome, { type: 'crash' }>): void {
  const way = crashWays[outcome.reason]
  const reason = `its worker died (${outcome.reason}${outcome.detail ? `: ${outcome.detail}` : ''})${way === undefined ? '' : `: ${way}`}`
  requeue(state, row, from, { charge: 'retry', code: 'WORKER_DIED', reason })
}

/** What to look for, where the reason alone does not say it. */
const crashWays: Partial<Record<CrashReason, string>> = {
  exit: 'process.exit was called in it, or native code ended it',
  'out-of-memory': 'have the task keep less at once, or give workers more (workerMemoryMb)',
}

function isOverdue(row: TaskRow, at: LifeId): boolean {
  return row.overdue && row.at === at
}

/** It stopped because we asked, or because its time for one attempt was up. */
function stopped(state: PeerState, row: TaskRow, from: LifeId, reason: string): void {
  if (row.ending && !row.second) return giveFailure(state, row, ended(state, row, row.ending))
  if (isOverdue(row, from)) {
    const reason = outOfTime('attemptTimeoutMs', row.spec.policy)
    return requeue(state, row, from, { charge: 'retry', code: 'TASK_TIMEOUT', reason })
  }
  // Nobody asked it to: the peer gave it up on its own, as it does with the work of owners it thought dead.
  requeue(state, row, from, { charge: 'move', code: 'WORKER_DIED', reason: `stopped: ${reason}` })
}

type Why = Pick<Requeue, 'charge' | 'code' | 'reason' | 'to'> & Partial<Pick<Requeue, 'cause'>>

function requeue(state: PeerState, row: TaskRow, from: LifeId, why: Why): void {
  const attempt = state.tasks.attemptAt(row, from) ?? row.attempt
  const peer = nameOf(state, from)
  state.agenda.requeue.push({ cause: null, ...why, task: row.spec.id, attempt, killed: false, peer })
}

function nameOf(state: PeerState, life: LifeId): string {
  return state.members.nameOf(peerOf(life))
}

/** Settles a task for good: the directory, the holds of its spec, its lineage, its waiters. */
export function concluded(state: PeerState, conclusion: Conclusion, now: Instant): void {
  const { task, holder } = conclusion
  const row = state.tasks.get(task)
  const result = row?.spec.actor ? actorEnd(row, conclusion.result) : conclusion.result
  const isSaid = row?.spec.actor !== undefined && saidByHost(state, row, conclusion.result)
  if (!row || row.state === 'settled') {
    if (result.type === 'stored' && holder) spareOrFree(state, task, holder, result.hash)
    return
  }
  const object = resultOf(task)
  const entry = state.directory.get(object)
  const maker = state.makers.get(task)
  if (maker) {
    maker.failed = result.type === 'failure' ? result.failure.message : null
    maker.numbered = row.numbered
  }
  // A cancel may have come when its time was up already.
  const wasToEnd = row.ending !== null
  if (row.second) endOther(state, row, row.second)
  if (row.at && !isApart(row.spec)) state.scheduler.returned(row.at)
  if (entry?.state !== 'pending') return ranAgain(state, entry, row, { task, result, holder })
  const whole: Conclusion =
    result.type === 'failure'
      ? { task, result: { type: 'failure', failure: withWholeStory(state, row, result.failure) }, holder }
      : { task, result, holder }
  enter(state, entry, row, whole)
  remember(state, row, whole, now)
  tellSettled(state, row, result)
  state.tasks.settled(row)
  state.counters.settled++
  state.shared.found(object)
  if (wasToEnd) state.effects.push({ type: 'cancelled', object })
  if (row.spec.call) callOver(state, row, result)
  if (row.spec.actor) actorOver(state, row, { result, isSaid })
  settleHolds(state, row, result)
  if (state.polls.get(task)) state.agenda.polled.push(task)
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
}

/** Run once more for the sake of something that it put: what it returns is known, or nobody here has asked for it. */
// oxlint-disable-next-line max-params -- one row in two tables, and what came of it
function ranAgain(
  state: PeerState,
  entry: Entry | undefined,
  row: TaskRow,
  { task, result, holder }: Conclusion,
): void {
  if (entry && isOther(entry, result)) conflict(state, row.spec, 'run again, its result has other bytes')
  if (result.type === 'stored' && holder) spareOrFree(state, task, holder, result.hash)
  state.tasks.settled(row)
  state.counters.settled++
  for (const link of row.spec.refs) letGo(state, link.object, 'spec')
  if (entry?.state !== 'stored' && entry?.state !== 'alias' && entry?.state !== 'faded') dropSpec(state, task)
  else if (!row.lineage) {
    state.notes.delete(entry.object)
    keepLineage(state, row)
  }
  state.agenda.settled.push(resultOf(task))
}

function isOther({ bytes, hash }: Entry, result: Located): boolean {
  if (result.type === 'stored') return hash !== '' && hash !== result.hash
  return bytes !== null && result.type === 'inline' && !equalBytes(bytes, result.bytes)
}

function enter(state: PeerState, entry: Entry, row: TaskRow, { result, holder }: Conclusion): void {
  const links = result.type === 'failure' ? [] : result.type === 'alias' ? [result.link] : result.refs
  for (const link of links) hold(state, link, 'container')
  const before = entry.hash
  switch (result.type) {
    case 'inline':
      return state.directory.inline(entry, result.bytes, result.refs)
    case 'failure':
      return state.directory.failed(entry, result.failure)
    case 'alias':
      return state.directory.become(entry, result.link)
    case 'stored':
      state.directory.stored(entry, result.size, result.hash, result.refs)
      if (holder && !state.members.ended(holder)) state.directory.addHolder(entry, holder)
      if (before !== '' && before !== result.hash) conflict(state, row.spec, 'made again, its result has other bytes')
  }
}

/** The spec is done with its inputs; a result that could be lost keeps them as lineage. */
function settleHolds(state: PeerState, row: TaskRow, result: Located): void {
  const keepsLineage = (result.type === 'stored' || result.type === 'alias') && !isApart(row.spec)
  if (keepsLineage && !row.lineage) keepLineage(state, row)
  keepUntilTold(state, row)
  for (const link of row.spec.refs) letGo(state, link.object, 'spec')
  if (!keepsLineage) dropSpec(state, row.spec.id)
}

/** Guardians may think it pending for a moment, and would run it again with what it took. */
function keepUntilTold(state: PeerState, { spec }: TaskRow): void {
  if (spec.refs.length === 0 || !state.ledger.has(resultOf(spec.id)) || state.ledger.guardianCount === 0) return
  for (const link of spec.refs) state.holds.add(link.object, link.owner, 'container')
  state.ledger.farewell(spec.refs.map(({ object }) => object))
}

function remember(state: PeerState, row: TaskRow, { result, holder }: Conclusion, now: Instant): void {
  const { id, fn, policy } = row.spec
  const failed = result.type === 'failure'
  const cancelled = row.ending?.code === 'TASK_CANCELLED'
  const entry: Remembered = {
    task: id,
    fn,
    name: policy.name,
    state: failed ? (cancelled ? 'cancelled' : 'failure') : 'value',
    attempts: row.attempt,
    peer: row.at ? nameOf(state, row.at) : holder ? nameOf(state, holder) : null,
    ms: now - row.submittedAt,
    failure: failed ? result.failure : null,
    story: row.story,
  }
  state.remembered.add(entry)
}
