// `murmur list`: what all peers say they know, as one table. A task is told by the peer that answers for
// it; an object by its owner, or by its holders when the owner is silent.

import type { InspectRow } from '@murmuration/core/internal'
import type { Common } from './arguments.ts'
import { listInvites } from './invite.ts'
import { namedJobs } from './jobs.ts'
import type { Answer, Answers, Observer } from './observer.ts'
import { footnote, observe } from './observer.ts'
import { isShown, withoutSelf } from './status.ts'
import { coloured, colours, print, printJson, table } from './table.ts'
import { bytes, duration, shortAddress, shortIds } from './words.ts'

export interface ListOptions extends Common {
  readonly all?: boolean | undefined
  readonly limit: number
  /** Of tasks and objects: only those in that state. */
  readonly state?: string | undefined
  /** Of tasks: only that function's. */
  readonly fn?: string | undefined
}

export type Listed = 'peers' | 'tasks' | 'objects' | 'actors' | 'jobs' | 'invites'

export async function list(what: Listed, options: ListOptions): Promise<number> {
  // Those are in the home: no peer knows them.
  if (what === 'invites') return listInvites(options)
  return observe(options, (observer) => lists[what](observer, options))
}

const lists: Readonly<
  Record<Exclude<Listed, 'invites'>, (observer: Observer, options: ListOptions) => Promise<number>>
> = {
  peers: listPeers,
  tasks: listTasks,
  objects: listObjects,
  actors: listActors,
  jobs: listJobs,
}

async function listPeers(observer: Observer, { all = false, json = false }: ListOptions): Promise<number> {
  const { members, silent } = await observer.members()
  const shown = members.filter((info) => all || isShown(info))
  if (json) {
    printJson({ peers: shown.map(withoutSelf), unanswered: silent })
    return 0
  }
  const rows = shown.map(({ name, state, kind, addresses, labels, id }) => [
    name,
    coloured(state),
    kind,
    addresses.map(shortAddress).join(' '),
    Object.entries(labels)
      .filter(([key]) => key !== 'kind')
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
    id,
  ])
  show(table(['PEER', 'STATE', 'KIND', 'ADDRESSES', 'LABELS', 'ID'], rows), silent)
  return 0
}

async function listTasks(observer: Observer, options: ListOptions): Promise<number> {
  const { json = false, limit, state, fn } = options
  const all = options.all ?? state !== undefined
  const answers = await observer.ask({ what: 'tasks', id: null, where: given({ state, fn }), limit })
  const known = merged(answers, 'task', ({ name }, row) => ({ ...row, owner: name }))
  const tasks = known.filter(({ state }) => all || !isDone(state))
  if (json) {
    printJson({ tasks: tasks.map(({ task, ...rest }) => ({ id: task, ...rest })), unanswered: answers.silent })
    return 0
  }
  const hidden = known.length - tasks.length
  const note = hidden === 0 ? '' : colours.dim(`\n\n${hidden} done (--all shows them)`)
  if (tasks.length === 0) {
    const none =
      hidden === 0 ? 'no tasks: nobody runs anything, and nobody remembers having done so' : 'no tasks under way'
    show(none + note, answers.silent)
    return 0
  }
  const short = shortIds(tasks.map(({ task }) => String(task)))
  const rows = tasks.map(({ task, fn, name, state, attempt, peer, ageMs, owner, why }) => [
    short(String(task)),
    typeof name === 'string' ? `${String(fn)} (${name})` : String(fn),
    coloured(String(state)),
    String(attempt),
    String(peer ?? ''),
    duration(Number(ageMs)),
    String(owner),
    String(why).split('\n')[0] ?? '',
  ])
  const text = table(['TASK', 'FUNCTION', 'STATE', 'ATTEMPT', 'ON', 'TIME', 'FOR', ''], rows, ['ATTEMPT'])
  show(text + note, answers.silent)
  return 0
}

