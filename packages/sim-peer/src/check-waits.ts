// 4: nothing waits in silence. Each row that is not done waits for a time, for a message that is under
// way, or for somebody who is not dead and knows of it. `checkWaits` and `checkAttempts` judge by one
// peer's tables; `checkTalks` looks at both sides of each conversation.

import type {
  AttemptId,
  LifeId,
  Needs,
  ObjectId,
  PeerEvent,
  PeerState,
  RefLink,
  TaskId,
} from '@murmuration/core/internal'
import { isApart, itemIn, linksToLeave, locate, peerOf, resultOf } from '@murmuration/core/internal'
import { fail } from './fail.ts'
import { roomFor, satisfies } from './needs.ts'
import type { SimPeer } from './peer.ts'
import type { Callee, Member, TaskRow } from './tables.ts'

const never = Number.POSITIVE_INFINITY

/** At the owner, and where programs wait. */
export function checkWaits(peer: SimPeer): void {
  const { state } = peer
  for (const row of state.tasks.all()) checkRow(peer, row)
  checkReady(peer)
  checkCalls(peer)
  for (const row of state.elsewhere.unanswered())
    if (state.members.ended(row.owner) && !state.graves.has(row.owner) && row.askAt === never)
      fail(peer, `an answer about ${row.object} is awaited from ${row.owner}, whose life is over`)
  for (const row of state.watches.all())
    if (!willSettle(state, row.object, row.owner)) fail(peer, `a program waits for ${row.object}, which nobody makes`)
  for (const [object, { by }] of state.durables) checkDurable(peer, object, by)
  for (const object of state.cancelling) checkCancelling(peer, object)
  for (const { object } of state.ledger.lends.values()) checkUnsafe(peer, `a borrow of ${object}`, [])
  for (const object of state.ledger.answers) checkUnsafe(peer, object, state.directory.get(object)?.refs ?? [])
  for (const life of state.inspections.values())
    if (state.members.ended(life)) fail(peer, `an answer is awaited from ${life}, whose life is over`)
  if (state.tasks.pending > 0 && state.timers.wakeAt === never)
    fail(peer, 'tasks are pending and the machine names no deadline')
  // It would be woken at once, perhaps for ever, and take itself for late each time, or for having slept.
  if (state.timers.turnAt - state.timers.wakeAt > state.config.probeMs / 2)
    fail(peer, 'the machine wants to be woken at a time that has long passed')
}

/** So many turns on end in which nothing happened, and each asked for another at once, lead nowhere. */
const mostIdleTurns = 100

/** It does not go round and round by itself. */
export function checkSpin(peer: SimPeer, events: readonly PeerEvent[]): void {
  const { turnAt, wakeAt } = peer.state.timers
  peer.idleTurns = events.length === 0 && wakeAt <= turnAt ? peer.idleTurns + 1 : 0
  if (peer.idleTurns > mostIdleTurns)
    fail(peer, `nothing happened, and ${mostIdleTurns} times on end the machine wanted to be woken at once`)
}

/** So many attempts of one task that nobody began, one after the other, are two peers that send it to and fro. */
const mostReturned = 1_000

function checkRow(peer: SimPeer, row: TaskRow): void {
  const { state } = peer
  if (row.attempt - row.executions > mostReturned)
    fail(peer, `attempt ${row.attempt} of ${row.spec.id} is out, and hardly one of them has begun anywhere`)
  if (row.state === 'assigned' && row.at && state.members.ended(row.at))
    fail(peer, `${row.spec.id} is assigned to ${row.at}, whose life is over`)
  if (row.second && state.members.ended(row.second.at))
    fail(peer, `${row.spec.id} is hedged at ${row.second.at}, whose life is over`)
  const poll = state.polls.get(row.spec.id)
  // It ends with those that it asked.
  if (row.ending && row.state !== 'assigned' && !poll) fail(peer, `${row.spec.id} is to end and is only ${row.state}`)
  if (row.state !== 'waiting') return
  for (const object of row.waitsFor)
    if (
      object === `name:${row.spec.id}`
        ? !isNaming(state, row)
        : !willSettle(state, object, poll ? peer.life : row.spec.refs.find((link) => link.object === object)?.owner)
    )
      fail(peer, `${row.spec.id} waits for ${object}, which nobody makes`)
}

/** Somebody who is there has yet to say whether its name is free, or that the actor which has it goes on with this one's code, and is asked again. */
function isNaming({ names, members }: PeerState, { spec }: TaskRow): boolean {
  const wish = names.changing.get(spec.id)
  if (wish) return !members.ended(wish.found.owner) && wish.askAt !== never
  const search = names.get(spec.policy.name ?? '')
  return search?.claims.includes(spec.id) === true && [...search.waits.keys()].some((life) => !members.ended(life))
}

