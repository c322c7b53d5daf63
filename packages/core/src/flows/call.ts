// Calls of actors, where they are made: each goes to where its actor lives, after those that the same context made
// before it. Where that is, whoever answers for the actor says; while it is nowhere the calls wait, for a time.
// A call that was out when its actor's host was lost may or may not have run: asked again when its caller allows that.

import type { ContextId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import type { Assignment, Message } from '../model/messages.ts'
import type { Failure } from '../model/object.ts'
import type { Epoch, RefLink, TaskSpec } from '../model/task.ts'
import { inFrames, weighAttempt } from '../model/weight.ts'
import type { Callee } from '../state/callees.ts'
import { failure, giveFailure } from '../state/failures.ts'
import { currentSpec } from '../state/guarding.ts'
import { askAgain, inputsFor, locate, request } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import { tellGiven } from '../state/recording.ts'
import { streamOrder } from '../state/streaming.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'

type Batch = { readonly epoch: Epoch; readonly attempts: Assignment[] }

/** Once per turn: what can go goes. */
export function sendCalls(state: PeerState, now: Instant): void {
  const { callees } = state
  if (!callees.isStirred) return
  callees.isStirred = false
  for (const callee of callees.all()) {
    const link = linkOf(state, callee)
    const found = locate(state, link.object, link.owner)
    if (found?.located.type === 'failure') {
      refuse(state, callee, (row) => endedFailure(row, found.located as { failure: Failure }))
      continue
    }
    const { object, owner } = finalOf(state, link)
    callee.meant = object
    if (callee.at === null) lookFor(state, callee, object, owner)
    if (callee.at !== null) send(state, callee, now)
    callees.await(callee, now, { askMs: state.config.adoptMs, waitMs: state.config.placeTimeoutMs })
  }
}

/** As its calls name it. */
function linkOf(state: PeerState, { actor, open }: Callee): Pick<RefLink, 'object' | 'owner'> {
  for (const task of open.keys()) {
    const link = state.tasks.get(task)?.spec.refs.findLast(({ object }) => object === actor)
    if (link) return { object: actor, owner: state.holds.get(actor)?.owner ?? link.owner }
  }
  return { object: actor, owner: state.self }
}

const hopsMost = 64

/** Of an actor that was there already under its name: that one. */
function finalOf(state: PeerState, link: Pick<RefLink, 'object' | 'owner'>): Pick<RefLink, 'object' | 'owner'> {
  let at = link
  for (let hops = 0; hops < hopsMost; hops++) {
    const next = state.directory.get(at.object)?.alias ?? aliasElsewhere(state, at.object)
    if (!next) break
    at = next
  }
  return { object: at.object, owner: state.holds.get(at.object)?.owner ?? at.owner }
}

function aliasElsewhere(state: PeerState, object: ObjectId): RefLink | null {
  const located = state.elsewhere.get(object)?.located
  return located?.type === 'alias' ? located.link : null
}

/** We know it ourselves, or whoever answers for it is asked. */
// oxlint-disable-next-line max-params -- who calls, and what it calls
function lookFor(state: PeerState, callee: Callee, object: ObjectId, owner: LifeId): void {
  const row = state.tasks.get(object as string as TaskId)
  if (row?.spec.actor && row.at !== null && row.hosted !== null && !state.members.ended(row.at)) {
    state.callees.hosted(callee, row.at, row.hosted)
    return
  }
  // Another context here called it, and holds it still: who was asked then says nothing twice.
  const home = state.elsewhere.get(object)?.home
  if (home && !state.members.ended(home.at)) return void state.callees.hosted(callee, home.at, home.epoch)
  request(state, callee.actor, owner)
}

function send(state: PeerState, callee: Callee, now: Instant): void {
  const at = callee.at as LifeId
  const batches: Batch[] = []
  const held = behind(state, callee)
  for (const [context, line] of callee.lines) {
    for (let head = line[0]; head && callee.out.size < state.config.callsAhead; head = line[0]) {
      if (head.nth > (held.get(context) ?? Number.POSITIVE_INFINITY)) break
      const row = state.tasks.get(head.task)
      if (row?.state !== 'ready') break
      const inputs = inputsFor(state, row.spec.refs)
      if (!inputs) {
        state.tasks.retrying(row, now)
        state.deadlines.set(row.spec.id, now)
        break
      }
      state.callees.sent(callee, context, head.task)
      state.tasks.assigned(row, at, now)
      tellGiven(state, row, at)
      state.counters.executions++
      if (row.attemptTimeoutAt !== never || row.timeoutAt !== never) state.deadlines.set(row.spec.id, Tasks.dueAt(row))
      const stream = streamOrder(state, row)
      const call = { spec: meaning(currentSpec(state, row.spec), callee), attempt: row.attempt, inputs }
      collect(batches, row, stream ? { ...call, stream } : call)
    }
  }
  for (const { epoch, attempts } of batches)
    for (const frame of inFrames(attempts, weighAttempt, state.config.frameBytes))
      say(state, at, { type: 'assign', epoch, attempts: frame })
}

/** The place of the first call of each context that is out where the actor lived before: it goes here first, should it come back. */
function behind({ tasks }: PeerState, { at, behind: left, open }: Callee): ReadonlyMap<ContextId, number> {
  const first = new Map<ContextId, number>()
  for (const task of left) {
    const row = tasks.get(task)
    const nth = open.get(task)
    if (!row || nth === undefined || row.at === at) continue
    first.set(row.spec.context, Math.min(nth, first.get(row.spec.context) ?? nth))
  }
  return first
}

/** Named as its host knows it. */
function meaning(spec: TaskSpec, { actor, meant }: Callee): TaskSpec {
  return actor === meant || !spec.call ? spec : { ...spec, call: { ...spec.call, actor: meant } }
}

/** The calls of one context share its epoch. */
function collect(batches: Batch[], { epoch }: TaskRow, assignment: Assignment): void {
  let batch = batches.find((one) => one.epoch.number === epoch.number && one.epoch.by === epoch.by)
  if (!batch) batches.push((batch = { epoch, attempts: [] }))
  batch.attempts.push(assignment)
}

/** Those that have not gone there, each with its reason. */
function refuse(state: PeerState, callee: Callee, why: (row: TaskRow) => Failure): void {
  for (const line of callee.lines.values()) {
    for (const { task } of line) {
      const row = state.tasks.get(task)
      if (row && row.state !== 'settled') giveFailure(state, row, why(row))
    }
  }
}

/** With the reason for which there is no actor, where that is another than its end. */
function endedFailure(row: TaskRow, { failure: because }: { readonly failure: Failure }): Failure {
  const code = because.code === 'OBJECT_LOST' ? 'ACTOR_DIED' : because.code
  const isUnanswered = because.code === 'OBJECT_LOST' && because.reason === 'owner-died'
  const how = isUnanswered ? 'its actor is gone with whoever answered for it' : because.message
  const message = `${row.spec.fn} did not run: ${how}`
  const failed = failure(row, code, because.reason, message)
  return { ...failed, peer: because.peer, cause: because.cause, story: [...row.story, ...because.story].slice(0, 64) }
}

/** That is where it lives: from its host, if we answer for it, or from whoever does. */
export function hosted(
  state: PeerState,
  from: LifeId,
  { actor, at, epoch, begun }: Extract<Message, { type: 'hosted' }>,
): void {
  const row = state.tasks.get(actor as string as TaskId)
  if (row?.spec.actor && state.directory.get(actor)) {
    if (from !== at || row.state !== 'assigned' || row.at !== from) return void state.counters.strayed++
    row.hosted = epoch
    if (begun && row.attempt > 1) notifyRestart(state, row)
    for (const life of state.directory.get(actor)?.wantedBy ?? [])
      say(state, life, { type: 'hosted', actor, at, epoch, begun })
  } else if (state.holds.get(actor)?.owner !== from) return void state.counters.strayed++
  else state.elsewhere.housed(actor, { at, epoch })
  // Whoever says so may not have heard yet that it is gone.
  if (state.members.ended(at)) return
  for (const callee of state.callees.all()) {
    if (finalOf(state, linkOf(state, callee)).object !== actor) continue
    const before = callee.at
    if (state.callees.hosted(callee, at, epoch) && before !== null && before !== at) leaveBehind(state, callee, before)
  }
}

/** What it waits for its owner can say, and has a bound of its own. */
export function unmade(state: PeerState, from: LifeId, actor: ObjectId): void {
  if (state.holds.get(actor)?.owner !== from) return void state.counters.strayed++
  for (const callee of state.callees.all()) {
    if (finalOf(state, linkOf(state, callee)).object !== actor) continue
    callee.by = never
    state.callees.isStirred = true
  }
}

function notifyRestart(state: PeerState, { spec, attempt, story }: TaskRow): void {
  const reason = story.at(-2) ?? 'its host is gone'
  notify(state, { type: 'actor:restarted', task: spec.id, fn: spec.fn, incarnation: attempt, reason })
}

/** What was out at an earlier host counts no more, whatever it says. */
function leaveBehind(state: PeerState, { out }: Callee, at: LifeId): void {
  for (const task of out) {
    const row = state.tasks.get(task)
    if (row?.at !== at) continue
    const base = { task, attempt: row.attempt, charge: 'retry', code: 'PEER_DIED', cause: null, peer: null } as const
    state.agenda.requeue.push({ ...base, killed: false, reason: 'its actor lives on another peer now' })
    const reason = 'its actor lives elsewhere'
    say(state, at, { type: 'abort', task, attempt: row.attempt, reason, moved: true })
  }
}

/** A life is over: no actor lives there. */
export function hostGone(state: PeerState, life: LifeId): void {
  for (const callee of state.callees.all()) state.callees.lost(callee, life)
}

export function dueCalls(state: PeerState, now: Instant): void {
  for (const callee of state.callees.all()) {
    const { object } = finalOf(state, linkOf(state, callee))
    if (callee.by <= now) {
      callee.by = never
      const actor = state.tasks.get(object as string as TaskId)
      if (actor && Tasks.isToBeMade(actor)) state.callees.isStirred = true
      else refuse(state, callee, (row) => unavailable(state, row))
    }
    if (callee.askAt > now) continue
    callee.askAt = never
    state.callees.isStirred = true
    if (state.elsewhere.get(object)?.located === null) askAgain(state, object)
  }
}

function unavailable({ config }: PeerState, row: TaskRow): Failure {
  const message = `${row.spec.fn} did not run: for ${config.placeTimeoutMs / 1_000} s nobody could say where its actor lives (placeTimeoutMs)`
  return failure(row, 'ACTOR_UNAVAILABLE', 'no-host', message)
}
