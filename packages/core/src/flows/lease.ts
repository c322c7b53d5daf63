// The group of an actor, one member of it: who would be the host asks for a promise, who is it has its lease
// renewed and its records kept. A promise is given when nobody else can be running the actor: its lease
// is over by our clock, it resigned, or its process is known to be gone. What a record has refs to is held.

import type { ActorRecord } from '../model/actor.ts'
import { compareEpochs } from '../model/actor.ts'
import type { Instant, LifeId } from '../model/ids.ts'
import { after } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { RefLink } from '../model/task.ts'
import { linksOf } from '../state/answer.ts'
import { mayRecord } from '../state/editions.ts'
import type { Lease } from '../state/leases.ts'
import { hold, letGo } from '../state/locate.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'

type MessageOf<T> = Extract<Message, { type: T }>

/** Somebody would host that actor. */
export function stood(state: PeerState, from: LifeId, message: MessageOf<'stand'>, now: Instant): void {
  const { actor, epoch, group } = message
  const row = state.leases.get(actor)
  // Not of its group, as far as we know: what others know counts.
  if (!row && !group.includes(state.self)) return vote(state, from, message, { granted: false, row: null, now })
  const isNew = !row || compareEpochs(epoch, row.promised) > 0
  const mayHave = !row || (row.over === null && !isTaken(state, row, from, now))
  const granted = isNew && mayHave
  const known = granted ? state.leases.promise(actor, epoch, now) : row
  if (known) watch(state, known)
  vote(state, from, message, { granted, row: known ?? null, now })
}

/** Another may be running it. */
function isTaken(state: PeerState, { host, until }: Lease, by: LifeId, now: Instant): boolean {
  return host !== null && host !== by && until > now && !state.members.isGone(host)
}

// oxlint-disable-next-line max-params -- to whom, about what, and what
function vote(
  state: PeerState,
  to: LifeId,
  { actor, epoch }: MessageOf<'stand'>,
  { granted, row, now }: { readonly granted: boolean; readonly row: Lease | null; readonly now: Instant },
): void {
  const leftMs = row?.host == null ? 0 : Math.max(0, row.until - now)
  const known = { promised: row?.promised ?? null, host: row?.host ?? null, record: row?.record ?? null }
  say(state, to, { type: 'vote', actor, epoch, granted, leftMs, ...known, over: row?.over ?? null })
}

export function renewed(state: PeerState, from: LifeId, message: MessageOf<'renew'>, now: Instant): void {
  const { actor, epoch, nth, record } = message
  const before = state.leases.get(actor)?.record ?? null
  if (record !== null && !mayRecord(state, from, record.edition, before?.edition)) return
  // Who is new to the group becomes a member by being told all there is. Who has forgotten it grants nothing: it may have been promised, or over.
  const isMember = state.leases.get(actor) !== undefined || (record !== null && isNewTo(record, state.self))
  const granted =
    isMember && state.leases.renew(actor, { host: from, epoch, record }, { now, leaseMs: state.config.leaseMs })
  const row = state.leases.get(actor)
  if (row && row.record !== before) {
    for (const link of linksInRecord(row)) hold(state, link, 'container')
    letGoOf(state, before)
  }
  if (row) watch(state, row)
  say(state, from, { type: 'renewed', actor, epoch, nth, granted, isMember })
}

function isNewTo({ group, before }: ActorRecord, self: LifeId): boolean {
  return before !== null && group.includes(self) && !before.includes(self)
}

export function resigned(state: PeerState, _from: LifeId, message: MessageOf<'resign'>, now: Instant): void {
  const { actor, epoch, over } = message
  const row = state.leases.get(actor)
  if (!row) return
  if (over === null) return state.leases.resign(row, epoch)
  const { record } = row
  state.leases.end(row, over, now)
  letGoOf(state, record)
  watch(state, row)
}

/** Rows that nobody speaks of any more: the record goes first, then the word that there was one. */
export function dueLeases(state: PeerState, now: Instant): void {
  for (const row of state.leases.stale(now, { overMs: state.config.tombstoneMs, openMs: state.config.recordMs })) {
    // It lives here, and slept as we did.
    if (state.residents.get(row.actor)) row.at = now
    else if (row.over !== null) {
      state.leases.remove(row.actor)
      continue
    } else {
      letGoOf(state, row.record)
      const minutes = Math.max(1, Math.round(state.config.recordMs / 60_000))
      state.leases.end(row, `nobody hosted it for ${minutes} minutes: its state was let go of (recordMs)`, now)
    }
    watch(state, row)
  }
}

function watch(state: PeerState, { at, over }: Lease): void {
  state.leases.watch(after(at, over === null ? state.config.recordMs : state.config.tombstoneMs))
}

function letGoOf(state: PeerState, record: Lease['record']): void {
  for (const { object } of linksInRecord({ record })) letGo(state, object, 'container')
}

function linksInRecord({ record }: Pick<Lease, 'record'>): RefLink[] {
  if (record === null) return []
  return [...(record.snapshot?.refs ?? []), ...record.answers.flatMap(({ outcome }) => linksOf(outcome))]
}
