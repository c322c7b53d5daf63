// Which ready task goes to which peer, and when: the scheduler's pump. Runs once per turn, after
// everything is recorded, so a burst of submits leaves as one batch per peer. Work that nobody in
// the mesh could ever run is given a time to be proven wrong, then fails with the reasons.

import type { Instant, LifeId, TaskId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { Assignment, Input } from '../model/messages.ts'
import type { Epoch, TaskSpec } from '../model/task.ts'
import { weighAttempt } from '../model/weight.ts'
import { failure } from '../state/failures.ts'
import { locate } from '../state/locate.ts'
import type { Member } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say, stamp } from '../state/peer-state.ts'
import type { Candidate } from '../state/placement.ts'
import { best, resourceRoom, score, spreadMs, unfit } from '../state/placement.ts'
import type { ReadyClass } from '../state/scheduler.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

type Batches = Map<LifeId, { epoch: Epoch; attempts: Assignment[] }[]>

/** Above this many candidates only a sample is scored. */
const sampleAbove = 32

export function assignReady(state: PeerState, now: Instant): void {
  if (state.scheduler.readyCount === 0) return
  // Where nobody has room nothing is taken, and what ended meanwhile would stay.
  state.scheduler.sweep(state.tasks.pending, (id) => state.tasks.get(id)?.state === 'ready')
  const batches: Batches = new Map()
  for (const ready of state.scheduler.classes()) assignClass(state, ready, batches, now)
  for (const [life, groups] of batches) {
    for (const { epoch, attempts } of groups) {
      for (const frame of inFrames(attempts, state.config.frameBytes))
        say(state, life, { type: 'assign', epoch, attempts: frame })
    }
  }
}

function assignClass(state: PeerState, ready: ReadyClass, batches: Batches, now: Instant): void {
  let { candidates, fit } = candidatesFor(state, ready)
  if (candidates.length > sampleAbove) candidates = state.rng.sample(candidates, sampleAbove)
  while (candidates.some((candidate) => candidate.room > 0)) {
    const id = state.scheduler.take(ready)
    if (id === undefined) return
    const row = state.tasks.get(id)
    if (row?.state !== 'ready') continue
    const inputs = inputsOf(state, row)
    if (!inputs || isTooHeavy(state, row, inputs)) continue
    const chosen = choose(state, row, inputs, candidates)
    if (!chosen) {
      state.scheduler.ready(row.spec, true)
      break
    }
    assign(state, row, chosen, now)
    chosen.room--
    chosen.out++
    addBeside(chosen, row.spec)
    collect(batches, chosen.life, row, inputs)
  }
  if (fit) ready.unfit = false
  else unplaced(state, ready, now)
}

function candidatesFor(state: PeerState, ready: ReadyClass): { candidates: Candidate[]; fit: boolean } {
  const candidates: Candidate[] = []
  let fit = false
  for (const member of state.members.all()) {
    if (member.state !== 'alive' && member.state !== 'suspect') continue
    if (unfit(member, ready.needs) !== null) continue
    if (member.peer === state.peer && state.leaving) continue
    fit = true
    if (member.hearsay && member.peer !== state.peer) continue
    // A suspect keeps what it has; it gets nothing new until it has refuted.
    if (member.state === 'suspect') continue
    const slots = member.profile?.slots ?? 0
    const { life } = member
    const room = Math.min(state.scheduler.room(life, slots), resourcesLeft(state, member, ready))
    candidates.push({ life, member, room, out: state.scheduler.out(life), avoided: false, beside: null })
  }
  return { candidates, fit }
}

/** Attempts less deep do not count: they may be waiting for this one. */
function resourcesLeft(state: PeerState, member: Member, { needs, depth }: ReadyClass): number {
  if (needs.resources === undefined) return Number.POSITIVE_INFINITY
  const there = state.tasks.assignedTo(member.life).filter(({ spec }) => spec.depth >= depth)
  return resourceRoom(
    member,
    needs,
    there.map(({ spec }) => spec.policy.needs),
  )
}

/** Attempts that the peer has of the same function from the same context. */
function besides(state: PeerState, candidate: Candidate, spec: TaskSpec): number {
  if (!candidate.beside) {
    candidate.beside = new Map()
    for (const other of state.tasks.assignedTo(candidate.life)) addBeside(candidate, other.spec)
  }
  return candidate.beside.get(spreadKey(spec)) ?? 0
}

function addBeside({ beside }: Candidate, spec: TaskSpec): void {
  beside?.set(spreadKey(spec), (beside.get(spreadKey(spec)) ?? 0) + 1)
}

function spreadKey(spec: TaskSpec): string {
  return `${spec.context}|${spec.code}/${spec.fn}`
}

