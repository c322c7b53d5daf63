// The upper half of a simulated peer's shell, for real programs: contexts, waiters and the worker pool are those of every
// platform, over a machine whose wires and clock are the simulator's.

import type {
  BundleBytes,
  CodeId,
  Config,
  ContextId,
  Effect,
  InspectRow,
  LifeId,
  Notice,
  ObjectId,
  ObjectStore,
  PeerBeneath,
  PeerEvent,
  PeerState,
  Query,
  Sha256,
  WorkerPool,
} from '@murmuration/core/internal'
import {
  ActorSearches,
  Inspections,
  MeshError,
  OpenJobs,
  PeerContext,
  StoreFullError,
  Waiters,
  assetNamed,
  builtinBundle,
  codeOf,
  createWorkerPool,
  decodeError,
  drawnContext,
  failureToError,
  orderTo,
  readManifest,
  reportsTo,
  whom,
} from '@murmuration/core/internal'
import { inspect } from '@murmuration/core/seeing'
import type { SimPeer } from '../peer.ts'
import type { Shell } from '../shell.ts'
import { Place, currentPlace } from './place.ts'
import { SimThread } from './threads.ts'
import type { TakesMs } from './threads.ts'
import type { Timing } from './timing.ts'

/** What all peers of a simulated mesh have in common. */
export interface Ground {
  readonly timing: Timing
  readonly config: Config
  readonly sha256: Sha256
  readonly takesMs: TakesMs
  /** Every bundle there is. Which are at a peer is its machine's to say. */
  readonly bundles: Map<CodeId, Uint8Array>
  /** What came with them, by its hash. */
  readonly assets: Map<string, Uint8Array>
  readonly urlOf: (code: CodeId, source: Uint8Array) => Promise<string>
}

export class SimShell implements Shell, PeerBeneath {
  readonly self: LifeId
  readonly state: PeerState
  readonly events = new EventTarget()
  readonly jobs: OpenJobs
  readonly admission = { role: 'member' } as const
  readonly place: Place
  readonly #ground: Ground
  readonly #peer: SimPeer
  readonly #store: ObjectStore
  readonly #waiters: Waiters
  readonly #pool: WorkerPool
  readonly #inspections = new Inspections()
  readonly #actors: ActorSearches
  readonly #onStop = new Set<(broken: MeshError | null) => void>()
  #threads = 0
  #stopped: MeshError | null = null

  constructor(ground: Ground, peer: SimPeer) {
    this.#ground = ground
    this.#peer = peer
    this.self = peer.life
    this.state = peer.state
    this.place = new Place(ground.timing, peer, peer.life)
    const post = (event: PeerEvent): void => this.post(event)
    this.jobs = new OpenJobs(post)
    this.#actors = new ActorSearches(post)
    this.#store = storeOf(peer, ground)
    this.#waiters = new Waiters({ post, store: this.#store, soon: (then) => this.place.after(0, then) })
    this.#pool = this.#createPool()
    const { module, bytes } = builtinBundle(ground.sha256)
    ground.bundles.set(module.code, bytes)
    peer.bundles.add(module.code)
    peer.event({ type: 'code', code: module.code, pinned: true })
  }

