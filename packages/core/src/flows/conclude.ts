// What an attempt's outcome means for its task: a value settles it, a lost peer or a crash costs a
// retry, a handed-back attempt costs nothing, and when the budget is gone the task fails with all
// that was tried. Owner's side; the executor's is in execute.

import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { after, peerOf, resultOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Failure, Located } from '../model/object.ts'
import { outOfTime } from '../model/out-of-time.ts'
import type { ErrorPattern, Outcome } from '../model/task.ts'
import { ended, failure } from '../state/failures.ts'
import { dropSpec, keepLineage } from '../state/lineage.ts'
import { askAgain, hold, letGo } from '../state/locate.ts'
import type { Conclusion, PeerState, Requeue } from '../state/peer-state.ts'
import { notify, say, stamp } from '../state/peer-state.ts'
import type { Entry } from '../state/directory.ts'
import type { Remembered } from '../state/history.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

/** An outcome that is no longer asked for is not found, and that is all. */
export function outcome(state: PeerState, from: LifeId, message: Extract<Message, { type: 'outcome' }>): void {
  const row = state.tasks.get(message.task)
  if (!row || row.at !== from || row.attempt !== message.attempt) {
    if (!row) state.counters.strayed++
    return stale(state, from, message)
  }
  const { outcome, ms } = message
  switch (outcome.type) {
    case 'inline':
    case 'stored':
    case 'ref':
      state.scheduler.measured(row.spec, from, ms)
      return value(state, row, from, outcome)
    case 'error':
      state.scheduler.measured(row.spec, from, ms)
      return applicationError(state, row, from, outcome)
    case 'crash':
      return crash(state, row, from, outcome)
    case 'cancelled':
      return stopped(state, row, outcome.reason)
    case 'missing':
      // Where the others' objects are is out of date; of ours, `gone` has told.
      for (const object of outcome.objects) askAgain(state, object)
      return requeue(state, row, {
        charge: 'move',
        code: 'OBJECT_LOST',
        reason: `inputs could not be fetched there: ${outcome.objects.join(', ')}`,
      })
    case 'returned':
      return requeue(state, row, {
        charge: outcome.free === true ? 'nothing' : 'move',
        code: 'OVERLOADED',
        reason: `given back: ${outcome.reason}`,
      })
    case 'rejected': {
      const rejected = failure(row, outcome.code, outcome.code, outcome.message)
      return fail(state, row, { ...rejected, peer: nameOf(state, from), cause: outcome.bytes ?? null })
    }
  }
}

/** A late value: its bytes and its refs must not be kept over there for nothing. */
function stale(state: PeerState, from: LifeId, message: Extract<Message, { type: 'outcome' }>): void {
  const { outcome, task, attempt } = message
  if (outcome.type === 'stored') spareOrFree(state, task, from, outcome.hash)
  if ('refs' in outcome && outcome.refs.length > 0) say(state, from, { type: 'delivered', task, attempt })
  if (outcome.type === 'ref') say(state, from, { type: 'delivered', task, attempt })
}

/** Bytes of a result that nobody waited for: one more copy, or waste. */
function spareOrFree(state: PeerState, task: TaskId, from: LifeId, hash: string): void {
  const object = resultOf(task)
  const entry = state.directory.get(object)
  // Another attempt at it runs there: the same bytes will be its result.
  if (entry?.state === 'pending' && state.tasks.get(task)?.at === from) return
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
    return fail(state, row, { ...failure(row, 'OBJECT_LOST', 'cycle', message), peer: nameOf(state, from) })
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
  const links = outcome.type === 'ref' ? [outcome.link] : outcome.refs
  if (links.length > 0 && from !== state.self)
    expectDelivery(
      state,
      row,
      from,
      links.map((link) => link.object),
    )
}

/** The executor lets go of the refs in its outcome once we hold them ourselves. */
function expectDelivery(state: PeerState, row: TaskRow, from: LifeId, objects: readonly ObjectId[]): void {
  const key = `${row.spec.id}#${row.attempt}@${from}`
  state.deliveries.set(key, { to: from, task: row.spec.id, attempt: row.attempt, waits: new Set(objects) })
}

