// A second attempt beside one that takes unusually long (Dean and Barroso, The Tail at Scale, 2013): for calls
// that ask for it, when no task is ready and a slot somewhere has nothing to do. Whichever is done first
// counts; conclude tells the other one to stop. What is usual is known from the function's latest runs.

import type { Instant } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import { candidatesFor, choose } from '../state/candidates.ts'
import { inputsFor } from '../state/locate.ts'
import { isHidden } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import { tellTrouble } from '../state/recording.ts'
import type { Candidate } from '../state/placement.ts'
import type { TaskRow } from '../state/tasks.ts'

/** So many times as long as three in four runs take. */
const patience = 1.5

export function hedgeLate(state: PeerState, now: Instant): void {
  const { timers, tasks, scheduler } = state
  timers.hedgeAt = never
  if (tasks.hedgeable.size === 0 || scheduler.readyCount > 0) return
  for (const row of tasks.hedgeable) {
    const at = lateAt(state, row)
    if (at <= now) hedge(state, row, now)
    else if (at < timers.hedgeAt) timers.hedgeAt = at
  }
}

/** When the current attempt has taken unusually long, what it may have waited in line there included. */
function lateAt({ scheduler, config }: PeerState, row: TaskRow): Instant {
  const usualMs = scheduler.typicalMs(row.spec)
  if (usualMs === null || row.ending || row.overdue) return never
  return after(row.assignedAt, usualMs * patience + config.creditMs)
}

function hedge(state: PeerState, row: TaskRow, now: Instant): void {
  const { spec, at } = row
  const kind = { needs: spec.policy.needs, depth: spec.depth, isApart: false }
  const idle = candidatesFor(state, kind).candidates.filter(
    (one) => one.life !== at && !row.avoid.has(one.member.peer) && isIdle(state, one) && !isHidden(one.member.profile),
  )
  const inputs = idle.length === 0 ? null : inputsFor(state, spec.refs)
  const chosen = inputs && choose(state, row, inputs, idle)
  if (!inputs || !chosen) return
  state.tasks.hedge(row, chosen.life, now)
  state.scheduler.assigned(chosen.life)
  state.counters.executions++
  const attempt = row.numbered
  const { peer } = chosen.member
  tellTrouble(
    state,
    row,
    { what: 'hedged', attempt, life: chosen.life },
    `attempt ${attempt} given to ${state.members.nameOf(peer)} beside it`,
  )
  notify(state, { type: 'task:hedged', task: spec.id, fn: spec.fn, attempt, peer })
  say(state, chosen.life, { type: 'assign', epoch: row.epoch, attempts: [{ spec, attempt, inputs, extra: true }] })
}

/** It has a slot that runs nothing, as far as is known. */
function isIdle({ self, executor }: PeerState, { life, member, room, out }: Candidate): boolean {
  const slots = member.profile?.slots ?? 0
  const free = life === self ? executor.slots - executor.running : (member.load?.free ?? slots)
  return room > 0 && free > 0 && out < slots
}
