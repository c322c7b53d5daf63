// A task with votes: computed by several peers that do not trust each other, and settled as what most of them say. Each gets it
// as a task of its own, a ballot, which is retried and moved like any other; results are the same when their bytes
// are, or when a function of the module says so. More ballots than asked for are taken, each for one of the task's retries, as long as
// nobody has the majority. Redundant computing with a quorum (Sarmenta 2002; BOINC).

import type { Instant, TaskId } from '../model/ids.ts'
import { ballotOf, comparisonOf, resultOf } from '../model/ids.ts'
import { equalBytes } from '../model/equal-bytes.ts'
import type { Failure, Located } from '../model/object.ts'
import type { Policy, TaskSpec } from '../model/task.ts'
import { ended, failure, giveFailure } from '../state/failures.ts'
import { letGo } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import type { Ballot, Party, Poll } from '../state/polls.ts'
import { isVoid, partyOf } from '../state/polls.ts'
import { tellTrouble } from '../state/recording.ts'
import type { TaskRow } from '../state/tasks.ts'

/** Something became of a vote: it begins, a ballot or a comparison is in, or its task is to end or has ended. */
export function polled(state: PeerState, task: TaskId, now: Instant): void {
  const row = state.tasks.get(task)
  const known = state.polls.get(task)
  if (!row || row.state === 'settled') return known && close(state, known)
  if (row.ending) return known ? stop(state, row, known) : giveFailure(state, row, ended(state, row, row.ending))
  const poll = known ?? open(state, row, now)
  take(state, poll)
  sort(state, row, poll, now)
  decide(state, row, poll, now)
}

function open(state: PeerState, row: TaskRow, now: Instant): Poll {
  const poll = state.polls.open(row.spec.id)
  for (let nth = 0; nth < row.spec.policy.votes; nth++) addBallot(state, row, poll, now)
  return poll
}

// oxlint-disable-next-line max-params -- a row in two tables, and when
function addBallot(state: PeerState, row: TaskRow, poll: Poll, now: Instant): void {
  // Numbers are not given twice, as those of attempts are not: what comes of an earlier vote is not taken for this one's.
  do row.numbered++
  while (state.directory.get(resultOf(ballotOf(row.spec.id, row.numbered))))
  const { id } = state.polls.add(poll, row.numbered)
  ask(state, row, { ...row.spec, id, policy: single(row.spec.policy) }, now)
}

/** Of one ballot, or one comparison. The whole has its name and its time. */
function single(policy: Policy): Policy {
  return { ...policy, votes: 1, equals: null, name: null, timeoutMs: Number.POSITIVE_INFINITY, hedge: false }
}

/** A task of ours for the sake of another one, which waits for it. */
// oxlint-disable-next-line max-params -- who asks for what, and when
function ask(state: PeerState, row: TaskRow, spec: TaskSpec, now: Instant): void {
  const object = resultOf(spec.id)
  const entry = state.directory.add(object, spec.id, spec.policy.copies)
  entry.isInner = row.spec.depth > 0
  state.holds.add(object, state.self, 'container')
  const asked = state.tasks.add(spec, row.epoch, now)
  state.code.need(spec.code)
  for (const { object, owner } of spec.refs) state.holds.add(object, owner, 'spec')
  state.counters.submitted++
  state.tasks.awaitInputs(row, [object])
  state.tasks.awaitInputs(asked, [])
  state.scheduler.ready(spec, false)
}

/** Ballots that have come in. */
function take(state: PeerState, poll: Poll): void {
  for (const ballot of poll.ballots) {
    if (ballot.state !== 'out') continue
    ballot.said = state.directory.locate(resultOf(ballot.id))
    if (ballot.said !== null) ballot.state = isVoid(ballot) ? 'void' : 'in'
  }
}

/** Each that is in goes to those that say the same, or begins a party of its own. */
// oxlint-disable-next-line max-params -- whose vote, and when
function sort(state: PeerState, row: TaskRow, poll: Poll, now: Instant): void {
  if (poll.comparing && !compared(state, row, poll)) return
  for (const ballot of poll.ballots) {
    if (ballot.state !== 'in' || partyOf(poll, ballot)) continue
    const same = poll.parties.find(({ ballots }) => ballots.some((other) => isSame(other.said, ballot.said)))
    const unsure = same ? undefined : poll.parties.find((party) => mayBeLike(row, ballot, party))
    if (same) same.ballots.push(ballot)
    else if (unsure) return compare(state, row, poll, { ballot, party: unsure, now })
    else poll.parties.push({ ballots: [ballot] })
  }
}

