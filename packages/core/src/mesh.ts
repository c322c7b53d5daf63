// What a user holds after joining: the verbs, who is here, what is going on, and the way out. It
// decides nothing; it phrases questions to the peer beneath it and gives the answers their types.

import { MeshError } from './errors.ts'
import type { Notice } from './model/events.ts'
import type { LifeId } from './model/ids.ts'
import { isRole } from './model/role.ts'
import { peerOf } from './model/ids.ts'
import { limits } from './model/limits.ts'
import type { InspectRow } from './model/messages.ts'
import { type Job, type JobOptions, openJob } from './job.ts'
import { invalid, name } from './option-rules.ts'
import { checkOptions, listRules, peersRules } from './options.ts'
import type { CodePort } from './runtime/code-port.ts'
import type { Peer } from './runtime/peer.ts'
import { createScope } from './scope.ts'
import type { OpenScope } from './scope.ts'
import { isOver } from './state/membership.ts'
import type { AnyRef, ObjectStream, Scope } from './types.ts'

/** One peer as this one knows it. */
export interface PeerInfo {
  readonly id: string
  /** For people: `kestrel-3f`. */
  readonly name: string
  /** `hidden`: alive, in a tab that nobody looks at. */
  readonly state: 'alive' | 'hidden' | 'draining' | 'suspect' | 'dead' | 'left'
  readonly kind: string
  /** `member`: submits. `worker`: runs and keeps what members ask for. `observer`: looks. */
  readonly role: 'member' | 'worker' | 'observer'
  readonly slots: number
  /** Slots that run nothing, as it last said; null when it has not said. */
  readonly free: number | null
  readonly queued: number | null
  /** Milliseconds in this state. */
  readonly sinceMs: number
  /** Milliseconds since its life was first heard of; for this peer itself, since it started. */
  readonly ageMs: number
  /** For the dead: how it was found out. */
  readonly how: string
  readonly addresses: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly isSelf: boolean
}

export interface TaskInfo {
  readonly id: string
  readonly fn: string
  /** As `with({ name })` said. */
  readonly name: string | null
  readonly state: string
  readonly attempt: number
  readonly peer: string | null
  readonly ageMs: number
  /** Why it failed, when it did. */
  readonly why: string
}

export interface ObjectInfo {
  readonly id: string
  readonly state: string
  /** Bytes. */
  readonly size: number
  readonly copies: number
  readonly wanted: number
  readonly holders: string
  /** Whether this peer answers for it, or only holds it. */
  readonly isOwner: boolean
}

export interface JobInfo {
  readonly name: string
  readonly lifetime: 'attached' | 'detached'
  /** `open`: its program is there. `running`: it is gone, and what is not done is carried on. `kept`: for whoever runs it again. */
  readonly state: 'open' | 'running' | 'kept'
  /** Tasks that are not done. */
  readonly pending: number
  /** What was given a name in it: object by name. */
  readonly names: Readonly<Record<string, string>>
  /** Of those, the ones that have ended. */
  readonly done: readonly string[]
}

/** Numbers of this peer since it started. */
export type Counts = Readonly<Record<string, number>>

export interface ListOptions {
  /** Whom to ask: a peer's id or name. Default: this peer. */
  peer?: string | undefined
  /** Rows at most, up to 10,000. Default 1,000. */
  limit?: number | undefined
}

export interface ListenOptions {
  once?: boolean | undefined
  /** Stops listening when it aborts. */
  signal?: AbortSignal | undefined
}

type NoticeOf<Type extends Notice['type']> = Extract<Notice, { type: Type }>