  #createPool(): WorkerPool {
    const { config, sha256, takesMs, urlOf, bundles, timing } = this.#ground
    const { place: home } = this
    return createWorkerPool({
      platform: {
        spawnWorker: () =>
          new SimThread({
            home,
            name: `${this.self}/${++this.#threads}`,
            sha256,
            takesMs: (fn, args) => takesMs(fn, args),
          }),
        codeUrl: (code, source) => timing.during(urlOf(code, source)),
        sha256,
      },
      store: this.#store,
      config,
      host: {
        openContext: (attempt, actor) => {
          const row = this.state.executor.get(attempt)
          return this.#context((row?.spec.id ?? attempt) as string as ContextId, {
            depth: (row?.spec.depth ?? 0) + 1,
            runsAgain: true,
            run: row?.attempt ?? 1,
            within: actor as PeerContext | undefined,
          })
        },
        assetOf: async (code, name) => this.#assetOf(code, name),
        envOf: (code) => readManifest(bundles.get(code) ?? new Uint8Array()).env,
        reports: reportsTo(
          (event) => this.post(event),
          () => {},
        ),
      },
    })
  }

  #context(
    context: ContextId,
    rest: { depth: number; runsAgain: boolean; run?: number; within?: PeerContext | undefined },
  ): PeerContext {
    const { config, sha256 } = this.#ground
    const parts = { waiters: this.#waiters, actors: this.#actors, store: this.#store, sha256, config }
    return new PeerContext({ peer: this, context, ...rest, ...parts })
  }

  post(event: PeerEvent): void {
    // The engine collects garbage when it likes; here handles last until they are let go of.
    if (currentPlace() !== undefined) this.#peer.event(event)
  }

  #assetOf(code: CodeId, name: string): Uint8Array {
    const { bundles, assets } = this.#ground
    const [hash] = assetNamed(name, readManifest(bundles.get(code) ?? new Uint8Array()))
    return assets.get(hash) ?? new Uint8Array()
  }

  keepCode(code: CodeId, { source, assets }: BundleBytes): void {
    this.#ground.bundles.set(code, source)
    for (const [hash, bytes] of assets) this.#ground.assets.set(hash, bytes)
    this.#peer.keepCode(code)
  }

  freshContext(): ContextId {
    const bytes = Uint8Array.from({ length: 12 }, () => this.place.rng.below(256))
    return drawnContext(bytes)
  }

  openContext(context: ContextId, { runsAgain = false } = {}): PeerContext {
    return this.#context(context, { depth: 0, runsAgain })
  }

  assertOpen(): void {
    if (this.#stopped || this.state.leaving)
      throw this.#stopped ?? new MeshError('MESH_LEFT', 'this peer has left the mesh; join again for more work')
  }

  inspect(peer: LifeId, query: Query): Promise<readonly InspectRow[]> {
    this.assertOpen()
    const asked = whom(this.state.members, peer)
    return this.#inspections.ask(asked, (request) => this.post({ type: 'inspect', peer, request, query }))
  }

  inspectHere(query: Query): readonly InspectRow[] {
    return inspect(this.state, query, this.#peer.now())
  }

  onStop(listener: (broken: MeshError | null) => void): void {
    this.#onStop.add(listener)
  }

  leave(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    const left = new Promise<void>((resolve) => this.onStop(() => resolve()))
    this.post({ type: 'leave' })
    return left
  }

  perform(effect: Effect): boolean {
    return this.place.run(() => this.#perform(effect))
  }

  #perform(effect: Effect): boolean {
    // The others are the wires' and the store's.
    // oxlint-disable-next-line switch-exhaustiveness-check
    switch (effect.type) {
      case 'run':
      case 'abort':
      case 'proceed':
      case 'snapshot':
      case 'recall':
      case 'terminate':
        orderTo(this.#pool, effect)
        return true
      case 'settled':
        this.#waiters.settled(effect.object, effect.source, effect.located)
        return true
      case 'durable':
        this.#waiters.durable(effect.object, effect.failure && failureToError(effect.failure, decodeError))
        return true
      case 'cancelled':
        this.#waiters.cancelled(effect.object)
        return true
      case 'consumed':
        this.#waiters.readings.consumed(effect.object, effect.reader)
        return true
      case 'actor-found':
        this.#actors.answered(effect.request, effect.found)
        return true
      case 'job-opened':
        this.jobs.opened(effect)
        return true
      case 'inspected':
        this.#inspections.answered(effect.request, effect.rows)
        return true
      case 'notice':
        this.#notify(effect.notice)
        return false
      case 'drop': {
        const code = codeOf(effect.object)
        if (code !== null) this.#pool.forgetCode(code)
        return false
      }
      default:
        return false
    }
  }

  #notify(notice: Notice): void {
    this.events.dispatchEvent(new CustomEvent(notice.type, { detail: notice }))
  }

  ended(): void {
    const didLeave = this.#peer.left
    const why = new MeshError(
      'MESH_LEFT',
      didLeave ? 'this peer has left the mesh' : 'this peer was killed by the simulation',
    )
    this.#stopped = why
    this.place.run(() => {
      this.#waiters.fail(why)
      this.#inspections.fail(why)
      this.#actors.fail(why)
      this.jobs.fail(why)
      void this.#pool.close()
      for (const listener of this.#onStop) listener(null)
    })
    this.place.isOver = true
  }
}

/** The simulated peer's bytes as the shell reads and writes them. */
function storeOf(peer: SimPeer, { bundles, sha256 }: Ground): ObjectStore {
  const { store, keeper } = peer
  const bytesOf = (id: ObjectId): Uint8Array | undefined => {
    const code = codeOf(id)
    if (code === null) return keeper.read(id)?.bytes
    return peer.bundles.has(code) ? bundles.get(code) : undefined
  }
  return {
    limitBytes: store.limitBytes,
    usedBytes: () => store.memoryUsed,
    has: (id) => bytesOf(id) !== undefined,
    sizeOf: (id) => bytesOf(id)?.length,
    get: async (id) => bytesOf(id),
    async put(id, bytes, hash = sha256(bytes)) {
      if (store.put(id, { bytes, refs: [], size: bytes.length, hash })) return
      throw new StoreFullError(`there is no room for ${bytes.length} bytes more on ${peer.peer}`)
    },
    delete: (id) => store.delete(id),
    close: async () => {},
  }
}
