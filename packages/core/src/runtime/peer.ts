// The shell around the machine: what a turn (turns.ts) asks for is carried out. Every asynchronous effect ends in exactly
// one event. It knows streams, stores, workers and promises, and decides nothing.

import type { Config } from '../model/config.ts'
import { skippedMs } from '../model/config.ts'
import type { Effect, Notice, PeerEvent } from '../model/events.ts'
import type { AttemptId, CodeId, ContextId, Instant, LifeId, ObjectId, PeerId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import type { InspectRow, Query } from '../model/messages.ts'
import type { Profile } from '../model/world.ts'
import { createPeerState, type PeerState, type See } from '../state/peer-state.ts'
import { MeshError, failureToError } from '../errors.ts'
import { ActorSearches } from './actor-searches.ts'
import { builtinBundle } from './builtin.ts'
import { Inspections, whom } from './inspections.ts'
import type { Admission } from '../trust/admission.ts'
import { Joining, type JoinRequest } from './joining.ts'
import { Keeper } from './keeper.ts'
import { Leaving } from './leaving.ts'
import { LinkTable } from './link-table.ts'
import { OpenJobs } from './open-jobs.ts'
import { type BundleBytes, noAssets } from './code-port.ts'
import { drawnContext } from './digest.ts'
import { Refusals } from './refusals.ts'
import { Standing } from './standing.ts'
import { PeerContext, type PeerContextOptions } from './peer-context.ts'
import type { Platform } from './ports.ts'
import { Turns } from './turns.ts'
import { decodeError, writing } from './values.ts'
import { Waiters } from './waiters.ts'
import { orderTo, reportsTo } from './worker-events.ts'
import { createWorkerPool } from './worker-pool.ts'
import type { AttemptContext, WorkerPool } from './worker-port.ts'

export interface PeerOptions {
  readonly platform: Platform
  readonly self: LifeId
  readonly profile: Profile
  readonly config: Config
  /** Undefined: it is loaded later, into `peer.state`. */
  readonly see?: See | undefined
  /** A line from a task's console or log, on the peer that ran it. */
  readonly logged?: ((line: { attempt: AttemptId | null; level: string; text: string }) => void) | undefined
}

const leaveMs = 7_000

export class Peer {
  readonly self: LifeId
  readonly admission: Admission
  readonly state: PeerState
  readonly events = new EventTarget()
  readonly #options: PeerOptions
  readonly #links: LinkTable
  readonly #pool: WorkerPool
  readonly #keeper: Keeper
  readonly #waiters: Waiters
  readonly #inspections = new Inspections()
  readonly #actors = new ActorSearches((event) => this.post(event))
  readonly #joining: Joining
  readonly #leaving = new Leaving()
  readonly #refusals = new Refusals()
  readonly #standing: Standing
  readonly #onStop = new Set<(broken: MeshError | null) => void>()
  readonly jobs = new OpenJobs((event) => this.post(event))
  readonly #turns: Turns
  #stopped = false
  #stopping: Promise<void> | undefined
  /** What broke, when the machine itself did: everything else then fails with it. */
  #broken: MeshError | null = null

  constructor(options: PeerOptions) {
    const { platform, self, profile, config, see } = options
    this.#options = options
    this.self = self
    this.admission = platform.admission
    const seed = new DataView(platform.randomBytes(4).buffer).getUint32(0)
    const { disk } = platform
    const now = platform.clock.now() as Instant
    this.state = createPeerState({ self, profile, config, seed, now, spillBytes: disk?.limitBytes, writing, see })
    this.#turns = new Turns({
      state: this.state,
      clock: platform.clock,
      sleptMs: config.sleptMs,
      skippedMs: skippedMs(config),
      perform: (effect) => this.#perform(effect),
      notify: (notice) => this.#notify(notice),
      broke: (cause) => this.#break(cause),
    })
    const post = (event: PeerEvent): void => this.post(event)
    const addressesOf = (peer: PeerId): readonly string[] => this.state.members.get(peer)?.profile?.addresses ?? []
    this.#keeper = new Keeper({ platform, config, addressesOf, post })
    this.#waiters = new Waiters({ post, store: this.#keeper.store, soon: (then) => platform.clock.soon(then) })
    this.#links = new LinkTable({
      self,
      platform,
      config,
      post,
      refused: (other, { code, sentence, by, dialled }) => {
        this.#notify({
          type: 'peer:refused',
          peer: other,
          name: this.state.members.nameOf(other),
          reason: sentence,
          by,
        })
        if (dialled) this.#joining.refused(new MeshError(code, sentence))
      },
    })
    this.#joining = new Joining({
      self: peerOf(self),
      transport: platform.transport,
      dial: (peer, address) => {
        post({ type: 'entry', peer, addresses: [address] })
        return this.#links.dial(peer, [address])
      },
    })
    this.#pool = this.#createPool()
    platform.transport.onStream((kind, from, stream) =>
      kind === 'link' ? this.#links.accept(from, stream) : this.#keeper.transfers.serve(from, stream),
    )
    const builtin = builtinBundle(platform.sha256)
    this.#keep(builtin.module.code, { source: builtin.bytes, assets: noAssets }, true)
    this.#keeper.lookAround()
    this.#standing = new Standing(platform, (error) => this.#end(error))
    this.#turns.begin()
  }

  #createPool(): WorkerPool {
    const { platform, config } = this.#options
    return createWorkerPool({
      platform,
      store: this.#keeper.store,
      config,
      host: {
        openContext: (attempt, actor) => this.#openAttempt(attempt, actor),
        envOf: (code) => this.#keeper.bundles.envOf(code),
        assetOf: (code, name) => this.#assetOf(code, name),
        reports: reportsTo(this.post.bind(this), (line) => this.#options.logged?.(line)),
      },
    })
  }

  async #assetOf(code: CodeId, name: string): Promise<string | Uint8Array> {
    const { hash, bytes } = await this.#keeper.bundles.assetOf(code, name)
    return this.#options.platform.assetFile?.({ hash, name }, bytes) ?? bytes
  }

  /** Queues an event; a turn runs soon and takes all that is there by then. */
  post(event: PeerEvent): void {
    this.#turns.post(event)
  }

  /** The same in a turn of its own, before this returns: where there may be no later. */
  postNow(event: PeerEvent): void {
    this.#turns.postNow(event)
  }

  /** A broken invariant is a bug of ours: stop rather than go on with tables that disagree. */
  #break(cause: unknown): void {
    const said = cause instanceof Error ? cause.message : String(cause)
    console.error(cause)
    const sentence = `this peer stopped: ${said}. That is a bug; please report it with the stack below`
    this.#end(new MeshError('INTERNAL', sentence, { cause }))
  }

  /** Everything that is under way here fails with that. */
  #end(error: MeshError): void {
    this.#broken ??= error
    this.#joining.refused(error)
    void this.stop()
  }

  #perform(effect: Exclude<Effect, { type: 'notice' }>): void {
    switch (effect.type) {
      case 'send':
        return this.#links.send(peerOf(effect.to), effect.frame)
      case 'dial':
        return void this.#links.dial(effect.peer, effect.addresses)
      case 'hang-up':
        return this.#links.hangUp(effect.peer, effect.reason)
      case 'fetch':
        return void this.#keeper.fetch(effect)
      case 'sources':
        return this.#keeper.transfers.add(effect.object, effect.from)
      case 'verify':
        return void this.#keeper.verify(effect)
      case 'spill':
        return void this.#keeper.spill(effect)
      case 'drop':
        return this.#drop(effect.object)
      case 'run':
      case 'abort':
      case 'proceed':
      case 'snapshot':
      case 'recall':
      case 'terminate':
        return orderTo(this.#pool, effect)
      case 'actor-found':
        return this.#actors.answered(effect.request, effect.found)
      case 'consumed':
        return this.#waiters.readings.consumed(effect.object, effect.reader)
      case 'settled':
        return this.#waiters.settled(effect.object, effect.source, effect.located)
      case 'durable':
        return this.#waiters.durable(effect.object, effect.failure && failureToError(effect.failure, decodeError))
      case 'cancelled':
        return this.#waiters.cancelled(effect.object)
      case 'job-opened':
        return this.jobs.opened(effect)
      case 'inspected':
        return this.#inspections.answered(effect.request, effect.rows)
      case 'joined':
        return this.#joining.joined()
      case 'left':
        // The goodbye is in the outboxes; they get one more moment to be written.
        return void setTimeout(() => void this.stop(), 50)
    }
  }

  #drop(object: ObjectId): void {
    const code = this.#keeper.drop(object)
    if (code !== null) this.#pool.forgetCode(code)
  }

  #notify(notice: Notice): void {
    if (notice.type === 'peer:refused' && !this.#refusals.isNews(notice)) return
    this.events.dispatchEvent(new CustomEvent(notice.type, { detail: notice }))
  }

  /** Makes a bundle known here, so that tasks of it can be run and given to others. Throws MeshError OVERLOADED. */
  keepCode(code: CodeId, bytes: BundleBytes): void {
    if (this.#keeper.bundles.has(code)) return
    this.#keeper.bundles.checkRoom(bytes)
    this.#keep(code, bytes, false)
  }

  #keep(code: CodeId, bytes: BundleBytes, pinned: boolean): void {
    this.#keeper.bundles.keep(code, bytes)
    // At once: its first task may be submitted in this very turn.
    this.post({ type: 'code', code, pinned })
  }

  /** The id of an unnamed job. */
  freshContext(): ContextId {
    return drawnContext(this.#options.platform.randomBytes(12))
  }

  /** The verbs' port for a job of this peer; one with a name may run again. */
  openContext(context: ContextId, { runsAgain = false } = {}): PeerContext {
    return new PeerContext({ peer: this, context, depth: 0, runsAgain, ...this.#contextParts() })
  }

  #openAttempt(attempt: AttemptId, actor: AttemptContext | undefined): PeerContext {
    const row = this.state.executor.get(attempt)
    return new PeerContext({
      peer: this,
      context: (row?.spec.id ?? attempt) as string as ContextId,
      depth: (row?.spec.depth ?? 0) + 1,
      runsAgain: true,
      run: row?.attempt ?? 1,
      needsOf: (code) => this.#keeper.bundles.needsOf(code),
      // Whom the pool hands in it was given by us.
      within: actor as PeerContext | undefined,
      ...this.#contextParts(),
    })
  }

  #contextParts(): Pick<PeerContextOptions, 'waiters' | 'actors' | 'store' | 'sha256' | 'config'> {
    const { platform, config } = this.#options
    const { store } = this.#keeper
    return { waiters: this.#waiters, actors: this.#actors, store, sha256: platform.sha256, config }
  }

  /** Throws what broke the machine, or MESH_LEFT when it has left. */
  assertOpen(): void {
    if (this.#broken) throw this.#broken
    if (this.#stopped || this.state.leaving)
      throw new MeshError('MESH_LEFT', 'this peer has left the mesh; join again for more work')
  }

  /** Objects that programs here, or tasks here, wait for. */
  get waiting(): number {
    return this.#waiters.size
  }

  inspect(peer: LifeId, query: Query): Promise<readonly InspectRow[]> {
    this.assertOpen()
    const asked = whom(this.state.members, peer)
    return this.#inspections.ask(asked, (request) => this.post({ type: 'inspect', peer, request, query }))
  }

  /** The same, of this peer, at once. */
  inspectHere(query: Query): readonly InspectRow[] {
    return this.state.see(this.state, query, this.#options.platform.clock.now() as Instant)
  }

  /** What answers whoever looks, for a peer that is one before it has that. */
  seeWith(see: See): void {
    this.state.see = see
  }

  found(): void {
    this.post({ type: 'founded' })
  }

  /** Resolves when a first exchange of member lists has succeeded with whoever answers at these addresses. */
  join(request: JoinRequest): Promise<void> {
    this.assertOpen()
    return this.#joining.join(request)
  }

  /** Links with a peer that is known, whoever of the two was in a mesh before; says nothing when it is not there. */
  greet(peer: PeerId, addresses: readonly string[]): Promise<void> {
    return this.#links.dial(peer, addresses)
  }

  /** Ends attached work, hands over, says goodbye. */
  leave(): Promise<void> {
    return this.#leave({ type: 'leave' }, leaveMs)
  }

  /** Hands over for as long as it takes, `drainMs` at most: what runs here may end first. Then says goodbye. */
  drain(): Promise<void> {
    const { drainMs } = this.#options.config
    return this.#leave({ type: 'drain', peer: this.self, withinMs: drainMs }, drainMs + leaveMs)
  }

  async #leave(event: PeerEvent, ms: number): Promise<void> {
    if (!this.#stopped) {
      this.post(event)
      await this.#leaving.within(ms)
      await this.#keeper.settled()
    }
    await this.stop()
  }

  /** Calls back when it has left, or broken: then with what broke. */
  onStop(listener: (broken: MeshError | null) => void): void {
    this.#onStop.add(listener)
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  async #stop(): Promise<void> {
    this.#stopped = true
    this.#turns.stop()
    const why = this.#broken ?? new MeshError('MESH_LEFT', 'this peer has left the mesh')
    this.#leaving.over()
    this.#waiters.fail(why)
    this.#inspections.fail(why)
    this.#actors.fail(why)
    this.jobs.fail(why)
    this.#joining.close()
    this.#standing.stop()
    this.#keeper.transfers.close()
    this.#links.close()
    // Later, as one of them may be whoever stops it.
    queueMicrotask(() => this.#onStop.forEach((listener) => listener(this.#broken)))
    await this.#pool.close()
  }
}
