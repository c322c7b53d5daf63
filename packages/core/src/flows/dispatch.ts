// Which flow takes what: one table for events of the shell, one for messages of peers. Whatever
// arrives is recorded here and nowhere else; a message that is not its sender's to send is counted
// and dropped.

import type { PeerEvent } from '../model/events.ts'
import type { Instant, LifeId } from '../model/ids.ts'
import { peerOf, resultOf } from '../model/ids.ts'
import type { Frame, Message, Signal } from '../model/messages.ts'
import { openSession } from '../state/announce.ts'
import { delivered } from '../state/answer.ts'
import { outcomesTaken } from '../state/forgetting.ts'
import { leaves } from '../state/residents.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import { refusalOf, roleOf } from '../state/permits.ts'
import * as adopt from './adopt.ts'
import * as anew from './anew.ts'
import * as assign from './assign.ts'
import * as call from './call.ts'
import * as change from './change.ts'
import * as claims from './claims.ts'
import { keepCode } from './code.ts'
import * as compare from './compare.ts'
import * as conclude from './conclude.ts'
import { durable } from './durable.ts'
import * as execute from './execute.ts'
import * as find from './find.ts'
import * as guard from './guard.ts'
import * as jobs from './jobs.ts'
import * as join from './join.ts'
import * as observe from './observe.ts'
import * as print from './print.ts'
import * as recover from './recover.ts'
import * as release from './release.ts'
import * as relieve from './relieve.ts'
import * as remake from './remake.ts'
import * as replicate from './replicate.ts'
import * as resolve from './resolve.ts'
import * as lease from './lease.ts'
import * as names from './names.ts'
import * as stand from './stand.ts'
import * as stream from './stream.ts'
import * as submit from './submit.ts'
import * as supervise from './supervise.ts'

type EventOf<T> = Extract<PeerEvent, { type: T }>
type MessageOf<T> = Extract<Message, { type: T }>

type Recorders = { readonly [T in PeerEvent['type']]: (state: PeerState, event: EventOf<T>, now: Instant) => void }
type Takers = {
  readonly [T in Message['type']]: (state: PeerState, from: LifeId, message: MessageOf<T>, now: Instant) => void
}

