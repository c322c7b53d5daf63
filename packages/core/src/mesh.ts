// What a user holds after joining: the verbs, who is here, what is going on, and the way out. It
// decides nothing; it phrases questions to the peer beneath it and gives the answers their types.

import { actorHandle } from './actors.ts'
import { MeshError } from './errors.ts'
import type { Notice } from './model/events.ts'
import { peerOf } from './model/ids.ts'
import { type Job, type JobOptions, openJob } from './job.ts'
import { peersOf } from './looking-in.ts'
import type {
  ActorFilter,
  ActorInfo,
  Counts,
  JobFilter,
  JobInfo,
  ListOptions,
  ObjectFilter,
  ObjectInfo,
  PeerFilter,
  PeerInfo,
  TaskFilter,
  TaskInfo,
} from './looking-in.ts'
import type { CodePort } from './runtime/code-port.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'
import { createScope } from './scope.ts'
import type { OpenScope } from './scope.ts'
import type { StoryLine } from './story.ts'
import type { Summary } from './summary.ts'
import type { AnyActor, AnyRef, ObjectStream, Scope } from './types.ts'

/** Options of `mesh.addEventListener`. */
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
  /** Actors that a peer answers for: those that its programs, and the tasks that run there, have spawned. */
  actors(options?: ActorFilter): Promise<readonly ActorInfo[]>
  /** Named jobs that a peer answers for, in any state or one. */
  jobs(options?: JobFilter): Promise<readonly JobInfo[]>
  /** This peer's id. */
  readonly id: string
  /** This peer's name, as in every list and error. */
  readonly name: string
  /** Where others reach this peer. */
  readonly addresses: readonly string[]
  /**
   * Who is here, as far as this peer knows: itself and all that are alive, draining or suspected. With `all`, also those that died or left within
   * the last hour; with `state` or `kind` only such.
   *
   * @example
   * for (const { name, how } of mesh.peers({ state: 'dead' })) console.log(name, how)
   */
  peers(options?: PeerFilter): readonly PeerInfo[]
  /**
   * Tasks that a peer answers for: unsettled ones, then the latest settled, failures for longest. With `state`, `fn`, `name` only those to which all of
   * it applies; 1,000 at most, or `limit`.
   *
   * @example
   * for (const { id, why } of await mesh.tasks({ state: 'failure', fn: 'render', limit: 10 })) console.log(id, why)
   */
  tasks(options?: TaskFilter): Promise<readonly TaskInfo[]>
  /** Objects that a peer answers for, then what it holds for others. */
  objects(options?: ObjectFilter): Promise<readonly ObjectInfo[]>
  /**
   * What a ref, a stream or a task waits for, as an indented tree of sentences. Takes one of them or an id; an id is asked for at every peer.
   *
   * @example
   * console.log(await mesh.explain(tile))
   */
  explain(what: AnyRef | AnyActor | ObjectStream<unknown> | string): Promise<string>
  /**
   * What happened to a task, an object or a peer, told by all who had to do with it and are here: its owner, whoever ran it, its guardians.
   * So it is there after the peer that ran it died. Takes a ref or an id. Peers remember the latest 32,768 things of all that they do, and
   * the latest 4,096 troubles (failures, retries, crashes, deaths) beside them. Each has a clock of its own: times are this peer's, right
   * to half a round trip; what must have come first comes first. Rejects with NOT_FOUND when nobody remembers it.
   *
   * @example
   * for (const { sinceMs, peer, text } of await mesh.story(tile)) console.log(sinceMs.toFixed(0), peer, text)
   */
  story(what: AnyRef | AnyActor | ObjectStream<unknown> | string): Promise<readonly StoryLine[]>
  /**
   * The latest work of the whole mesh as a trace in Chrome's JSON format: open it in https://ui.perfetto.dev. A process per peer, a track per
   * worker, a slice per attempt, arrows from an attempt to the one made in its place, marks for deaths. It goes back as far as peers remember:
   * 32,768 rows each, a row for each attempt that ran there.
   *
   * @example
   * await writeFile('trace.json', await mesh.timeline())
   */
  timeline(): Promise<string>
  /**
   * The numbers of one peer as OpenMetrics text, for Prometheus and its like: tasks, attempts, objects, peers, and how long things took. Units are
   * in the names (seconds, bytes); labels are few. `peer`: whom to ask, by id or name; default: this one. Rejects with NOT_FOUND, GET_TIMEOUT.
   *
   * @example
   * response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8').end(await mesh.metrics())
   */
  metrics(options?: { peer?: string | undefined }): Promise<string>
  /**
   * The whole mesh in a few numbers: peers by state, tasks by function and state, slots, objects and their bytes; added up over all peers that answer
   * within 5 s. Those that do not are named in `silent`.
   *
   * @example
   * const { tasks, running, slots, silent } = await mesh.summary()
   */
  summary(): Promise<Summary>
  /**
   * What a peer has counted since it began, by name; this one, unless options say another.
   *
   * @example
   * const { strayed = 0 } = await mesh.counters()
   */
  counters(options?: ListOptions): Promise<Counts>
  /**
   * Listens to what happens: `peer:joined`, `peer:suspected`, `peer:died`, `peer:draining`, `peer:left`, `peer:refused`, `peer:dissented`, `task:retried`, `task:hedged`, `task:conflict`, `task:printed`, `task:stuck`, `actor:restarted`,
   * `object:copied`, `object:rebuilt`, `object:lost`. The event's `detail` says what happened, in ids, names and numbers.
   *
   * @example
   * mesh.addEventListener('peer:died', ({ detail }) => console.log(detail.name, detail.how), { signal })
   */
  addEventListener<Type extends Notice['type']>(
    type: Type,
    listener: (event: CustomEvent<NoticeOf<Type>>) => void,
    options?: ListenOptions,
  ): void
  /** Calls that listener no more. */
  removeEventListener<Type extends Notice['type']>(
    type: Type,
    listener: (event: CustomEvent<NoticeOf<Type>>) => void,
  ): void
  /** Ends attached work, hands over what others keep here, says goodbye. `await using` calls it. */
  leave(): Promise<void>
}