function isSame(a: Located | null, b: Located | null): boolean {
  if (a?.type === 'inline' && b?.type === 'inline')
    return a.refs.length === 0 && b.refs.length === 0 && equalBytes(a.bytes, b.bytes)
  if (a?.type === 'stored' && b?.type === 'stored') return a.refs.length === 0 && a.hash === b.hash
  // The place in the code where it was thrown is told by each in its own way.
  return a?.type === 'failure' && b?.type === 'failure' && a.failure.message === b.failure.message
}

/** Only a function of the module can tell. */
function mayBeLike({ spec }: TaskRow, ballot: Ballot, party: Party): boolean {
  if (spec.policy.equals === null || ballot.unlike.has(party)) return false
  return ballot.said?.type !== 'failure' && party.ballots[0]?.said?.type !== 'failure'
}

// oxlint-disable-next-line max-params -- whose vote, and which parts of it
function compare(
  state: PeerState,
  row: TaskRow,
  poll: Poll,
  { ballot, party, now }: { readonly ballot: Ballot; readonly party: Party; readonly now: Instant },
): void {
  const { spec } = row
  const first = party.ballots[0] as Ballot
  const fn = spec.policy.equals as string
  const id = comparisonOf(first.id, ballot.id)
  const [a, b] = [resultOf(first.id), resultOf(ballot.id)]
  const refs = [a, b].map((object) => ({ object, owner: state.self, top: true }))
  const args = state.writing.pair(a, b)
  // Whom we trust most is ourselves.
  const here = (state.members.me.profile?.slots ?? 0) > 0
  const needs = here ? { ...spec.policy.needs, peer: state.peer } : spec.policy.needs
  poll.comparing = { task: id, ballot, party }
  ask(state, row, { ...spec, id, fn, args, refs, policy: { ...single(spec.policy), needs } }, now)
}

/** What came of a comparison; false while it is out, or when nothing can. */
function compared(state: PeerState, row: TaskRow, poll: Poll): boolean {
  const { task, ballot, party } = poll.comparing as NonNullable<Poll['comparing']>
  const located = state.directory.locate(resultOf(task))
  if (located === null) return false
  const fn = row.spec.policy.equals as string
  if (located.type === 'failure') {
    const { code, reason, message, cause, peer } = located.failure
    const said = failure(row, code, reason, `two results of ${row.spec.fn} could not be compared by ${fn}: ${message}`)
    giveFailure(state, row, { ...said, cause, peer })
    return false
  }
  poll.comparing = null
  if (located.type === 'inline' && equalBytes(located.bytes, state.writing.yes)) party.ballots.push(ballot)
  else ballot.unlike.add(party)
  letGo(state, resultOf(task), 'container')
  return true
}

function majorityOf({ spec }: TaskRow): number {
  return Math.floor(spec.policy.votes / 2) + 1
}

// oxlint-disable-next-line max-params -- whose vote, and when
function decide(state: PeerState, row: TaskRow, poll: Poll, now: Instant): void {
  const majority = majorityOf(row)
  const largest = [...poll.parties].sort((a, b) => b.ballots.length - a.ballots.length)[0]
  const most = largest?.ballots.length ?? 0
  if (largest && most >= majority) return elect(state, row, poll, largest)
  const open = poll.ballots.filter((one) => one.state === 'out' || (one.state === 'in' && !partyOf(poll, one))).length
  if (most + open >= majority) return
  if (poll.ballots.some(isVoid)) return giveFailure(state, row, tooFew(state, row, poll))
  if (poll.comparing) return
  if (hasRefs(poll) || row.retriesLeft <= 0) return giveFailure(state, row, divided(state, row, poll))
  row.retriesLeft--
  state.counters.retried++
  tellTrouble(
    state,
    row,
    'retried',
    `no ${majority} of ${poll.ballots.length} agree: ${shares(state, poll)}; one more is asked`,
  )
  addBallot(state, row, poll, now)
}