/** A call that could go to its actor has gone; while nobody knows where that lives there is an end in sight. */
function checkCalls(peer: SimPeer): void {
  const { state } = peer
  if (state.callees.isStirred) return
  for (const callee of state.callees.all()) {
    const { at, lines, out, actor, askAt, by } = callee
    if (at !== null && state.members.ended(at)) fail(peer, `${actor} is called at ${at}, whose life is over`)
    if (at === null && lines.size > 0 && (askAt === never || by === never))
      fail(peer, `calls of ${actor} wait for ever for a word of where it lives`)
    for (const [head] of lines.values())
      if (
        at !== null &&
        head &&
        out.size < state.config.callsAhead &&
        state.tasks.get(head.task)?.state === 'ready' &&
        !overtakes(state, callee, head)
      )
        fail(peer, `${head.task} could go to its actor and does not`)
  }
}

/** A call that the same context made before it is out where the actor does not live any more. */
function overtakes(
  { tasks }: PeerState,
  { at, out, open }: Callee,
  { task, nth }: { readonly task: TaskId; readonly nth: number },
): boolean {
  const context = tasks.get(task)?.spec.context
  return [...out].some((other) => {
    const row = tasks.get(other)
    return row?.spec.context === context && row?.at !== at && (open.get(other) ?? nth) < nth
  })
}

/** Queued work has a peer that will take it, and none that could now; or a time at which it is given up. */
function checkReady(peer: SimPeer): void {
  const seen = new Map<string, { readonly fits: boolean }>()
  for (const row of peer.state.tasks.all()) {
    if (row.state !== 'ready' || row.spec.call) continue
    const { needs, priority } = row.spec.policy
    const voters = votersOf(peer.state, row)
    const key = `${priority}|${row.spec.depth}|${JSON.stringify(needs)}${voters.size > 0 ? `|${row.spec.id}` : ''}`
    let kind = seen.get(key)
    if (!kind) seen.set(key, (kind = { fits: checkClass(peer, row, voters) }))
    // Of a ballot it may be found out only when somebody has room.
    if (!kind.fits && row.placeBy === never && (voters.size === 0 || isIdle(peer, needs)))
      fail(peer, `${row.spec.id} is ready, fits nowhere and is not given up`)
  }
}

/** Nothing is out, and somebody who may be given it takes more than that. */
function isIdle(peer: SimPeer, needs: Needs): boolean {
  const { members, scheduler } = peer.state
  if ([...members.all()].some(({ life }) => scheduler.out(life) > 0)) return false
  return ableTo(peer, needs).some((member) => mayBeGiven(peer, member) && grantedBy(peer, member) > 0)
}

/** Peers that have another ballot of the same vote, or had. */
function votersOf({ polls, tasks, directory }: PeerState, { spec }: TaskRow): ReadonlySet<string> {
  const others = polls.of(spec.id)?.ballots.filter(({ id }) => id !== spec.id) ?? []
  const at = others.map(({ id, voter }) => {
    const { at = null } = tasks.get(id) ?? {}
    if (at !== null) return peerOf(at)
    return directory.get(resultOf(id))?.state === 'pending' ? null : voter
  })
  return new Set(at.filter((peer) => peer !== null))
}

/** Whether anybody could ever run it. Whoever can now has no room. */
function checkClass(peer: SimPeer, { spec }: TaskRow, voters: ReadonlySet<string>): boolean {
  const { needs } = spec.policy
  const able = ableTo(peer, needs).filter((member) => !voters.has(member.peer))
  for (const member of able.filter((one) => mayBeGiven(peer, one)))
    if (hasRoom(peer, member, needs, spec.depth) && !waitsForFaster(peer, spec, member.life))
      fail(peer, `${spec.id} is ready, and ${member.life} has room for it`)
  return able.length > 0
}

/** Whoever could run what needs this, now or later. */
function ableTo({ state, life }: SimPeer, needs: Needs): Member[] {
  const isHere = (member: Member): boolean => member.state === 'alive' || member.state === 'suspect'
  return [...state.members.all()].filter(
    (member) =>
      isHere(member) &&
      member.profile !== null &&
      satisfies(member.profile, needs) &&
      !(member.life === life && state.leaving),
  )
}