function given(filter: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** As it was wanted: what failed is still of interest. */
function isDone(state: InspectRow[string] | undefined): boolean {
  return state === 'value' || state === 'cancelled'
}

async function listObjects(observer: Observer, { json = false, limit, state }: ListOptions): Promise<number> {
  const answers = await observer.ask({ what: 'objects', id: null, where: given({ state }), limit })
  const objects = merged(answers, 'object', ({ name }, row) =>
    row['owner'] === true ? { ...row, owner: name } : { ...row, owner: row['holders'] ?? '', holders: name },
  )
  if (json) {
    printJson({ objects: objects.map(({ object, ...rest }) => ({ id: object, ...rest })), unanswered: answers.silent })
    return 0
  }
  if (objects.length === 0) {
    show('no objects: nobody keeps anything', answers.silent)
    return 0
  }
  const short = shortIds(objects.map(({ object }) => String(object)))
  const rows = objects.map(({ object, state, size, copies, wanted, holders, owner }) => [
    short(String(object)),
    coloured(String(state)),
    bytes(Number(size)),
    state === 'stored' ? `${String(copies)} of ${String(wanted)}` : '',
    String(holders),
    String(owner),
  ])
  show(table(['OBJECT', 'STATE', 'SIZE', 'COPIES', 'ON', 'OWNER'], rows, ['SIZE']), answers.silent)
  return 0
}

async function listActors(observer: Observer, { json = false, limit, state }: ListOptions): Promise<number> {
  const answers = await observer.ask({ what: 'actors', id: null, where: given({ state }), limit })
  const actors = merged(answers, 'actor', ({ name }, row) => ({ ...row, owner: name }))
  if (json) {
    printJson({ actors: actors.map(({ actor, ...rest }) => ({ id: actor, ...rest })), unanswered: answers.silent })
    return 0
  }
  if (actors.length === 0) {
    show('no actors: nobody has spawned one that still lives', answers.silent)
    return 0
  }
  const short = shortIds(actors.map(({ actor }) => String(actor)))
  const rows = actors.map(({ actor, fn, name, state, lifetime, incarnation, peer, ageMs, owner }) => [
    short(String(actor)),
    typeof name === 'string' ? `${String(fn)} '${name}'` : String(fn),
    coloured(String(state)),
    String(lifetime),
    String(incarnation),
    String(peer ?? ''),
    duration(Number(ageMs)),
    String(owner),
  ])
  show(
    table(['ACTOR', 'CLASS', 'STATE', 'LIFETIME', 'INCARNATION', 'ON', 'AGE', 'FOR'], rows, ['INCARNATION']),
    answers.silent,
  )
  return 0
}

async function listJobs(observer: Observer, { json = false }: ListOptions): Promise<number> {
  const { jobs, silent } = await namedJobs(observer)
  if (json) {
    printJson({ jobs: jobs.map(({ life: _life, opened: _opened, ...rest }) => rest), unanswered: silent })
    return 0
  }
  if (jobs.length === 0) {
    show('no jobs: nobody has one with a name (mesh.job(name))', silent)
    return 0
  }
  const rows = jobs.map(({ name, lifetime, state, pending, names, done, peer }) => [
    name,
    lifetime,
    state,
    String(pending),
    peer,
    Object.keys(names)
      .map((one) => (done.includes(one) ? one : `${one} (not done)`))
      .join(', '),
  ])
  show(table(['JOB', 'LIFETIME', 'STATE', 'PENDING', 'AT', 'NAMES'], rows, ['PENDING']), silent)
  return 0
}

/** Rows of all, one per id. Who answers for it is believed before those who hold it. */
function merged(
  { answers }: Answers,
  id: 'task' | 'object' | 'actor',
  told: (answer: Answer, row: InspectRow) => InspectRow,
): InspectRow[] {
  const rows = new Map<unknown, { row: InspectRow; isOwners: boolean }>()
  for (const answer of answers) {
    for (const row of answer.rows) {
      const isOwners = id !== 'object' || row['owner'] === true
      if (isOwners || !rows.has(row[id])) rows.set(row[id], { row: told(answer, row), isOwners })
    }
  }
  return [...rows.values()].map(({ row }) => row)
}

function show(text: string, silent: readonly string[]): void {
  print(text)
  if (silent.length > 0) print(footnote(silent))
}