/** A peer of a mesh. */
export interface Mesh extends Scope, AsyncDisposable {
  /**
   * Opens a job under a name. Run again after any crash, the program finds there what it had asked for. Rejects with NAME_TAKEN while
   * another program has it.
   */
  job(name: string, options?: JobOptions): Promise<Job>
  /** Named jobs that a peer answers for. */
  jobs(options?: ListOptions): Promise<readonly JobInfo[]>
  /** This peer's id. */
  readonly id: string
  /** This peer's name, as in every list and error. */
  readonly name: string
  /** Where others reach this peer. */
  readonly addresses: readonly string[]
  /**
   * Who is here, as far as this peer knows: itself and all that are alive, draining or suspected. With `all`, also those that died or left within
   * the last hour.
   */
  peers(options?: { all?: boolean | undefined }): readonly PeerInfo[]
  /** Tasks that a peer answers for: unsettled ones, then the latest settled. */
  tasks(options?: ListOptions): Promise<readonly TaskInfo[]>
  objects(options?: ListOptions): Promise<readonly ObjectInfo[]>
  /**
   * What a ref, a stream or a task waits for, as an indented tree of sentences. Takes one of them or an id; an id is asked for at every peer.
   *
   * @example
   * console.log(await mesh.explain(tile))
   */
  explain(what: AnyRef | ObjectStream<unknown> | string): Promise<string>
  counters(options?: ListOptions): Promise<Counts>
  /**
   * Listens to what happens: `peer:joined`, `peer:suspected`, `peer:died`, `peer:draining`, `peer:left`, `peer:refused`, `task:retried`, `task:hedged`, `task:conflict`, `object:copied`,
   * `object:rebuilt`, `object:lost`. The event's `detail` says what happened, in ids, names and numbers.
   *
   * @example
   * mesh.addEventListener('peer:died', ({ detail }) => console.log(detail.name, detail.how), { signal })
   */
  addEventListener<Type extends Notice['type']>(
    type: Type,
    listener: (event: CustomEvent<NoticeOf<Type>>) => void,
    options?: ListenOptions,
  ): void
  removeEventListener<Type extends Notice['type']>(
    type: Type,
    listener: (event: CustomEvent<NoticeOf<Type>>) => void,
  ): void
  /** Ends attached work, hands over what others keep here, says goodbye. `await using` calls it. */
  leave(): Promise<void>
}

export interface MeshOptions {
  readonly peer: Peer
  readonly code: CodePort
  readonly addresses: () => readonly string[]
  /** Makes stack traces of bundles, and places in sentences, readable. */
  readonly mapStack?: ((stack: string) => string) | undefined
  readonly warn?: ((line: string) => void) | undefined
  /** Closes what the platform opened. */
  readonly close: () => Promise<void>
}

const beneath = new WeakMap<Mesh, Peer>()

/** For tools that look in; undefined for what is no mesh of ours. */
export function peerBeneath(mesh: Mesh): Peer | undefined {
  return beneath.get(mesh)
}

export function createMesh(options: MeshOptions): Mesh {
  const { peer, code, addresses, close } = options
  const jobId = peer.freshContext()
  const port = peer.openContext(jobId)
  const scope = createScope({ port, code, warn: options.warn, mapStack: options.mapStack })
  const open = new Set<AsyncDisposable>()
  let leaving: Promise<void> | undefined
  const leave = (): Promise<void> => (leaving ??= leaveOnce({ peer, scope, open, close }))
  // Somebody had it drained.
  peer.onStop((broken) => void (broken ?? leave()))
  const mesh: Mesh = {
    ...verbsOf(scope),
    job: (name, jobOptions) => openJob({ ...options, sha256: port.sha256, open }, name, jobOptions),
    jobs: async (list) => (await ask(peer, 'jobs', list)).map(jobInfo),
    id: peerOf(peer.self),
    name: peer.state.members.nameOf(peerOf(peer.self)),
    get addresses() {
      return addresses()
    },
    peers: (options) => peersOf(peer, options),
    tasks: async (list) => (await ask(peer, 'tasks', list)).map(taskInfo),
    objects: async (list) => (await ask(peer, 'objects', list)).map(objectInfo),
    counters: async (list) => ((await ask(peer, 'counters', list))[0] ?? {}) as Counts,
    explain: (what) => explain(peer, typeof what === 'string' ? what : what?.id),
    addEventListener: (type, listener, { once = false, signal } = {}) => {
      const options = signal ? { once, signal } : { once }
      peer.events.addEventListener(type, listener as (event: Event) => void, options)
    },
    removeEventListener: (type, listener) => peer.events.removeEventListener(type, listener as (event: Event) => void),
    leave,
    [Symbol.asyncDispose]: leave,
  }
  beneath.set(mesh, peer)
  return mesh
}

function verbsOf({ use, fn, put, get, wait, settled, all, map }: OpenScope): Scope {
  return { use, fn, put, get, wait, settled, all, map }
}

interface Leaving {
  readonly peer: Peer
  readonly scope: OpenScope
  readonly open: ReadonlySet<AsyncDisposable>
  readonly close: () => Promise<void>
}