/** It has been met, and nobody doubts it. */
function mayBeGiven(peer: SimPeer, { state, hearsay, life }: Member): boolean {
  return state === 'alive' && (!hearsay || life === peer.life)
}

/** The first in its queue has a time until which it waits for somebody faster than this one. */
function waitsForFaster({ state }: SimPeer, spec: TaskRow['spec'], slow: LifeId): boolean {
  const { scheduler, members, tasks } = state
  const { waiting } = scheduler.classOf(spec)
  const first = waiting ? tasks.get(waiting.id) : undefined
  if (!waiting || first?.state !== 'ready' || waiting.until < scheduler.waitsUntil) return false
  const ms = scheduler.expectedMs(first.spec, slow) ?? 0
  return [...members.all()].some(({ life }) => life !== slow && (scheduler.expectedMs(first.spec, life) ?? 0) < ms)
}

// oxlint-disable-next-line max-params -- a question with as many parts
function hasRoom(peer: SimPeer, member: Member, needs: Needs, depth: number): boolean {
  const { life, profile } = member
  // What came back in the very turn that gave it out makes room for the next one.
  if (peer.given.some(({ row, to }) => peer.state.tasks.attemptAt(row, to) === null)) return false
  const there = peer.state.tasks.assignedTo(life)
  if (there.filter(({ spec }) => !isApart(spec)).length >= grantedBy(peer, member) || !profile) return false
  const beside = there.filter((row) => row.spec.depth >= depth).map((row) => row.spec.policy.needs)
  return roomFor(profile, needs, beside) > 0
}

/** A peer shares its slots between those who ask, itself among them. */
function grantedBy(peer: SimPeer, { life, profile }: Member): number {
  const slots = profile?.slots ?? 0
  return life === peer.life ? Math.min(peer.ownGrant ?? slots, slots) : (peer.told.get(life) ?? slots)
}

function willSettle(state: PeerState, object: ObjectId, owner: LifeId | undefined): boolean {
  if (owner === undefined) return false
  const entry = state.directory.get(object)
  if (!entry) return state.elsewhere.get(object) !== undefined
  const item = itemIn(object)
  if (item && entry.state === 'pending' && state.streams.get(item.task)?.count === null)
    return isPending(state, item.task)
  if (entry.state === 'pending') return isSought(state, object) || (entry.task !== null && isPending(state, entry.task))
  if (entry.state === 'faded') return false
  if (entry.state === 'alias' && entry.alias) return willSettle(state, entry.alias.object, entry.alias.owner)
  return true
}

/** Somebody may say in time that he has it, or its task is to put it again. */
function isSought(state: PeerState, object: ObjectId): boolean {
  const until = state.missing.get(object)?.by ?? never
  const maker = state.makers.of(object)
  return until !== never || (maker?.awaited.has(object) === true && isPending(state, maker.spec.id))
}

function isPending(state: PeerState, task: Parameters<PeerState['tasks']['get']>[0]): boolean {
  const row = state.tasks.get(task)
  return row !== undefined && row.state !== 'settled'
}

/** Whoever waits for copies waits for what is to be copied, or for a time. */
function checkDurable(peer: SimPeer, object: ObjectId, by: number): void {
  const { state } = peer
  const found = locate(state, object, state.self)
  if (!found && !willSettle(state, object, state.self)) fail(peer, `copies of ${object} are awaited: nobody makes it`)
  if (found && by === never) fail(peer, `copies of ${object} are awaited for ever, and it is ${found.located.type}`)
}

function checkCancelling(peer: SimPeer, object: ObjectId): void {
  if (peer.state.directory.get(object)?.state === 'alias') return
  const row = peer.state.elsewhere.get(object)
  if (!row || row.located) fail(peer, `the end of ${object} is awaited and not asked for`)
  else if (peer.state.members.ended(row.owner))
    fail(peer, `the end of ${object} is awaited of ${row.owner}, who is dead`)
}

/** What an earlier attempt had asked for is being asked of its guardians, all of them alive, and not for ever. */
function isClaimed({ state }: SimPeer, attempt: AttemptId, object: ObjectId): boolean {
  for (const [context, { attempt: by, waits, by: until }] of state.claims)
    if (by === attempt && object === `ledger:${context}`)
      return until !== never && waits.size > 0 && [...waits].every((life) => !state.members.ended(life))
  return false
}

/** A reply that waits for its actor's lease, or for a record of it: that is being asked for. */
function isAskedFor({ state }: SimPeer, call: AttemptId, actor: ObjectId | undefined): boolean {
  const row = actor && state.residents.get(actor)
  if (!row?.heldBack.some(({ id }) => id === call)) return false
  return (row.tenure?.renewAt ?? never) !== never
}