const recorders: Recorders = {
  linked: (state, { life, role }, now) => {
    if (claims.introduce(state, life, now)) {
      state.members.admitted(life, role)
      join.linked(state, life, now)
    } else state.effects.push({ type: 'hang-up', peer: peerOf(life), reason: 'an older life of that peer' })
  },
  unlinked: (state, { life }, now) => join.unlinked(state, life, now),
  'dial-failed': (state, { peer, refused }, now) => {
    join.dialFailed(state, peer, refused, now)
    const row = state.members.get(peer)
    if (row) observe.repay(state, row.life, false)
  },
  received: (state, { frame }, now) => receive(state, frame, now),
  writable: (state, { peer, writable }) => state.links.setWritable(peer, writable),
  violated: (state) => void state.counters.violations++,
  slept: (state, _event, now) => {
    observe.slept(state, now)
    recover.slept(state, now)
    assign.slept(state, now)
  },
  skipped: (state, _event, now) => recover.skipped(state, now),
  entry: (state, { peer, addresses }) => state.links.entry(peer, addresses),
  described: (state, event, now) => {
    join.described(state, event, now)
    if (event.slots === 0) execute.pause(state, now)
  },
  standstill: (state, _event, now) => {
    join.described(state, { slots: 0 }, now)
    // There may be no later turn for it.
    state.timers.gossipAt = now
    execute.standStill(state)
  },
  founded: (state) => join.founded(state),
  leave: (state, _event, now) => {
    submit.leaveAttached(state)
    execute.giveBack(state)
    join.leave(state, now, join.leaveMs)
  },
  unplug: (state, { peer }) => {
    if (peer === state.self) unplug(state, peer)
    else say(state, peer, { type: 'unplug' })
  },
  drain: (state, { peer, withinMs }, now) => {
    if (peer === state.self) drain(state, withinMs, now)
    else say(state, peer, { type: 'drain', withinMs })
  },
  inspect: ask,
  submit: (state, { spec }, now) => {
    if (execute.bars(state, spec.context, now)) return
    submit.submit(state, spec, now)
    if (spec.depth === 0 && state.jobs.size > 0) jobs.asked(state, spec.context, resultOf(spec.id), spec.policy.name)
  },
  job: (state, event, now) => jobs.open(state, event, now),
  'close-job': (state, { context }, now) => jobs.close(state, context, now),
  'end-job': (state, { context, reason }) => jobs.end(state, context, reason),
  put: (state, event, now) => {
    if (execute.bars(state, event.context, now)) return execute.dropPut(state, event.object)
    submit.put(state, event)
    if (event.job) jobs.asked(state, event.job.context, event.object, event.job.name)
  },
  hold: (state, { object, owner }) => submit.held(state, object, owner),
  release: (state, { object }) => submit.released(state, object),
  cancel: (state, event) => submit.cancel(state, event),
  watch: (state, { object, owner, bytes }) => resolve.watch(state, object, owner, bytes),
  unwatch: (state, { object }) => resolve.unwatch(state, object),
  durable: (state, { object }) => durable(state, object),
  took: (state, event) => stream.reads(state, event),
  item: (state, event) => stream.yielded(state, event),
  code: (state, { code, pinned }) => keepCode(state, code, pinned),
  fetched: (state, event, now) => {
    const end = resolve.fetched(state, event, now)
    if (end?.arrived) execute.inputArrived(state, end.row.object, end.row.attempts)
    else if (end) execute.inputFailed(state, end.row.object, end.row.attempts, end.full)
  },
  busy: (state, { object }) => resolve.askForSources(state, object),
  found: (state, event, now) => find.found(state, event, now),
  spilled: (state, event) => relieve.spilled(state, event),
  spoilt: (state, { object }) => {
    state.counters.spoilt++
    state.foundlings.take(object)
    const hash = state.holdings.get(object)?.hash ?? ''
    if (!resolve.verified(state, { type: 'verified', object, hash, sound: false })) execute.inputSpoiled(state, object)
  },
  verified: (state, event) => {
    if (!resolve.verified(state, event)) execute.inputSpoiled(state, event.object)
  },
  done: (state, event, now) => {
    const call = state.executor.get(event.attempt)
    if (!call) return strayEnd(state, event)
    if (call.spec.actor)
      return execute.done(state, { ...event, outcome: supervise.actorEnded(state, call, event.outcome) })
    if (!call.spec.call) return execute.done(state, event)
    const outcome = supervise.callEnded(state, call, event.outcome, now)
    if (outcome !== event.outcome && event.outcome.type === 'stored') execute.dropPut(state, resultOf(call.spec.id))
    execute.done(state, outcome === event.outcome ? event : { ...event, outcome })
  },
  logged: (state, event, now) => print.logged(state, event, now),
  blocked: (state, { attempt, blocked }) => execute.blocked(state, attempt, blocked),
  returned: (state, { attempts }) => execute.returned(state, attempts),
  exited: (state, event) => execute.exited(state, event),
  built: (state, { attempt, snapshots }, now) => supervise.built(state, attempt, { snapshots }, now),
  snapshot: (state, { attempt, result }, now) => supervise.snapshotTaken(state, attempt, { result, now }),
  'find-actor': (state, { request, name }, now) => names.find(state, request, { name, now }),
}

export function record<T extends PeerEvent['type']>(state: PeerState, event: EventOf<T>, now: Instant): void {
  recorders[event.type](state, event, now)
}

/** Of an attempt that is not here any more; a call that was given up may have been it. */
function strayEnd(state: PeerState, event: EventOf<'done'>): void {
  for (const row of state.residents.all()) leaves(row, event.attempt)
  execute.done(state, event)
}

/** Nothing of ours vanishes by itself: what runs this peer may, and is told who asks. */
function unplug(state: PeerState, by: LifeId): void {
  const { peer, members } = state
  notify(state, { type: 'peer:unplug', peer, name: members.nameOf(peer), by: members.nameOf(peerOf(by)) })
}

