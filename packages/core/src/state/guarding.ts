// What goes into the ledger: an object, and with it all that would be needed to answer for it (the
// closure of its lineage and of the refs inside it, as far as it is ours). What others answer for is
// in their ledgers. Of what was put inside a task the lineage is that task.

import type { ContextId, ObjectId } from '../model/ids.ts'
import { itemIn, resultOf } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import type { Outcome, RefLink, TaskSpec } from '../model/task.ts'
import { linksOf } from './answer.ts'
import type { Entry } from './directory.ts'
import { currentLinks, whereabouts } from './locate.ts'
import type { PeerState } from './peer-state.ts'
import type { RunRow } from './runs.ts'
import { isSafe } from './safe.ts'

export function guard(state: PeerState, object: ObjectId, context: ContextId | null): void {
  const entry = state.directory.get(object)
  if (!entry || !state.ledger.add(object, context)) return
  guardClosure(state, [object])
}

/** Whatever those rows need by now is in the ledger as well. A list, not the call stack: lineage may be long. */
export function guardClosure(state: PeerState, objects: readonly ObjectId[]): void {
  const left = [...objects]
  for (let object = left.pop(); object !== undefined; object = left.pop()) {
    const entry = state.directory.get(object)
    const spec = entry?.task ? state.tasks.get(entry.task)?.spec : state.makers.of(object)?.spec
    const stream = itemIn(object)
    const links = [
      ...(entry?.refs ?? []),
      ...(spec?.refs ?? []),
      ...(stream ? [{ object: resultOf(stream.task) }] : []),
    ]
    for (const link of links)
      if (state.directory.get(link.object) && state.ledger.add(link.object, null)) left.push(link.object)
  }
}

export function ledgerRow(state: PeerState, object: ObjectId): LedgerRow | null {
  const entry = state.directory.get(object)
  if (!entry || isYetToCome(entry)) return null
  const row = entry.task ? state.tasks.get(entry.task) : undefined
  const maker = row ? undefined : state.makers.of(object)
  const spec = row?.spec ?? maker?.spec
  return {
    object,
    task: entry.task,
    context: state.ledger.contextOf(object) ?? row?.spec.context ?? null,
    spec: spec ? currentSpec(state, spec) : null,
    copies: entry.copies,
    attempt: row?.numbered ?? 0,
    at: row?.at ?? maker?.formerly.at(-1) ?? null,
    faded: entry.state === 'faded',
    // Of what is looked for: what it was.
    located: whereabouts(state, object) ?? state.missing.get(object)?.located ?? null,
  }
}

/** An item of which only its stream can say anything. */
function isYetToCome({ object, state: at }: Entry): boolean {
  return at === 'pending' && itemIn(object) !== null
}

/** Its refs name those who answer by now. */
export function currentSpec(state: PeerState, spec: TaskSpec): TaskSpec {
  const refs = currentLinks(state, spec.refs)
  return refs === spec.refs ? spec : { ...spec, refs }
}

/**
 * Nothing leaves before its reason: an outcome that names objects of ours waits until guardians could
 * answer for them. Whoever asked for it here, and only here, is gone when we are.
 */
export function awaitGuardians(state: PeerState, row: RunRow): void {
  if (row.owner === state.self && !row.others) return
  // Looked at when this turn has asked for copies and appointed guardians.
  if (guardNamed(state, linksOf(row.outcome as Outcome))) state.ledger.waits.add(row.id)
}

/** What is about to leave names these. True when some of them are ours. */
export function guardNamed(state: PeerState, links: readonly RefLink[]): boolean {
  const own = links.filter(({ object }) => state.directory.get(object))
  for (const { object } of own) guard(state, object, null)
  return own.length > 0
}

/** Something among what is named is not safe yet. */
export function isAnyUnsafe(state: PeerState, links: readonly RefLink[]): boolean {
  return links.some(({ object }) => !isSafe(state, object))
}