/** Refs inside are not safe yet: a guardian that is alive has yet to say so, or a copy is on its way. */
function checkUnsafe(peer: SimPeer, what: string, links: readonly RefLink[]): void {
  const { ledger, members, directory } = peer.state
  if ([...ledger.guardians()].some(({ life }) => members.ended(life))) fail(peer, 'a guardian is dead and still counts')
  const copying = links.some(({ object }) => (directory.get(object)?.copying.size ?? 0) > 0)
  if (ledger.guardianCount === 0 && !copying) fail(peer, `${what} waits for guardians, and there are none`)
}

/** At the executor: inputs are on their way, outcomes have somebody to go to or an end in sight. */
export function checkAttempts(peer: SimPeer): void {
  const { state } = peer
  for (const row of state.executor.all()) {
    for (const object of row.missing)
      if (
        !isClaimed(peer, row.id, object) &&
        !state.holdings.fetching(object)?.attempts.has(row.id) &&
        !state.executor.unfed.has(row)
      )
        fail(peer, `${row.id} waits for ${object}, which is not fetched for it`)
    if (state.members.ended(row.owner) && row.orphanedAt === never && row.aborting === null)
      fail(peer, `${row.id} is kept for ever for ${row.owner}, whose life is over`)
    if (state.ledger.waits.has(row.id)) checkUnsafe(peer, row.id, linksToLeave(row))
    else if (
      row.state === 'done' &&
      row.unsaid.size === 0 &&
      !row.isHeldBack &&
      row.unsent.length === 0 &&
      !state.members.ended(row.owner)
    )
      fail(peer, `${row.id} is done and its outcome does not leave`)
    if (row.isHeldBack && !isAskedFor(peer, row.id, row.spec.call?.actor))
      fail(peer, `${row.id} is held back, and nobody is asked to keep it`)
    for (const object of row.unsaid)
      if (!state.unsaid.of(object).includes(row.id) || !willAnswer(peer, object))
        fail(peer, `${row.id} waits for the borrow of ${object}, which nobody answers`)
  }
  const [head] = state.executor.unfed
  if (head?.feedBy === never) fail(peer, `${head.id} is the first in line for room, and for how long is not known`)
  for (const { to } of [...state.transits.all(), ...state.deliveries.values()])
    if (state.members.ended(to) && !state.graves.has(to)) fail(peer, `refs are kept for ${to}, whose life is over`)
}

/** A borrow that was let go of meanwhile is answered all the same, if somebody is there to do it. */
function willAnswer({ state, asked }: SimPeer, object: ObjectId): boolean {
  const row = state.holds.get(object)
  if (row) return row.borrow === 'asked'
  const owner = asked.get(object)
  return owner !== undefined && !state.members.ended(owner)
}

/**
 * With nothing under way between two peers each question of the one is written down at the other: work
 * given out, answers awaited, borrows, refs handed over.
 */
export function checkTalks(peer: SimPeer): void {
  const { state, world } = peer
  for (const life of state.sessions.lives()) {
    const other = world.living(life)
    if (!other || other.left || !isQuiet(peer, other)) continue
    for (const { spec } of state.tasks.assignedTo(life))
      if (!other.state.executor.askedBy(peer.life).some((row) => row.spec.id === spec.id))
        fail(peer, `${spec.id} is assigned to ${life}, who knows nothing of it`)
    for (const { object, located, askAt } of state.elsewhere.of(life)) {
      // Whoever answers in another's place is asked when it has said that it does.
      if (located || askAt !== never || state.holds.get(object)?.borrow === 'asked') continue
      if (!other.state.directory.get(object)?.wantedBy.has(peer.life))
        fail(peer, `an answer about ${object} is awaited from ${life}, who was not asked`)
    }
    for (const object of state.holds.unanswered())
      if (state.holds.get(object)?.owner === life && !other.state.ledger.lends.has(`${object}|${peer.life}`))
        fail(peer, `${object} is borrowed from ${life}, who was not asked`)
    for (const { saying, to } of state.transits.all())
      if (to === life && !other.state.deliveries.has(`${saying}@${peer.life}`))
        fail(peer, `the refs in ${saying} are kept for ${life}, who has nothing more to say of it`)
  }
}

/** All that either said was taken by the other. */
function isQuiet(peer: SimPeer, other: SimPeer): boolean {
  const theirs = other.state.sessions
  return theirs.has(peer.life) && theirs.queued(peer.life) === 0 && peer.state.sessions.queued(other.life) === 0
}