export interface MeshOptions {
  readonly peer: PeerBeneath
  readonly code: CodePort
  readonly addresses: () => readonly string[]
  /** Makes stack traces of bundles, and places in sentences, readable. */
  readonly mapStack?: ((stack: string) => string) | undefined
  readonly warn?: ((line: string) => void) | undefined
  /** Closes what the platform opened. */
  readonly close: () => Promise<void>
}

/** Loaded when it is first asked for. */
const seeing = () => import('./seeing.ts')

const beneath = new WeakMap<Mesh, PeerBeneath>()

/** For tools that look in; undefined for what is no mesh of ours. */
export function peerBeneath(mesh: Mesh): PeerBeneath | undefined {
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
    jobs: async (list) => (await seeing()).jobs(peer, list),
    actors: async (list) => (await seeing()).actors(peer, list),
    id: peerOf(peer.self),
    name: peer.state.members.nameOf(peerOf(peer.self)),
    get addresses() {
      return addresses()
    },
    peers: (options) => peersOf(peer, options),
    tasks: async (list) => (await seeing()).tasks(peer, list),
    objects: async (list) => (await seeing()).objects(peer, list),
    counters: async (list) => (await seeing()).counters(peer, list),
    explain: async (what) => (await seeing()).explain(peer, idOf(what)),
    story: async (what) => (await seeing()).story(peer, idOf(what)),
    summary: async () => (await seeing()).summary(peer),
    timeline: async () => (await seeing()).timeline(peer),
    metrics: async (options) => (await seeing()).metrics(peer, options),
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

/** What is no ref has none: whoever takes it says so. */
function idOf(what: AnyRef | AnyActor | ObjectStream<unknown> | string): string {
  if (typeof what === 'string') return what
  return actorHandle(what)?.object ?? (what as AnyRef | undefined)?.id ?? ''
}

function verbsOf({ use, fn, put, get, wait, settled, all, map, actor, kill }: OpenScope): Scope {
  return { use, fn, put, get, wait, settled, all, map, actor, kill }
}

interface Leaving {
  readonly peer: PeerBeneath
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