/** It settles as what they say; those who said something else are remembered. */
// oxlint-disable-next-line max-params -- whose vote, and what came of it
function elect(state: PeerState, row: TaskRow, poll: Poll, winner: Party): void {
  const { id, fn } = row.spec
  for (const party of poll.parties) {
    if (party === winner) continue
    for (const { voter } of party.ballots) {
      if (voter === null) continue
      const name = state.members.nameOf(voter)
      const count = state.polls.dissented(voter)
      tellTrouble(state, row, 'noted', `${name} gave another result than the ${winner.ballots.length} that agree`)
      notify(state, { type: 'peer:dissented', peer: voter, name, task: id, fn, count })
    }
  }
  // What is lost by now, and made again, is not waited for.
  const isThere = ({ id }: Ballot): boolean => !isPending(state, id)
  const { id: ballot, said, voter } = (winner.ballots.find(isThere) ?? winner.ballots[0]) as Ballot
  if (said?.type === 'failure') {
    const { code, reason, message, peer, cause } = said.failure
    return giveFailure(state, row, { ...failure(row, code, reason, message), peer, cause })
  }
  const link = { object: resultOf(ballot), owner: state.self, top: false }
  const result = said?.type === 'inline' ? said : ({ type: 'alias', link } as const)
  const by = voter === null ? undefined : state.members.get(voter)?.life
  state.agenda.conclude.push({ task: id, result, holder: by ?? null })
}

/** Not as many peers have answered as it takes. */
function tooFew(state: PeerState, row: TaskRow, poll: Poll): Failure {
  const lacking = poll.ballots.map(isVoid).filter((one) => one !== null)
  const worst = (lacking.find(({ code }) => code === 'UNPLACEABLE') ?? lacking[0]) as Failure
  const { code, reason, message, peer, cause } = worst
  const soFar = poll.parties.length > 1 ? ` (${shares(state, poll)})` : ''
  const said = `votes: ${row.spec.policy.votes} takes the same result from ${majorityOf(row)} peers, and so many cannot be had${soFar}: ${message}`
  return { ...failure(row, code, reason, said), peer, cause, story: [...row.story, ...worst.story].slice(0, 64) }
}

function divided(state: PeerState, row: TaskRow, poll: Poll): Failure {
  const { fn, policy } = row.spec
  const what = `no ${majorityOf(row)} peers gave the same result of ${fn}: ${shares(state, poll)}`
  if (hasRefs(poll))
    return failure(row, 'NO_MAJORITY', 'refs', `${what}; results with refs in them are never the same: return values`)
  const way = policy.equals === null ? '; if results may differ a little, say which are equal (equals)' : ''
  return failure(row, 'NO_MAJORITY', 'divided', what + way)
}

function hasRefs({ ballots }: Poll): boolean {
  return ballots.some(({ said }) => said?.type === 'alias' || (said !== null && 'refs' in said && said.refs.length > 0))
}

/** `kestrel-3f9c, owl-779c against raven-2aba` */
function shares(state: PeerState, { parties }: Poll): string {
  const names = ({ ballots }: Party): string =>
    ballots.map(({ voter }) => (voter === null ? 'one that is gone' : state.members.nameOf(voter))).join(', ')
  return parties.map(names).join(' against ')
}

/** Its task is to end: when all of them have. */
function stop(state: PeerState, row: TaskRow, poll: Poll): void {
  const { reason } = row.ending as NonNullable<TaskRow['ending']>
  const open = unsettled(state, poll)
  if (open.length === 0) return giveFailure(state, row, ended(state, row, row.ending as NonNullable<TaskRow['ending']>))
  if (poll.isStopped) return
  poll.isStopped = true
  for (const task of open) say(state, state.self, { type: 'cancel', object: resultOf(task), reason })
}

function close(state: PeerState, poll: Poll): void {
  const elected = state.directory.get(resultOf(poll.task))?.alias?.object
  for (const object of unsettled(state, poll).map(resultOf))
    if (object !== elected) say(state, state.self, { type: 'cancel', object, reason: 'the vote is over' })
  for (const { id } of poll.ballots) letGo(state, resultOf(id), 'container')
  if (poll.comparing) letGo(state, resultOf(poll.comparing.task), 'container')
  state.polls.close(poll)
}

function unsettled(state: PeerState, { ballots, comparing }: Poll): TaskId[] {
  const all = [...ballots.map(({ id }) => id), ...(comparing ? [comparing.task] : [])]
  return all.filter((task) => isPending(state, task))
}

function isPending({ directory }: PeerState, task: TaskId): boolean {
  return directory.get(resultOf(task))?.state === 'pending'
}