/** Sends what deliveries no longer wait for. Runs after borrows were asked and answered. */
export function deliver(state: PeerState): void {
  if (state.deliveries.size === 0) return
  for (const [key, { to, task, attempt, waits }] of state.deliveries) {
    for (const object of waits) if (state.holds.get(object)?.borrow !== 'asked') waits.delete(object)
    if (waits.size > 0) continue
    state.deliveries.delete(key)
    say(state, to, { type: 'delivered', task, attempt })
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
  if (row.ending || row.overdue) return stopped(state, row, said)
  const { retryErrors } = row.spec.policy
  const retry =
    retryErrors === true || (Array.isArray(retryErrors) && retryErrors.some((pattern) => matches(pattern, error)))
  if (retry) {
    const { id } = row.spec
    const peer = nameOf(state, from)
    const base = { task: id, attempt: row.attempt, charge: 'retry', code: 'TASK_FAILED', killed: false, peer } as const
    state.agenda.requeue.push({ ...base, reason: said, cause: error.bytes })
    return
  }
  const failed = failure(row, 'TASK_FAILED', error.name, `${row.spec.fn} threw ${said}`)
  fail(state, row, { ...failed, peer: nameOf(state, from), cause: error.bytes })
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

function matches(pattern: ErrorPattern, error: Extract<Outcome, { type: 'error' }>): boolean {
  if ('text' in pattern)
    return error.name === pattern.text || error.code === pattern.text || error.message.includes(pattern.text)
  const regular = new RegExp(pattern.pattern, pattern.flags)
  return regular.test(error.name) || regular.test(error.code) || regular.test(error.message)
}

function crash(state: PeerState, row: TaskRow, from: LifeId, outcome: Extract<Outcome, { type: 'crash' }>): void {
  const reason = `its worker died (${outcome.reason}${outcome.detail ? `: ${outcome.detail}` : ''})`
  const base = {
    task: row.spec.id,
    attempt: row.attempt,
    charge: 'retry',
    code: 'WORKER_DIED',
    reason,
    cause: null,
  } as const
  state.agenda.requeue.push({ ...base, killed: false, peer: nameOf(state, from) })
}

/** It stopped because we asked, or because its time for one attempt was up. */
function stopped(state: PeerState, row: TaskRow, reason: string): void {
  if (row.ending) return fail(state, row, ended(state, row, row.ending))
  if (row.overdue) {
    const reason = outOfTime('attemptTimeoutMs', row.spec.policy)
    return requeue(state, row, { charge: 'retry', code: 'TASK_TIMEOUT', reason })
  }
  // Nobody asked it to: the peer gave it up on its own, as it does with the work of owners it thought dead.
  requeue(state, row, { charge: 'move', code: 'WORKER_DIED', reason: `stopped: ${reason}` })
}

function requeue(state: PeerState, row: TaskRow, why: Pick<Requeue, 'charge' | 'code' | 'reason'>): void {
  const peer = row.at ? nameOf(state, row.at) : null
  state.agenda.requeue.push({
    ...why,
    task: row.spec.id,
    attempt: row.attempt,
    cause: null,
    killed: false,
    peer,
  })
}

function nameOf(state: PeerState, life: LifeId): string {
  return state.members.nameOf(peerOf(life))
}

function fail(state: PeerState, row: TaskRow, failure: Failure): void {
  state.agenda.conclude.push({ task: row.spec.id, result: { type: 'failure', failure }, holder: null })
}

/** Attempts that ended without a value: tried again, now or later, or given up. */
export function requeued(state: PeerState, item: Requeue, now: Instant): void {
  const row = state.tasks.get(item.task)
  if (!row || row.state !== 'assigned' || row.attempt !== item.attempt) return
  const at = row.at as LifeId
  if (row.ending) return fail(state, row, ended(state, row, row.ending))
  const where = item.peer ? ` on ${item.peer}` : ''
  state.tasks.tell(row, `${stamp(state, now)} attempt ${row.attempt}${where}: ${item.reason}`)
  if (item.charge === 'nothing') return again(state, row, now)
  if (item.killed) row.deaths++
  const free = item.charge !== 'retry' && row.movesLeft > 0
  if (free) row.movesLeft--
  if (!free && (row.retriesLeft <= 0 || row.deaths >= state.config.poisonLives)) return giveUp(state, row, item)
  if (!free) {
    row.retriesLeft--
    state.counters.retried++
  }
  row.rejoin = null
  // It may have asked for children there.
  if (item.charge !== 'none') row.formerly = [...row.formerly.filter((life) => life !== at).slice(-1), at]
  row.avoid.add(peerOf(at))
  if (row.avoid.size > 4) row.avoid.delete([...row.avoid][0] as PeerState['peer'])
  state.scheduler.returned(at)
  const retry = {
    type: 'task:retried',
    task: item.task,
    fn: row.spec.fn,
    attempt: row.attempt,
    reason: item.reason,
  } as const
  notify(state, retry)
  const delay = free
    ? item.charge === 'move'
      ? 20 * (state.config.maxFreeMoves - row.movesLeft)
      : 0
    : retryDelay(state, row)
  state.tasks.retrying(row, after(now, delay))
  state.deadlines.set(item.task, Tasks.dueAt(row))
}

/** It was never begun: as if it had not been given out. */
function again(state: PeerState, row: TaskRow, now: Instant): void {
  row.executions--
  state.counters.executions--
  state.scheduler.returned(row.at as LifeId)
  state.tasks.retrying(row, now)
  state.deadlines.set(row.spec.id, Tasks.dueAt(row))
}

/** Exponential with jitter; doubled once more for every peer that died with it. */
function retryDelay(state: PeerState, row: TaskRow): number {
  const [first, longest] = row.spec.policy.retryDelayMs
  const ms = Math.min(longest, first * 2 ** Math.min(20, row.executions - 1 + row.deaths))
  return ms * state.rng.between(0.5, 1)
}

function giveUp(state: PeerState, row: TaskRow, item: Requeue): void {
  const poison = row.deaths >= state.config.poisonLives
  const tries = row.attempt === 1 ? '1 attempt' : `${row.attempt} attempts`
  const reason = poison ? 'poison' : item.reason
  const said = poison ? `${row.deaths} peers died while running it` : item.reason
  const failed = failure(row, poison ? 'PEER_DIED' : item.code, reason, `${row.spec.fn} failed after ${tries}: ${said}`)
  fail(state, row, { ...failed, peer: item.peer, cause: item.cause })
}

/** Settles a task for good: the directory, the holds of its spec, its lineage, its waiters. */
export function concluded(state: PeerState, { task, result, holder }: Conclusion, now: Instant): void {
  const row = state.tasks.get(task)
  if (!row || row.state === 'settled') {
    if (result.type === 'stored' && holder) spareOrFree(state, task, holder, result.hash)
    return
  }
  const object = resultOf(task)
  const entry = state.directory.get(object)
  if (!entry) return
  // A cancel may have come when its time was up already.
  const wasToEnd = row.ending !== null
  if (row.at) state.scheduler.returned(row.at)
  enter(state, entry, row, { task, result, holder })
  remember(state, row, { task, result, holder }, now)
  state.tasks.settled(row)
  state.counters.settled++
  if (wasToEnd) state.effects.push({ type: 'cancelled', object })
  settleHolds(state, row, result)
  state.agenda.settled.push(object)
  state.agenda.loose.push(object)
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
      if (before !== '' && before !== result.hash) {
        const reason = 'made again, its result has other bytes: the task is not deterministic'
        notify(state, { type: 'task:conflict', task: row.spec.id, fn: row.spec.fn, reason })
      }
  }
}

/** The spec is done with its inputs; a result that could be lost keeps them as lineage. */
function settleHolds(state: PeerState, row: TaskRow, result: Located): void {
  const keepsLineage = result.type === 'stored' || result.type === 'alias'
  if (keepsLineage && !row.lineage) keepLineage(state, row)
  for (const link of row.spec.refs) letGo(state, link.object, 'spec')
  if (!keepsLineage) dropSpec(state, row.spec.id)
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
