// Saying that nothing moves: tasks of this peer wait, none of them is at a peer that is there, and nothing was asked
// for, given out or settled for `stuckMs`. Told once, with what the oldest of them wait for; again when something
// has moved since. What runs for long is not stuck: that it runs is all that can be known.

import type { Instant } from '../model/ids.ts'
import { after, never, peerOf } from '../model/ids.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import type { TaskRow } from '../state/tasks.ts'

/** So many of those that wait are looked at. */
const mostTold = 3

export function noticeStuck(state: PeerState, now: Instant): void {
  const { timers, tasks, counters } = state
  const moves = counters.submitted + counters.settled + counters.executions
  if (moves !== timers.stuckMoves) {
    timers.stuckMoves = moves
    timers.movedAt = now
    timers.stuckAt = tasks.pending === 0 ? never : after(now, state.config.stuckMs)
  }
  if (timers.stuckAt > now) return
  const waiting = [...tasks.all()].filter(({ state: at }) => at !== 'settled')
  const runs = waiting.some(({ at }) => at !== null && state.members.lives(at))
  timers.stuckAt = runs ? after(now, state.config.stuckMs) : never
  if (runs || waiting.length === 0) return
  const forMs = now - timers.movedAt
  const why = waiting.slice(0, mostTold).map(({ spec }) => {
    const [line] = state.see(state, { what: 'explain', id: spec.id, limit: 1 }, now)
    return String(line?.['text'] ?? spec.fn)
  })
  notify(state, { type: 'task:stuck', waiting: waiting.length, forMs, why })
  tellPrograms(state, waiting, why)
}

/** Whoever waits for the parent of what waits here hears of it as of a line that its task prints. */
function tellPrograms(state: PeerState, waiting: readonly TaskRow[], why: readonly string[]): void {
  const child = waiting.find(({ spec }) => spec.depth > 0)
  if (!child) return
  const { id: task, fn, context, depth } = child.spec
  const { attempt } = child
  const text = `stuck on ${state.members.nameOf(peerOf(state.self))}: ${why.join('; ')}`
  const line = { task, fn, attempt, context, depth, level: 'warn', text, peer: state.peer, nth: 0, again: 0 } as const
  say(state, state.self, { type: 'printed', line })
}
