// Why something has no value yet, as lines of a tree: what it waits for, who has that, since when, and when the next
// decision is due. As far as this peer knows: where another one knows more, the line says whom to ask.

import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemOf, never, peerOf, resultOf } from '../model/ids.ts'
import { clip, limits } from '../model/limits.ts'
import type { InspectRow } from '../model/messages.ts'
import { isFarAhead } from '../model/stream.ts'
import { voters } from './candidates.ts'
import { seconds, whereActor, whyNotSent, whyNotYet } from './explaining-actors.ts'
import { isOver, shownState } from './membership.ts'
import type { PeerState } from './peer-state.ts'
import { unfit } from './placement.ts'
import type { RunRow } from './runs.ts'
import type { TaskRow } from './tasks.ts'

const deepest = 8
const mostLines = 200

/** `depth` says how far a line is indented; `at` and `task`, whom to ask what for the lines below it. */
export function explain(state: PeerState, id: string, now: Instant): InspectRow[] {
  const lines: InspectRow[] = []
  const seen = new Set<string>()
  const say = (depth: number, text: string, ask: { at?: LifeId; task?: TaskId } = {}): void =>
    void lines.push({ depth, text: clip(text, limits.lineLength), ...ask })
  const visit = (what: string, depth: number): void => {
    if (seen.has(what) || depth > deepest || lines.length > mostLines) return
    seen.add(what)
    const task =
      state.tasks.get(what as TaskId) ??
      state.tasks.get(state.directory.get(what as ObjectId)?.task as TaskId) ??
      makerOf(state, what as ObjectId)
    if (!task || task.state === 'settled') return visitOther(what, depth)
    const { at } = task
    const unsent = whyNotSent(state, task, now)
    const there = at === null || at === state.self ? {} : { at, task: task.spec.id }
    const text = unsent?.text ?? whereActor(state, task, now) ?? waiting(state, task, now)
    say(depth, text, unsent?.ask ?? there)
    for (const line of task.story) say(depth + 1, line)
    for (const object of task.waitsFor) visit(object, depth + 1)
    if (unsent?.below !== undefined) visit(unsent.below, depth + 1)
    if (task.at === state.self) for (const row of state.executor.ofTask(task.spec.id)) visitRun(row, depth + 1)
  }
  const visitOther = (what: string, depth: number): void => {
    const [row] = state.executor.ofTask(what as TaskId)
    if (row) return visitRun(row, depth)
    const told = known(state, what)
    if (told !== null) say(depth, told.text, told.ask)
  }
  const visitRun = (row: RunRow, depth: number): void => {
    seen.add(row.spec.id)
    const actors = whyNotYet(state, row, now)
    say(depth, actors?.text ?? running(state, row, now))
    if (actors?.below !== undefined) visit(actors.below, depth + 1)
    for (const child of state.tasks.childrenOf(row.spec.id))
      if (child.state !== 'settled') visit(child.spec.id, depth + 1)
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
  const next = nextDecision(row, now)
  switch (row.state) {
    case 'waiting':
      if (state.polls.get(id))
        return `${fn} (${id}) waits for ${row.waitsFor.size} of its votes, for ${seconds(now - row.submittedAt)}${next}`
      return `${fn} (${id}) waits for ${row.waitsFor.size} of its arguments, for ${seconds(now - row.submittedAt)}${next}`
    case 'ready':
      return `${fn} (${id}) is ready and waits for a slot (${whyNowhere(state, row)})${next}`
    case 'assigned':
      return `${fn} (${id}) is at ${whereabouts(state, row.at)} for ${seconds(now - row.assignedAt)}, attempt ${row.attempt}${beside(state, row)}${unread(state, row)}${next}`
    case 'retrying':
      return `${fn} (${id}) is tried again in ${Math.max(0, row.retryAt - now).toFixed(0)} ms, after attempt ${row.attempt}${next}`
    case 'settled':
      return `${fn} (${id}) is done`
  }
}

/** What happens next if nothing else does. */
function nextDecision(row: TaskRow, now: Instant): string {
  const { timeoutAt, attemptTimeoutAt, placeBy, ending } = row
  if (ending) return `; it is being stopped: ${ending.reason}`
  if (placeBy !== never) return `; UNPLACEABLE in ${seconds(placeBy - now)}, unless a peer comes that can`
  if (attemptTimeoutAt !== never && attemptTimeoutAt <= timeoutAt)
    return `; tried elsewhere in ${seconds(attemptTimeoutAt - now)} (attemptTimeoutMs)`
  return timeoutAt === never ? '' : `; ends in ${seconds(timeoutAt - now)} (timeoutMs)`
}

/** `kestrel-3f9c`, and what is the matter with it. */
function whereabouts(state: PeerState, life: LifeId | null): string {
  if (life === null) return '?'
  const member = state.members.get(peerOf(life))
  const shown = member && shownState(member)
  const matter = shown === undefined || shown === 'alive' ? '' : ` (${shown === 'suspect' ? 'suspected' : shown})`
  return `${state.members.nameOf(peerOf(life))}${matter}`
}

/** `kestrel-3f9c: label zone is lab, moon needed; raven-2aba, owl-779c: busy` */
function whyNowhere(state: PeerState, row: TaskRow): string {
  const names = new Map<string, string[]>()
  const taken = voters(state, row.spec.id)
  for (const member of state.members.all()) {
    if (isOver(member.state)) continue
    const reason = unfit(member, row.spec.policy.needs) ?? (taken.has(member.peer) ? 'it has a vote already' : 'busy')
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
  if (!stream) return ''
  const items = stream.received - stream.taken
  const bytes = [...stream.unread].reduce(
    (sum, index) => sum + (state.directory.get(itemOf(spec.id, index))?.size ?? 0),
    0,
  )
  if (!isFarAhead(spec.policy, items, bytes)) return ''
  const reader = stream.reader === null ? 'nobody reads it yet' : `${stream.reader.context} reads it`
  return `; it waits for its reader, with ${items} items unread (ahead: ${spec.policy.ahead}): ${reader}`
}

/** On the peer that has it. */
function running(state: PeerState, row: RunRow, now: Instant): string {
  const { fn, id } = row.spec
  const whose = `for ${state.members.nameOf(peerOf(row.owner))}`
  const here = `${fn} (${id}) is ${row.state} here, ${whose}`
  switch (row.state) {
    case 'fetching':
      return `${here}: ${row.missing.size === 0 ? 'it waits for its bundle, or for what an earlier attempt had asked for' : `${row.missing.size} of its inputs are on their way`}`
    case 'ready':
      return `${here}: ${state.executor.readyCount} wait for a slot, ${state.executor.running} of ${state.executor.slots} are taken`
    case 'running':
      return `${here}, in worker ${row.worker}, for ${seconds(state.residents.ranMs(row, now) ?? state.executor.ranMs(row, now))}${row.aborting === null ? '' : `, told to stop: ${row.aborting}`}`
    case 'blocked':
      return `${here}, in worker ${row.worker}: it waits for what it asked for`
    case 'done':
      return `${here}: its outcome waits until its refs are safe, or is on its way`
  }
}

interface Known {
  readonly text: string
  readonly ask: { at?: LifeId; task?: TaskId }
}

function known(state: PeerState, what: string): Known | null {
  const text = remembered(state, what) ?? settled(state, what)
  if (text !== null) return { text, ask: {} }
  const elsewhere = state.elsewhere.get(what as ObjectId)
  if (!elsewhere) return null
  const { owner, located } = elsewhere
  const told = `object ${what} belongs to ${whereabouts(state, owner)}, ${located ? located.type : 'not settled yet'}`
  return { text: told, ask: located || owner === state.self ? {} : { at: owner, task: what as TaskId } }
}

function remembered(state: PeerState, what: string): string | null {
  const found =
    state.remembered.get(what as TaskId) ?? state.remembered.get(state.directory.get(what as ObjectId)?.task as TaskId)
  if (!found) return null
  const tries = `${found.attempts} ${found.attempts === 1 ? 'attempt' : 'attempts'}`
  const end = found.failure ? `failed: ${found.failure.message}` : `has its value (${found.ms.toFixed(0)} ms, ${tries})`
  const note = state.notes.get(resultOf(found.task))
  return [`${found.fn} (${found.task}) ${end}`, ...found.story, ...(note ? [note] : [])].join('; ')
}

function settled(state: PeerState, what: string): string | null {
  const entry = state.directory.get(what as ObjectId)
  if (!entry) return null
  const located = state.directory.locate(entry.object)
  const where =
    located?.type === 'stored'
      ? ` on ${located.holders.map((life) => state.members.nameOf(peerOf(life))).join(', ')}`
      : ''
  const note = state.notes.get(entry.object)
  return `object ${entry.object} is ${entry.state}, ${entry.size} bytes${where}${note === undefined ? '' : `; ${note}`}`
}