async function leaveOnce({ peer, scope, open, close }: Leaving): Promise<void> {
  // What was called for under a name is submitted first, so that it can be handed over.
  await Promise.all([...open].map((job) => job[Symbol.asyncDispose]()))
  scope.close(new MeshError('MESH_LEFT', 'this peer has left the mesh; join again for more work'))
  await peer.leave()
  await close()
}

function peersOf(peer: Peer, options: { all?: boolean | undefined } = {}): PeerInfo[] {
  checkOptions('peers', options, peersRules)
  const rows = peer.inspectHere({ what: 'members', id: null, limit: limits.rows })
  const known = rows.map((row) => peerInfo(row, peerOf(peer.self)))
  return options.all === true ? known : known.filter(({ state }) => !isOver(state))
}

/** One row of what a peer says of the members. */
export function peerInfo(row: InspectRow, self: string): PeerInfo {
  return {
    id: String(row['peer']),
    name: String(row['name']),
    state: row['state'] as PeerInfo['state'],
    kind: String(row['kind']),
    role: isRole(row['role']) ? row['role'] : 'member',
    slots: Number(row['slots']),
    free: row['free'] as number | null,
    queued: row['queued'] as number | null,
    sinceMs: Number(row['sinceMs']),
    ageMs: Number(row['ageMs']),
    how: String(row['how']),
    addresses: Object.values(textsIn(row['addresses'])),
    labels: textsIn(row['labels']),
    isSelf: row['peer'] === self,
  }
}

/** A row is flat, so several texts are one of JSON. It may come from another peer: what is none counts as nothing. */
function textsIn(json: InspectRow[string] | undefined): Record<string, string> {
  try {
    const told: unknown = JSON.parse(String(json))
    return Object.fromEntries(Object.entries(told ?? {}).filter(([, text]) => typeof text === 'string'))
  } catch {
    return {}
  }
}

async function ask(
  peer: Peer,
  what: 'tasks' | 'objects' | 'jobs' | 'counters',
  options: ListOptions = {},
): Promise<readonly InspectRow[]> {
  checkOptions(what, options, listRules)
  const { peer: whom, limit = 1_000 } = options
  return peer.inspect(whom === undefined ? peer.self : findPeer(peer, whom), { what, id: null, limit })
}

/** By id or name, of several by one name a living one. Throws NOT_FOUND with the names there are. */
function findPeer(peer: Peer, whom: string): LifeId {
  const others: string[] = []
  let found: LifeId | null = null
  for (const member of peer.state.members.all()) {
    const name = peer.state.members.nameOf(member.peer)
    others.push(name)
    if (member.peer !== whom && name !== whom) continue
    if (!isOver(member.state)) return member.life
    found ??= member.life
  }
  if (found) return found
  throw new MeshError('NOT_FOUND', `no peer ${whom} here; there are ${others.join(', ')}`)
}

async function explain(peer: Peer, id: string): Promise<string> {
  if (!name.ok(id)) throw invalid('explain: expected a ref, or the whole id of a task or an object')
  const query = { what: 'explain', id, limit: 1_000 } as const
  // In turn, so that what was called for just now is known.
  const here = await peer.inspect(peer.self, query)
  if (here.length > 0) return tree(here)
  const others = peer.state.members.others().filter((row) => row.state === 'alive')
  const answers = await Promise.allSettled(others.map((row) => peer.inspect(row.life, query)))
  for (const answer of answers) if (answer.status === 'fulfilled' && answer.value.length > 0) return tree(answer.value)
  throw new MeshError(
    'NOT_FOUND',
    `nobody of ${others.length + 1} peers knows ${id}: it was released, or its name is not whole`,
  )
}

function tree(rows: readonly InspectRow[]): string {
  return rows.map((row) => `${'  '.repeat(Number(row['depth'] ?? 0))}${String(row['text'])}`).join('\n')
}

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

/** One row of what a peer says of the named jobs that it has. */
export function jobInfo(row: InspectRow): JobInfo {
  return {
    name: String(row['job']),
    lifetime: row['lifetime'] === 'detached' ? 'detached' : 'attached',
    state: row['state'] as JobInfo['state'],
    pending: Number(row['pending']),
    names: textsIn(row['names']),
    done: Object.values(textsIn(row['done'])),
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
