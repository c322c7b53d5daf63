// What an attempt that ended without a value costs its task: a lost peer or a crash one of its retries, an
// attempt that was handed back a free move or nothing, one beside which another runs nothing either; and
// for how long it waits then. When the budget is gone the task fails with all that was tried.

import type { Instant, LifeId } from '../model/ids.ts'
import { isApart } from '../model/actor.ts'
import { after, peerOf } from '../model/ids.ts'
import { ended, failure, giveFailure } from '../state/failures.ts'
import type { PeerState, Requeue } from '../state/peer-state.ts'
import { notify } from '../state/peer-state.ts'
import { tellTrouble } from '../state/recording.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

/** Attempts that ended without a value: tried again, now or later, or given up. */
export function requeued(state: PeerState, item: Requeue, now: Instant): void {
  const row = state.tasks.get(item.task)
  if (row?.state !== 'assigned') return
  if (row.second && (item.attempt === row.attempt || item.attempt === row.second.attempt))
    return oneLess(state, row, item)
  if (row.attempt !== item.attempt) return
  const at = row.at as LifeId
  if (row.ending) return giveFailure(state, row, ended(state, row, row.ending))
  const where = item.peer ? ` on ${item.peer}` : ''
  tellTrouble(state, row, kindOf(item), `attempt ${row.attempt}${where}: ${item.reason}`)
  // It came back from there.
  row.rejoin = item.to ?? null
  if (row.spec.call) return callAgain(state, row, item, now)
  if (item.charge === 'nothing') return again(state, row, now)
  if (hasLived(state, row, now)) beginsAnew(state, row)
  if (item.killed) row.deaths++
  const free = item.charge !== 'retry' && row.movesLeft > 0
  if (free) row.movesLeft--
  if (!free && (row.retriesLeft <= 0 || row.deaths >= state.config.poisonLives)) return giveUp(state, row, item)
  if (!free) {
    row.retriesLeft--
    state.counters.retried++
  }
  hadBegun(row, at, item)
  // The latest last: when there are no others, they take turns.
  row.avoid.delete(peerOf(at))
  row.avoid.add(peerOf(at))
  if (row.avoid.size > 4) row.avoid.delete([...row.avoid][0] as PeerState['peer'])
  if (!isApart(row.spec)) state.scheduler.returned(at)
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
      ? againMs * (state.config.maxFreeMoves - row.movesLeft)
      : 0
    : retryDelay(state, row)
  state.tasks.retrying(row, after(now, delay))
  state.deadlines.set(item.task, Tasks.dueAt(row))
}

/** Free moves and calls wait that much: who asks at once where an actor lives that is about to move hears of the same host. */
const againMs = 20

/** What came back from an actor without having run goes there again, for nothing; what may have run is its caller's to risk. */
// oxlint-disable-next-line max-params -- an attempt, what became of it and when
function callAgain(state: PeerState, row: TaskRow, item: Requeue, now: Instant): void {
  const { call, context, id } = row.spec
  const callee = call && state.callees.get(call.actor)
  const at = row.at as LifeId
  if (callee && item.code !== 'TASK_FAILED' && item.code !== 'TASK_TIMEOUT' && item.code !== 'OBJECT_LOST') {
    state.callees.lost(callee, at)
    state.elsewhere.left(callee.meant, at)
  }
  if (item.charge === 'retry') {
    if (item.killed) row.deaths++
    if (row.retriesLeft <= 0 || row.deaths >= state.config.poisonLives) return giveUp(state, row, item)
    row.retriesLeft--
    state.counters.retried++
    notify(state, { type: 'task:retried', task: id, fn: row.spec.fn, attempt: row.attempt, reason: item.reason })
  } else row.executions--
  if (call) state.callees.returned(call.actor, context, id)
  state.tasks.retrying(row, after(now, againMs))
  state.deadlines.set(id, Tasks.dueAt(row))
}

/** Another attempt at it runs: that one stands in, and nothing has to be paid for a new one. */
function oneLess(state: PeerState, row: TaskRow, item: Requeue): void {
  const isCurrent = item.attempt === row.attempt
  const { attempt, at } = isCurrent
    ? (row as { attempt: number; at: LifeId })
    : (row.second as { attempt: number; at: LifeId })
  const where = item.peer ? ` on ${item.peer}` : ''
  const line = `attempt ${attempt}${where}: ${item.reason}; the other one goes on`
  tellTrouble(state, row, { what: kindOf(item), attempt, life: at }, line)
  if (item.killed) row.deaths++
  if (isCurrent) {
    row.rejoin = null
    hadBegun(row, at, item)
  }
  state.scheduler.returned(at)
  state.tasks.dropOne(row, attempt)
  state.deadlines.set(item.task, Tasks.dueAt(row))
}

/** Charged, or only handed back. */
function kindOf({ charge }: Requeue): 'retried' | 'moved' {
  return charge === 'retry' ? 'retried' : 'moved'
}

/** It may have asked for children there. */
function hadBegun(row: TaskRow, at: LifeId, { charge }: Requeue): void {
  if (charge !== 'none') row.formerly = [...row.formerly.filter((life) => life !== at).slice(-1), at]
}

/** It was never begun: as if it had not been given out. */
function again(state: PeerState, row: TaskRow, now: Instant): void {
  row.executions--
  state.counters.executions--
  if (!isApart(row.spec)) state.scheduler.returned(row.at as LifeId)
  state.tasks.retrying(row, now)
  state.deadlines.set(row.spec.id, Tasks.dueAt(row))
}

/** Leases of an actor after which it is no poison to its hosts. */
const leasesLived = 5

/** It was there for as long as it takes to show that it does not end whoever hosts it. */
function hasLived({ config }: PeerState, row: TaskRow, now: Instant): boolean {
  return row.hosted !== null && after(row.assignedAt, leasesLived * config.leaseMs) <= now
}

/** Neither its earlier deaths and tries nor its earlier moves count: an actor may outlive many hosts. */
function beginsAnew({ config }: PeerState, row: TaskRow): void {
  row.deaths = 0
  row.executions = 1
  row.movesLeft = config.maxFreeMoves
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
  if (row.spec.call && !poison && (item.code === 'PEER_DIED' || item.code === 'WORKER_DIED')) {
    const message = `${row.spec.fn} may or may not have run: ${said}`
    return giveFailure(state, row, { ...failure(row, 'ACTOR_UNAVAILABLE', 'lost', message), peer: item.peer })
  }
  const failed = failure(row, poison ? 'PEER_DIED' : item.code, reason, `${row.spec.fn} failed after ${tries}: ${said}`)
  giveFailure(state, row, { ...failed, peer: item.peer, cause: item.cause })
}