/** The same as leaving, with more patience: work that was asked for here, or runs here, has the time to end. */
function drain(state: PeerState, withinMs: number, now: Instant): void {
  execute.giveBack(state)
  join.leave(state, now, withinMs)
}

function ask(state: PeerState, { peer, request, query }: EventOf<'inspect'>, now: Instant): void {
  if (peer === state.self || state.members.ended(peer)) {
    const rows = peer === state.self ? state.see(state, query, now) : null
    state.effects.push({ type: 'inspected', request, rows })
    return
  }
  forgetOldest(state)
  state.inspections.set(request, peer)
  say(state, peer, { type: 'inspect', request, query })
}

/** Questions that wait for an answer at most; past it nobody waits for the oldest any more. */
const maxInspections = 1_024

function forgetOldest(state: PeerState): void {
  if (state.inspections.size < maxInspections) return
  const [request] = state.inspections.keys()
  if (request === undefined) return
  state.inspections.delete(request)
  state.effects.push({ type: 'inspected', request, rows: null })
}

function receive(state: PeerState, frame: Frame, now: Instant): void {
  const { from } = frame
  if (frame.to !== state.self || from === state.self || !claims.introduce(state, from, now)) {
    state.counters.refused++
    return
  }
  state.detector.heard(from, now)
  claims.met(state, from)
  observe.repay(state, from, true)
  const member = state.members.get(peerOf(from))
  if (member?.life === from && frame.load) member.load = frame.load
  claims.hear(state, frame.claims, 'rumour', now)
  for (const said of frame.signals) takeSignal(state, from, said, now)
  // Somebody we hold for dead may only refute; its session begins when it has.
  if (state.members.ended(from) || frame.mine === 0) return
  openSession(state, from)
  const { messages, taken, reset } = state.sessions.receive(frame, now)
  outcomesTaken(state, from, taken)
  if (reset) {
    anew.reset(state, from, reset.lost)
    guard.guardianLost(state, from)
    guard.askOwner(state, from)
  }
  for (const message of messages) {
    const refusal = refusalOf(state, from, message)
    if (refusal === null) take(state, from, message, now)
    else forbid(state, from, refusal)
  }
}

/** Not its sender's to say, by its role: it is told so. */
function forbid(state: PeerState, from: LifeId, sentence: string): void {
  state.counters.forbidden++
  say(state, from, { type: 'forbidden', sentence })
}

function takeSignal(state: PeerState, from: LifeId, said: Signal, now: Instant): void {
  if (said.type !== 'sync') return observe.probeSignal(state, from, said, now)
  claims.hear(state, said.members, 'sync', now)
  if (said.reply) join.sync(state, from, false)
  else join.joined(state)
}

