// Which ready task goes to which peer, and when: the scheduler's pump. Runs once per turn, after
// everything is recorded, so a burst of submits leaves as one batch per peer. Work that nobody in
// the mesh could ever run is given a time to be proven wrong, then fails with the reasons.

import { isApart } from '../model/actor.ts'
import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { after, itemIn, never } from '../model/ids.ts'
import type { Assignment, Input } from '../model/messages.ts'
import type { Epoch, TaskSpec } from '../model/task.ts'
import { isStream } from '../model/task.ts'
import { inFrames, weighAttempt } from '../model/weight.ts'
import {
  addBeside,
  candidatesFor,
  choose,
  missingBytes,
  isWithoutVoter,
  votersFor,
  withAhead,
} from '../state/candidates.ts'
import { failure } from '../state/failures.ts'
import { currentSpec } from '../state/guarding.ts'
import { inputsFor } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import type { Candidate } from '../state/placement.ts'
import { doneElsewhereMs, doneThereMs, transferMs } from '../state/placement.ts'
import { tellGiven } from '../state/recording.ts'
import type { ReadyClass } from '../state/scheduler.ts'
import { streamOrder } from '../state/streaming.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

type Batches = Map<LifeId, { epoch: Epoch; attempts: Assignment[] }[]>

/** Others count as faster when they need less than this part of the time. */
const faster = 2 / 3
/** So many that wait for somebody faster are passed over in a turn, for what is behind them; of ballots, for somebody else. */
const asideMost = 16
const ballotsAside = 256

export function assignReady(state: PeerState, now: Instant): void {
  state.scheduler.waitsUntil = never
  state.scheduler.hasFreed = false
  if (state.scheduler.readyCount === 0) return
  // Where nobody has room nothing is taken, and what ended meanwhile would stay.
  state.scheduler.sweep(state.tasks.pending, (id) => state.tasks.get(id)?.state === 'ready')
  const batches: Batches = new Map()
  for (const ready of state.scheduler.classes()) assignClass(state, ready, batches, now)
  for (const [life, groups] of batches) {
    for (const { epoch, attempts } of groups) {
      for (const frame of inFrames(attempts, weighAttempt, state.config.frameBytes))
        say(state, life, { type: 'assign', epoch, attempts: frame })
    }
  }
}

function assignClass(state: PeerState, ready: ReadyClass, batches: Batches, now: Instant): void {
  const { candidates, fit } = candidatesFor(state, ready)
  const aside: TaskSpec[] = []
  let isWaiting = false
  while (
    aside.length < (ready.isBallots ? ballotsAside : asideMost) &&
    candidates.some((candidate) => candidate.room > 0)
  ) {
    const id = state.scheduler.take(ready, (task) => state.tasks.get(task)?.spec)
    if (id === undefined) break
    const row = state.tasks.get(id)
    if (row?.state !== 'ready') continue
    const inputs = inputsOf(state, row)
    if (!inputs || isTooHeavy(state, row, inputs)) continue
    const queued = ready.queue.length + aside.length + 1
    const able = ready.isBallots ? votersFor(state, id, candidates) : candidates
    if (able.length === 0) mark(state, id, now, false)
    const { chosen, slow } = chooseFast(state, row, { candidates: able, inputs, queued })
    // Those behind the first that waits have its time: they are first when it is gone.
    if (!chosen && slow && (isWaiting || mayWait(state, ready, row, slow, now))) {
      isWaiting = true
      aside.push(row.spec)
      continue
    }
    const to = chosen ?? slow
    if (!to && ready.isBallots) {
      aside.push(row.spec)
      continue
    }
    if (!to) {
      state.scheduler.putBack(row.spec)
      break
    }
    assign(state, row, to, now)
    if (ready.isBallots) markOthers(state, id, now)
    to.room--
    to.out++
    addBeside(to, row.spec)
    collect(batches, to.life, row, {
      inputs,
      spec: currentSpec(state, row.spec),
      remake: remakeOf(state, row),
      stream: streamOrder(state, row),
    })
  }
  for (const spec of aside.reverse()) state.scheduler.putBack(spec)
  const newcomers = ready.queue.takeNewcomers()
  if (fit) ready.unfit = false
  else unplaced(state, ready, newcomers, now)
}

/** What it is to put again. */
function remakeOf(state: PeerState, { spec }: TaskRow): readonly ObjectId[] {
  const maker = state.makers.get(spec.id)
  if (!maker || maker.awaited.size === 0) return none
  for (const object of maker.awaited) maker.told.add(object)
  // Items are told by their numbers.
  return isStream(spec) ? [...maker.awaited].filter((object) => itemIn(object) === null) : [...maker.awaited]
}

const none: readonly ObjectId[] = []

interface Choice {
  readonly candidates: readonly Candidate[]
  readonly inputs: readonly Input[]
  /** Tasks in the queue, this one among them. */
  readonly queued: number
}

/** The best with room that is not too slow for it; or none, and the best that is. */
function chooseFast(
  state: PeerState,
  row: TaskRow,
  choice: Choice,
): { chosen: Candidate | null; slow: Candidate | null } {
  let slow: Candidate | null = null
  for (let from = choice.candidates; ;) {
    const chosen = choose(state, row, choice.inputs, from)
    if (!chosen || !isSlow(state, row, chosen, choice)) return { chosen, slow }
    slow ??= chosen
    from = from.filter((other) => other !== chosen)
  }
}

