// Answers to "what is going on here": rows for lists, and what a task or an object waits for, as far
// as this peer knows. Reads tables, changes nothing. The machine is handed it, so that a page is a peer before it has it.

import type { Instant, ObjectId } from '../model/ids.ts'
import type { InspectRow, Query } from '../model/messages.ts'
import { peerOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import { explain } from '../state/explaining.ts'
import { measures } from '../state/metering.ts'
import { isOver, shownState } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { keepsForOthers } from '../state/bytes.ts'
import { roleOf } from '../state/permits.ts'
import { printedRows, retell } from '../state/retelling.ts'
import { summed } from '../state/summing.ts'

export function inspect(state: PeerState, query: Query, now: Instant): InspectRow[] {
  switch (query.what) {
    case 'members':
      return upTo(query, members(state, now))
    case 'tasks':
      return upTo(query, tasks(state, now))
    case 'attempts':
      return upTo(query, attempts(state, now))
    case 'objects':
      return upTo(query, objects(state))
    case 'jobs':
      return upTo(query, jobs(state))
    case 'actors':
      return upTo(query, actors(state, now))
    case 'explain':
      return query.id === null ? [] : explain(state, query.id, now)
    case 'story':
      return retell(state, query, now)
    case 'printed':
      return printedRows(state, query, now)
    case 'summary':
      return upTo(query, summed(state))
    case 'measures':
      return [measures(state)]
    case 'counters':
      return [
        {
          ...state.counters,
          tasks: state.tasks.pending,
          objects: state.directory.size,
          held: state.holdings.size,
          memoryBytes: state.holdings.memoryBytes,
          diskBytes: state.holdings.diskBytes + state.foundlings.bytes,
          foundlings: state.foundlings.size,
          attempts: state.executor.size,
          keptForOthers: keepsForOthers(state),
          bundles: state.code.size,
          awareness: state.detector.awareness,
        },
      ]
  }
}

/** Rows are made one by one: of a million only those that are asked for, and fit. */
function upTo({ limit, where = {} }: Query, rows: Iterable<InspectRow>): InspectRow[] {
  const most = Math.min(limit, limits.rows)
  const wanted = Object.entries(where)
  const taken: InspectRow[] = []
  for (const row of rows) {
    if (taken.length >= most) break
    if (wanted.every(([field, value]) => String(row[field]) === value)) taken.push(row)
  }
  return taken
}

function* members(state: PeerState, now: Instant): Iterable<InspectRow> {
  for (const row of state.members.all())
    yield {
      peer: row.peer,
      name: row.name,
      state: shownState(row),
      kind: row.profile?.kind ?? 'unknown',
      role: roleOf(state, row.peer),
      slots: row.profile?.slots ?? 0,
      free:
        row.peer === state.peer ? Math.max(0, state.executor.slots - state.executor.running) : (row.load?.free ?? null),
      queued: row.peer === state.peer ? state.executor.readyCount : (row.load?.queued ?? null),
      dissents: state.polls.dissents(row.peer),
      linked: state.links.stands(row.life),
      sinceMs: Math.round(now - row.since),
      ageMs: Math.round(now - row.born),
      how: isOver(row.state) ? row.how : '',
      // A row is flat.
      addresses: JSON.stringify(row.profile?.addresses ?? []),
      labels: JSON.stringify(row.profile?.labels ?? {}),
    }
}

/** Those that this peer answers for. */
function* jobs(state: PeerState): Iterable<InspectRow> {
  for (const { context, name, detached, opened, isOurs, opening, handedTo, names } of state.jobs.all()) {
    if (opening || handedTo !== null) continue
    const rows = [...state.tasks.all()].filter(({ spec, state: at }) => spec.context === context && at !== 'settled')
    yield {
      job: name,
      lifetime: detached ? 'detached' : 'attached',
      state: isOurs ? 'open' : detached && rows.length > 0 ? 'running' : 'kept',
      opened,
      pending: rows.length,
      // A row is flat.
      names: JSON.stringify(Object.fromEntries(names)),
      done: JSON.stringify([...names].filter(([, object]) => isDone(state, object)).map(([name]) => name)),
    }
  }
}

/** Those that this peer answers for. */
function* actors(state: PeerState, now: Instant): Iterable<InspectRow> {
  for (const { spec, state: at, at: host, hosted, isNamed, attempt, submittedAt } of state.tasks.actors) {
    if (at === 'settled') continue
    yield {
      actor: spec.id,
      fn: spec.fn,
      name: isNamed ? spec.policy.name : null,
      state: hosted !== null ? 'alive' : attempt > 1 ? 'restarting' : 'starting',
      lifetime: spec.actor?.detached === true ? 'detached' : 'attached',
      incarnation: attempt,
      peer: host === null ? null : state.members.nameOf(peerOf(host)),
      ageMs: Math.round(now - submittedAt),
    }
  }
}

/** It has its value, or failed for good; or it can be made again by itself. */
function isDone(state: PeerState, object: ObjectId): boolean {
  const entry = state.directory.get(object)
  return entry !== undefined && entry.state !== 'pending'
}

function* tasks(state: PeerState, now: Instant): Iterable<InspectRow> {
  for (const row of state.tasks.all()) {
    if (row.state === 'settled') continue
    const peer = row.at ? state.members.nameOf(peerOf(row.at)) : null
    yield {
      task: row.spec.id,
      fn: row.spec.fn,
      name: row.spec.policy.name,
      state: row.state,
      attempt: row.attempt,
      peer,
      ageMs: Math.round(now - row.submittedAt),
      why: '',
    }
  }
  for (const row of [...state.remembered.values()].reverse()) {
    yield {
      task: row.task,
      fn: row.fn,
      name: row.name,
      state: row.state,
      attempt: row.attempts,
      peer: row.peer,
      ageMs: Math.round(row.ms),
      why: clip(row.failure?.message ?? '', limits.lineLength),
    }
  }
}

/** What this peer was given to run and has not been rid of yet. */
function* attempts(state: PeerState, now: Instant): Iterable<InspectRow> {
  for (const row of state.executor.all())
    yield {
      attempt: row.id,
      task: row.spec.id,
      fn: row.spec.fn,
      name: row.spec.policy.name,
      state: row.state,
      worker: row.worker,
      owner: state.members.nameOf(peerOf(row.owner)),
      ms: Math.round(state.executor.ranMs(row, now)),
    }
}

function* objects(state: PeerState): Iterable<InspectRow> {
  for (const row of state.directory.all()) {
    const holders = [...row.holders].map((life) => state.members.nameOf(peerOf(life))).join(' ')
    yield {
      object: row.object,
      state: row.state,
      size: row.size,
      copies: row.holders.size,
      wanted: row.copies,
      holders,
      owner: true,
    }
  }
  for (const row of state.holdings.all()) {
    if (row.owners.has(state.self)) continue
    const owners = [...row.owners].map((life) => state.members.nameOf(peerOf(life))).join(' ')
    yield { object: row.object, state: 'held', size: row.size, copies: 1, wanted: 1, holders: owners, owner: false }
  }
}