const takers: Takers = {
  assign: (state, from, message, now) => {
    for (const { row, formerly } of execute.assigned(state, from, message)) adopt.claim(state, row, formerly, now)
  },
  abort: (state, from, message, now) => execute.abort(state, from, message, now),
  delivered: (state, from, message) => delivered(state, from, message),
  stand: (state, from, message, now) => lease.stood(state, from, message, now),
  vote: (state, from, message, now) => stand.voted(state, from, message, now),
  renew: (state, from, message, now) => lease.renewed(state, from, message, now),
  renewed: (state, from, message, now) => stand.leased(state, from, message, now),
  resign: (state, from, message, now) => lease.resigned(state, from, message, now),
  hosted: (state, from, message) => call.hosted(state, from, message),
  unmade: (state, from, { actor }) => call.unmade(state, from, actor),
  forget: (state, _from, message, now) => supervise.forgotten(state, message, now),
  'change-actor': (state, from, message) => change.asked(state, from, message),
  'hand-over': (state, from, message) => change.handOverAsked(state, from, message),
  'changed-actor': (state, from, message) =>
    message.actor === resultOf(message.task)
      ? change.keptBy(state, from, message)
      : names.changed(state, from, message),
  'seek-actor': (state, from, message) => names.sought(state, from, message),
  'sought-actor': (state, from, message) => names.answered(state, from, message),
  grant: (state, from, { credits }) => state.scheduler.granted(from, credits),
  outcome: (state, from, message) => conclude.outcome(state, from, message),
  printed: (state, _from, { line }, now) => print.taken(state, line, now),
  remade: (state, from, message) => remake.remade(state, from, message),
  item: (state, from, message) => stream.item(state, from, message),
  proceed: (state, from, message) => stream.proceed(state, from, message),
  took: (state, from, message) => stream.took(state, from, message),
  consumed: (state, from, message) => stream.consumed(state, from, message),
  want: (state, from, { object }) => resolve.wanted(state, from, object),
  borrow: (state, from, message) => release.borrowed(state, from, message),
  release: (state, from, { object }) => release.released(state, from, object),
  cancel: (state, _from, { object, reason }) => submit.cancel(state, { object, owner: state.self, reason }),
  holding: (state, from, message) => replicate.holding(state, from, message),
  gone: (state, from, message) => replicate.gone(state, from, message),
  mayDrop: (state, from, message) => relieve.mayDrop(state, from, message),
  drop: (state, from, message) => relieve.dropped(state, from, message),
  keep: (state, from, message) => find.kept(state, from, message),
  found: (state, from, { objects }) => find.claimed(state, from, objects),
  whoHas: (state, from, { object }) => resolve.whoHas(state, from, object),
  sources: (state, from, { object, from: holders }) => resolve.sources(state, from, object, holders),
  declined: (state, from, { object }) => replicate.declined(state, from, object),
  located: (state, from, { object, located }) => resolve.located(state, from, object, located),
  borrowed: (state, from, { object, nth, known }) => {
    const row = state.holds.get(object)
    if (row && row.owner !== from && from !== state.self) return void state.counters.strayed++
    // We let go of it and took it again before this answer came: the one to that is on its way.
    if (row?.borrow === 'asked' && row.nth !== nth) return
    state.holds.known(object)
    release.parted(state, object)
    execute.borrowAnswered(state, object)
    if (row && from === row.owner) adopt.answered(state, row, known)
    if (known) stream.tellTaken(state, object, from)
  },
  replicate: (state, from, message) => resolve.replicate(state, from, message),
  verify: (state, from, message) => resolve.verify(state, from, message),
  free: (state, from, { object }) => release.freed(state, from, object),
  guard: (state, from, message) => guard.keep(state, from, message),
  guarded: (state, from, message) => guard.acknowledged(state, from, message),
  unguard: (state, from) => guard.dismissed(state, from),
  claim: (state, from, { context }, now) => {
    adopt.claimed(state, from, context)
    jobs.handedOver(state, from, context, now)
  },
  compare: (state, from, message) => compare.compared(state, from, message),
  seek: (state, from, { context }) => jobs.sought(state, from, context),
  sought: (state, from, message, now) => jobs.found(state, from, message, now),
  'end-job': (state, _from, { context, reason }) => jobs.ended(state, context, reason),
  claimed: (state, from, message) => adopt.inherit(state, from, message),
  announce: (state, from, message) => {
    // An observer keeps no copies, whatever it says.
    const keeps = roleOf(state, peerOf(from)) !== 'observer'
    anew.announced(state, from, keeps ? message : { ...message, holdings: [] })
  },
  drain: (state, _from, { withinMs }, now) => drain(state, withinMs, now),
  unplug: (state, from) => unplug(state, from),
  forbidden: (state, from, { sentence: reason }) => {
    const peer = peerOf(from)
    notify(state, { type: 'peer:refused', peer, name: state.members.nameOf(peer), reason, by: 'them' })
  },
  inspect: (state, from, { request, query }, now) =>
    say(state, from, { type: 'inspected', request, rows: state.see(state, query, now) }),
  inspected: (state, from, { request, rows }) => {
    if (state.inspections.get(request) !== from) return void state.counters.strayed++
    state.inspections.delete(request)
    state.effects.push({ type: 'inspected', request, rows })
  },
}

export function take<T extends Message['type']>(
  state: PeerState,
  from: LifeId,
  message: MessageOf<T>,
  now: Instant,
): void {
  takers[message.type](state, from, message, now)
}
