// Answers to "what is going on here": rows for lists, and what a task or an object waits for, as far
// as this peer knows. Reads tables, changes nothing.

import type { Instant, ObjectId, TaskId } from '../model/ids.ts'
import type { InspectRow, Query } from '../model/messages.ts'
import { peerOf, resultOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import { locate } from '../state/locate.ts'
import { isOver, shownState } from '../state/membership.ts'
import type { PeerState } from '../state/peer-state.ts'
import { keepsForOthers } from '../state/bytes.ts'
import { roleOf } from '../state/permits.ts'
import { unfit } from '../state/placement.ts'
import type { TaskRow } from '../state/tasks.ts'

export function inspect(state: PeerState, query: Query, now: Instant): InspectRow[] {
  switch (query.what) {
    case 'members':
      return upTo(query.limit, members(state, now))
    case 'tasks':
      return upTo(query.limit, tasks(state, now))
    case 'attempts':
      return upTo(query.limit, attempts(state, now))
    case 'objects':
      return upTo(query.limit, objects(state))
    case 'jobs':
      return upTo(query.limit, jobs(state))
    case 'explain':
      return query.id === null ? [] : explain(state, query.id, now)
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

/** Rows are made one by one: of a million only those that are asked for. */
function upTo(limit: number, rows: Iterable<InspectRow>): InspectRow[] {
  const most = Math.min(limit, limits.rows)
  const taken: InspectRow[] = []
  for (const row of rows) {
    if (taken.length >= most) break
    taken.push(row)
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
  for (const { context, name, detached, isOurs, opening, handedTo, names } of state.jobs.all()) {
    if (opening || handedTo !== null) continue
    const rows = [...state.tasks.all()].filter(({ spec, state: at }) => spec.context === context && at !== 'settled')
    yield {
      job: name,
      lifetime: detached ? 'detached' : 'attached',
      state: isOurs ? 'open' : detached && rows.length > 0 ? 'running' : 'kept',
      pending: rows.length,
      // A row is flat.
      names: JSON.stringify(Object.fromEntries(names)),
      done: JSON.stringify([...names].filter(([, object]) => isDone(state, object)).map(([name]) => name)),
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

/** Lines of a tree: `depth` says how far each is indented. */
export function explain(state: PeerState, id: string, now: Instant): InspectRow[] {
  const lines: InspectRow[] = []
  const seen = new Set<string>()
  const visit = (what: string, depth: number): void => {
    if (seen.has(what) || depth > 8 || lines.length > 200) return
    seen.add(what)
    const task =
      state.tasks.get(what as TaskId) ??
      state.tasks.get(state.directory.get(what as ObjectId)?.task as TaskId) ??
      makerOf(state, what as ObjectId)
    const text = task && task.state !== 'settled' ? waiting(state, task, now) : known(state, what)
    if (text === null) return
    lines.push({ depth, text: clip(text) })
    if (!task || task.state === 'settled') return
    for (const line of task.story) lines.push({ depth: depth + 1, text: line })
    for (const object of task.waitsFor) visit(object, depth + 1)
  }
  visit(id, 0)
  return lines
}

/** The task that is to put it again. */
function makerOf(state: PeerState, object: ObjectId): TaskRow | undefined {
  const maker = state.makers.of(object)
  return maker?.awaited.has(object) ? state.tasks.get(maker.spec.id) : undefined
}

function waiting(state: PeerState, row: TaskRow, now: Instant): string {
  const { fn, id } = row.spec
  const ago = (at: Instant): string => `${((now - at) / 1_000).toFixed(1)} s`
  switch (row.state) {
    case 'waiting':
      return `${fn} (${id}) waits for ${row.waitsFor.size} of its arguments, for ${ago(row.submittedAt)}`
    case 'ready':
      return `${fn} (${id}) is ready and waits for a slot (${whyNowhere(state, row)})`
    case 'assigned':
      return `${fn} (${id}) is at ${row.at ? state.members.nameOf(peerOf(row.at)) : '?'} for ${ago(row.assignedAt)}, attempt ${row.attempt}${beside(state, row)}${unread(state, row)}`
    case 'retrying':
      return `${fn} (${id}) is tried again in ${Math.max(0, row.retryAt - now).toFixed(0)} ms, after attempt ${row.attempt}`
    case 'settled':
      return `${fn} (${id}) is done`
  }
}

/** `kestrel-3f: label zone is lab, moon needed; raven-2a, owl-77: busy` */
function whyNowhere(state: PeerState, row: TaskRow): string {
  const names = new Map<string, string[]>()
  for (const member of state.members.all()) {
    if (isOver(member.state)) continue
    const reason = unfit(member, row.spec.policy.needs) ?? 'busy'
    names.set(reason, [...(names.get(reason) ?? []), state.members.nameOf(member.peer)])
  }
  return [...names].map(([reason, peers]) => `${listed(peers)}: ${reason}`).join('; ')
}

const namesListed = 3

function listed(names: readonly string[]): string {
  const more = names.length - namesListed
  return names.slice(0, namesListed).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function beside(state: PeerState, { second }: TaskRow): string {
  return second ? `; attempt ${second.attempt} runs beside it at ${state.members.nameOf(peerOf(second.at))}` : ''
}

/** Of a generator that may yield no more for now. */
function unread(state: PeerState, { spec }: TaskRow): string {
  const stream = state.streams.get(spec.id)
  const items = stream ? stream.received - stream.taken : 0
  if (!stream || items < spec.policy.ahead) return ''
  const reader = stream.reader === null ? 'nobody reads it yet' : `${stream.reader.context} reads it`
  return `; it waits for its reader, with ${items} items unread (ahead: ${spec.policy.ahead}): ${reader}`
}

function known(state: PeerState, what: string): string | null {
  const remembered =
    state.remembered.get(what as TaskId) ?? state.remembered.get(state.directory.get(what as ObjectId)?.task as TaskId)
  if (remembered) {
    const end = remembered.failure
      ? `failed: ${remembered.failure.message}`
      : `has its value (${remembered.ms.toFixed(0)} ms, ${remembered.attempts} ${remembered.attempts === 1 ? 'attempt' : 'attempts'})`
    const note = state.notes.get(resultOf(remembered.task))
    return [`${remembered.fn} (${remembered.task}) ${end}`, ...remembered.story, ...(note ? [note] : [])].join('; ')
  }
  const entry = state.directory.get(what as ObjectId)
  if (entry) {
    const found = locate(state, entry.object, state.self)
    const where =
      found?.located.type === 'stored'
        ? ` on ${found.located.holders.map((life) => state.members.nameOf(peerOf(life))).join(', ')}`
        : ''
    return `object ${entry.object} is ${entry.state}, ${entry.size} bytes${where}${state.notes.has(entry.object) ? `; ${state.notes.get(entry.object)}` : ''}`
  }
  const elsewhere = state.elsewhere.get(what as ObjectId)
  if (elsewhere)
    return `object ${what} belongs to ${state.members.nameOf(peerOf(elsewhere.owner))}, ${elsewhere.located ? elsewhere.located.type : 'not settled yet'}`
  const running = state.executor.ofTask(what as TaskId)[0]
  return running
    ? `${running.spec.fn} (${what}) is ${running.state} here, for ${state.members.nameOf(peerOf(running.owner))}`
    : null
}