/**
 * A slow peer with room is not where the end of a queue should go: those that are faster would be through with
 * all of it sooner. Unless it had bad luck with those, or is rather to be spread than quick.
 */
// oxlint-disable-next-line max-params -- as many parts as a choice has
function isSlow(
  state: PeerState,
  { spec, avoid, rejoin }: TaskRow,
  chosen: Candidate,
  { candidates, inputs, queued }: Choice,
): boolean {
  const { scheduler, config } = state
  const eachMs = scheduler.measuredMs(spec, chosen.life)
  // So much is handed out ahead of time anyway.
  if (eachMs === null || eachMs <= config.creditMs || spec.policy.spread || rejoin !== null) return false
  const msAt = ({ life }: Candidate): number =>
    (scheduler.expectedMs(spec, life) ?? eachMs) + transferMs(missingBytes(inputs, life))
  const others = candidates.filter((other) => msAt(other) < eachMs * faster && !avoid.has(other.member.peer))
  if (others.length === 0) return false
  const queues = others.map((other) => withAhead(state, other, spec))
  return doneElsewhereMs(queues, queued, msAt) < doneThereMs(withAhead(state, chosen, spec), eachMs)
}

/** They may not be: so it waits for no longer than it would have taken (the rule for renting skis: at worst that doubles it). */
// oxlint-disable-next-line max-params -- who, where and when
function mayWait(state: PeerState, ready: ReadyClass, { spec }: TaskRow, slow: Candidate, now: Instant): boolean {
  const eachMs = state.scheduler.measuredMs(spec, slow.life) ?? 0
  return state.scheduler.waits(ready, spec.id, { now, ms: doneThereMs(withAhead(state, slow, spec), eachMs) })
}

function assign(state: PeerState, row: TaskRow, chosen: Candidate, now: Instant): void {
  state.tasks.assigned(row, chosen.life, now)
  if (!isApart(row.spec)) state.scheduler.assigned(chosen.life)
  state.counters.executions++
  if (row.attemptTimeoutAt !== never || row.timeoutAt !== never) state.deadlines.set(row.spec.id, Tasks.dueAt(row))
  tellGiven(state, row, chosen.life)
}

/** Null when an input has gone missing since: the task waits again. */
function inputsOf(state: PeerState, row: TaskRow): Input[] | null {
  const inputs = inputsFor(state, row.spec.refs)
  if (inputs) return inputs
  state.tasks.retrying(row, state.timers.turnAt)
  state.deadlines.set(row.spec.id, state.timers.turnAt)
  return null
}

// oxlint-disable-next-line max-params -- what goes where
function collect(
  batches: Batches,
  life: LifeId,
  row: TaskRow,
  {
    inputs,
    spec,
    remake,
    stream,
  }: Pick<Assignment, 'inputs' | 'spec' | 'stream'> & { readonly remake: readonly ObjectId[] },
): void {
  let groups = batches.get(life)
  if (!groups) batches.set(life, (groups = []))
  let group = groups.find(({ epoch }) => epoch.number === row.epoch.number && epoch.by === row.epoch.by)
  if (!group) groups.push((group = { epoch: row.epoch, attempts: [] }))
  const { attempt, formerly } = row
  const assignment = formerly.length === 0 ? { spec, attempt, inputs } : { spec, attempt, inputs, formerly }
  const withRemake = remake.length === 0 ? assignment : { ...assignment, remake }
  group.attempts.push(stream === undefined ? withRemake : { ...withRemake, stream })
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

/** Nobody here satisfies these needs: each of them gets a deadline, unless somebody who does comes before. */
// oxlint-disable-next-line max-params -- who waits, since when
function unplaced(state: PeerState, ready: ReadyClass, newcomers: readonly TaskId[], now: Instant): void {
  // Those that were there before have theirs.
  const { unfit, queue } = ready
  for (const id of unfit ? newcomers : queue.all()) mark(state, id, now, !unfit)
  ready.unfit = true
}

/** We slept: who is there we have yet to hear, and whoever waits for somebody that can, or for copies, waits from now on. */
export function slept(state: PeerState, now: Instant): void {
  for (const row of state.durables.values()) row.by = never
  for (const row of state.tasks.all()) if (row.placeBy !== never) mark(state, row.spec.id, now, true)
}

/** Those of the same vote for whom nobody is left now. */
function markOthers(state: PeerState, ballot: TaskId, now: Instant): void {
  for (const { id } of state.polls.of(ballot)?.ballots ?? []) {
    const row = state.tasks.get(id)
    if (row?.state === 'ready' && isWithoutVoter(state, row)) mark(state, id, now, false)
  }
}

/** `anew`: the deadline that it may have counts no more. */
// oxlint-disable-next-line max-params -- whom, when and how
function mark(state: PeerState, id: TaskId, now: Instant, anew: boolean): void {
  const row = state.tasks.get(id)
  if (row?.state !== 'ready' || (row.placeBy !== never && !anew)) return
  row.placeBy = after(now, state.config.placeTimeoutMs)
  state.deadlines.set(row.spec.id, Tasks.dueAt(row))
}
