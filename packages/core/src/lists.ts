// Lists of what one peer has: whom to ask, and rows as infos with types. It phrases questions; what there is to tell is
// flows/inspect.

import { findPeer } from './asking.ts'
import type {
  ActorFilter,
  ActorInfo,
  Counts,
  JobFilter,
  JobInfo,
  ListOptions,
  ObjectFilter,
  ObjectInfo,
  TaskFilter,
  TaskInfo,
} from './looking-in.ts'
import { jobInfo } from './looking-in.ts'
import { limits } from './model/limits.ts'
import type { InspectRow } from './model/messages.ts'
import * as is from './option-rules.ts'
import type { Rules } from './option-rules.ts'
import { checkOptions } from './options.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'

export const listRules: Rules = { peer: is.name, limit: is.whole(1, limits.rows) }
const tasksRules: Rules = {
  ...listRules,
  state: is.oneOf('waiting', 'ready', 'assigned', 'retrying', 'value', 'failure', 'cancelled'),
  fn: is.name,
  name: is.name,
}
const objectsRules: Rules = {
  ...listRules,
  state: is.oneOf('pending', 'inline', 'stored', 'alias', 'failed', 'faded', 'held'),
}
const actorsRules: Rules = { ...listRules, state: is.oneOf('starting', 'alive', 'restarting'), name: is.name }
const jobsRules: Rules = { ...listRules, state: is.oneOf('open', 'running', 'kept') }

export async function tasks(peer: PeerBeneath, options?: TaskFilter): Promise<readonly TaskInfo[]> {
  return (await askOne(peer, 'tasks', options)).map(taskInfo)
}

export async function objects(peer: PeerBeneath, options?: ObjectFilter): Promise<readonly ObjectInfo[]> {
  return (await askOne(peer, 'objects', options)).map(objectInfo)
}

export async function jobs(peer: PeerBeneath, options?: JobFilter): Promise<readonly JobInfo[]> {
  return (await askOne(peer, 'jobs', options)).map(jobInfo)
}

export async function actors(peer: PeerBeneath, options?: ActorFilter): Promise<readonly ActorInfo[]> {
  return (await askOne(peer, 'actors', options)).map(actorInfo)
}

export async function counters(peer: PeerBeneath, options?: ListOptions): Promise<Counts> {
  return ((await askOne(peer, 'counters', options))[0] ?? {}) as Counts
}

/** Rows of one peer: this one, or whoever is named. Rejects with MeshError INVALID_OPTION, NOT_FOUND, GET_TIMEOUT. */
async function askOne(
  peer: PeerBeneath,
  what: keyof typeof rules,
  options: ListOptions = {},
): Promise<readonly InspectRow[]> {
  checkOptions(what, options, rules[what])
  const { peer: whom, limit = 1_000, ...filter } = options
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  const where = Object.fromEntries(asked.map(([field, value]) => [field, String(value)]))
  return peer.inspect(whom === undefined ? peer.self : findPeer(peer, whom), { what, id: null, where, limit })
}

const rules = {
  tasks: tasksRules,
  objects: objectsRules,
  jobs: jobsRules,
  actors: actorsRules,
  counters: listRules,
} as const

function taskInfo(row: InspectRow): TaskInfo {
  const { task, fn, name = null, state, attempt, peer, ageMs, why } = row
  return {
    id: String(task),
    fn: String(fn),
    name: name === null ? null : String(name),
    state: String(state),
    attempt: Number(attempt),
    peer: peer === null ? null : String(peer),
    ageMs: Number(ageMs),
    why: String(why),
  }
}

/** One row of what a peer says of the actors that it answers for. */
function actorInfo(row: InspectRow): ActorInfo {
  const { actor, fn, name = null, state, lifetime, incarnation, peer = null, ageMs } = row
  return {
    id: String(actor),
    fn: String(fn),
    name: name === null ? null : String(name),
    state: state as ActorInfo['state'],
    lifetime: lifetime === 'detached' ? 'detached' : 'attached',
    incarnation: Number(incarnation),
    peer: peer === null ? null : String(peer),
    ageMs: Number(ageMs),
  }
}

function objectInfo(row: InspectRow): ObjectInfo {
  const { object, state, size, copies, wanted, holders, owner } = row
  return {
    id: String(object),
    state: String(state),
    size: Number(size),
    copies: Number(copies),
    wanted: Number(wanted),
    holders: String(holders),
    isOwner: owner === true,
  }
}