function choose(
  state: PeerState,
  row: TaskRow,
  inputs: readonly Input[],
  candidates: readonly Candidate[],
): Candidate | null {
  // It runs there: that takes no room.
  const there = row.rejoin === null ? undefined : candidates.find(({ life }) => life === row.rejoin)
  if (there) return there
  const only = candidates.length === 1 ? candidates[0] : undefined
  if (only) return only.room > 0 ? only : null
  const { prefer, spread } = row.spec.policy
  return best(candidates, (candidate) => {
    const preferred = unfit(candidate.member, prefer) === null
    const avoided = row.avoid.has(candidate.member.peer)
    const missing = inputs.length === 0 ? 0 : missingBytes(inputs, candidate.life)
    const apart = spread ? spreadMs * besides(state, candidate, row.spec) : 0
    const estimate = score(
      avoided ? { ...candidate, avoided } : candidate,
      state.scheduler.expectedMs(row.spec, candidate.life),
      missing,
      preferred,
    )
    return estimate + apart
  })
}

function missingBytes(inputs: readonly Input[], life: LifeId): number {
  let bytes = 0
  for (const { located } of inputs)
    if (located.type === 'stored' && !located.holders.includes(life)) bytes += located.size
  return bytes
}

/** Null when an input has gone missing since: the task waits again. */
function inputsOf(state: PeerState, row: TaskRow): Input[] | null {
  const inputs: Input[] = []
  for (const link of row.spec.refs) {
    if (!link.top) continue
    const found = locate(state, link.object, link.owner)
    if (found === null || found.located.type === 'failure') {
      state.tasks.retrying(row, 0 as Instant)
      state.deadlines.set(row.spec.id, 0 as Instant)
      return null
    }
    inputs.push({ object: link.object, source: found.source, owner: found.owner, located: found.located })
  }
  return inputs
}

function assign(state: PeerState, row: TaskRow, chosen: Candidate, now: Instant): void {
  state.tasks.assigned(row, chosen.life, now)
  state.scheduler.assigned(chosen.life)
  state.counters.executions++
  if (row.attemptTimeoutAt !== never || row.timeoutAt !== never) state.deadlines.set(row.spec.id, Tasks.dueAt(row))
  if (row.attempt > 1)
    state.tasks.tell(
      row,
      `${stamp(state, now)} attempt ${row.attempt} given to ${state.members.nameOf(chosen.member.peer)}`,
    )
}

function collect(batches: Batches, life: LifeId, row: TaskRow, inputs: readonly Input[]): void {
  let groups = batches.get(life)
  if (!groups) batches.set(life, (groups = []))
  let group = groups.find(({ epoch }) => epoch.number === row.epoch.number && epoch.by === row.epoch.by)
  if (!group) groups.push((group = { epoch: row.epoch, attempts: [] }))
  const { spec, attempt, formerly } = row
  group.attempts.push(formerly.length === 0 ? { spec, attempt, inputs } : { spec, attempt, inputs, formerly })
}

/** Arguments that are small one by one and together more than a frame can carry: said, not tried. */
function isTooHeavy(state: PeerState, row: TaskRow, inputs: readonly Input[]): boolean {
  if (inputs.length < 64) return false
  const bytes = weighAttempt({ spec: row.spec, attempt: row.attempt, inputs })
  const limit = state.config.maxFrameBytes * 0.9
  if (bytes <= limit) return false
  const way = 'gather them in steps, or pass refs inside a list and get them in the task'
  const message = `${row.spec.fn} has ${inputs.length} arguments of ${bytes} bytes together, and at most ${Math.floor(limit)} travel at once: ${way}`
  state.agenda.conclude.push({
    task: row.spec.id,
    result: { type: 'failure', failure: failure(row, 'OVERLOADED', 'arguments', message) },
    holder: null,
  })
  return true
}

/** As many attempts per message as make about one frame. */
function inFrames(attempts: readonly Assignment[], frameBytes: number): Assignment[][] {
  const frames: Assignment[][] = []
  let bytes = frameBytes
  for (const attempt of attempts) {
    if (bytes >= frameBytes) {
      frames.push([])
      bytes = 0
    }
    frames.at(-1)?.push(attempt)
    bytes += weighAttempt(attempt)
  }
  return frames
}

/** Nobody here satisfies these needs: each of them gets a deadline, unless somebody who does comes before. */
function unplaced(state: PeerState, ready: ReadyClass, now: Instant): void {
  const { queue } = ready
  // Those that were there before have theirs; newcomers stand at either end.
  for (let at = 0; at < queue.length && mark(state, queue.peekAt(at), now, !ready.unfit); at++);
  for (let at = queue.length - 1; at >= 0 && mark(state, queue.peekAt(at), now, !ready.unfit); at--);
  ready.unfit = true
}

/** False when this one had its deadline already. */
function mark(state: PeerState, id: TaskId | undefined, now: Instant, anew: boolean): boolean {
  const row = id === undefined ? undefined : state.tasks.get(id)
  if (row?.state !== 'ready') return true
  if (row.placeBy !== never && !anew) return false
  row.placeBy = after(now, state.config.placeTimeoutMs)
  state.deadlines.set(row.spec.id, Tasks.dueAt(row))
  return true
}
