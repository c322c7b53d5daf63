// What a job, or a running attempt, asks of the peer it lives in: the ContextPort over the peer's
// own event queue. An attempt's context lets go of every handle when the attempt ends.

import type { Config } from '../model/config.ts'
import type { PeerEvent } from '../model/events.ts'
import type { CodeId, ContextId, LifeId, ObjectId } from '../model/ids.ts'
import { peerOf, resultOf } from '../model/ids.ts'
import type { FoundActor } from '../model/events.ts'
import { clip } from '../model/limits.ts'
import type { Needs, TaskSpec } from '../model/task.ts'
import { MeshError } from '../errors.ts'
import type { ActorSearches } from './actor-searches.ts'
import type { BundleBytes } from './code-port.ts'
import { assertMember } from './duties.ts'
import { Held } from './held.ts'
import type { PutRequest, ReadOptions, RefOutlook, RefStatus, StreamReading, Wait, Watch } from './context-port.ts'
import { StoreFullError } from './memory-store.ts'
import type { PeerBeneath } from './peer-beneath.ts'
import type { ObjectStore, Sha256 } from './ports.ts'
import type { Waiters } from './waiters.ts'
import type { AttemptContext } from './worker-port.ts'

export interface PeerContextOptions {
  readonly peer: PeerBeneath
  readonly context: ContextId
  readonly depth: number
  readonly runsAgain: boolean
  /** Which run of the context it is. */
  readonly run?: number | undefined
  readonly waiters: Waiters
  readonly actors: ActorSearches
  readonly store: ObjectStore
  readonly sha256: Sha256
  readonly config: Config
  /** What code needs of a peer; told in programs by whoever made it. */
  readonly needsOf?: ((code: CodeId) => Needs) | undefined
  /** Of the actor that this is a call of: that one holds what this one gets, until the actor ends. */
  readonly within?: PeerContext | undefined
}

export class PeerContext implements AttemptContext {
  readonly context: ContextId
  readonly self: LifeId
  readonly depth: number
  readonly runsAgain: boolean
  readonly inlineBytes: number
  readonly sha256: Sha256
  readonly #peer: PeerBeneath
  readonly #run: number
  readonly #waiters: Waiters
  readonly #store: ObjectStore
  readonly #config: Config
  readonly #held: Held
  readonly #holdsForAnother: boolean
  readonly #actors: ActorSearches
  readonly #needsOf: PeerContextOptions['needsOf']
  /** Submitted in this turn, before the machine has counted them. */
  #burst = 0

  constructor(options: PeerContextOptions) {
    const { peer, context, depth, runsAgain, run = 0, waiters, actors, store, sha256, config, within } = options
    this.context = context
    this.self = peer.self
    this.depth = depth
    this.runsAgain = runsAgain
    this.inlineBytes = config.inlineBytes
    this.sha256 = sha256
    this.#peer = peer
    this.#run = run
    this.#waiters = waiters
    this.#store = store
    this.#config = config
    this.#actors = actors
    this.#needsOf = options.needsOf
    this.#held = within === undefined ? new Held((event) => peer.post(event)) : within.#held
    this.#holdsForAnother = within !== undefined
  }

  submit(spec: TaskSpec, bundle: BundleBytes | null): void {
    this.#peer.assertOpen()
    if (this.depth === 0) assertMember(this.#peer.admission.role, 'submit tasks')
    const { tasks } = this.#peer.state
    if (this.#burst === 0) queueMicrotask(() => (this.#burst = 0))
    if (tasks.pending + this.#burst >= this.#config.maxTasks) {
      const way = 'await some first, or use mesh.map, which never gets there'
      throw new MeshError(
        'OVERLOADED',
        `${this.#config.maxTasks} tasks of this peer are not settled yet (maxTasks): ${way}`,
      )
    }
    if (bundle !== null) this.#peer.keepCode(spec.code, bundle)
    this.#burst++
    this.#held.own(resultOf(spec.id))
    this.#peer.post({
      type: 'submit',
      spec: this.#needsOf === undefined ? spec : needing(spec, this.#needsOf(spec.code)),
    })
  }

  async put({ object, bytes, hash, refs, copies, name }: PutRequest): Promise<void> {
    this.#peer.assertOpen()
    if (this.depth === 0) assertMember(this.#peer.admission.role, 'put objects')
    const inline = bytes.length <= this.inlineBytes ? bytes : null
    if (!inline) await this.#keep(object, bytes, hash)
    this.#held.own(object)
    const job = this.runsAgain && this.depth === 0 ? { context: this.context, name } : undefined
    this.#peer.post({ type: 'put', context: this.context, object, size: bytes.length, hash, inline, refs, copies, job })
    // The attempt ended while it was stored: nobody else lets go of it.
    if (this.#held.isClosed) this.release(object)
  }

  async #keep(object: ObjectId, bytes: Uint8Array, hash: string): Promise<void> {
    try {
      await this.#store.put(object, bytes, hash)
    } catch (error) {
      if (!(error instanceof StoreFullError)) throw error
      throw new MeshError('OVERLOADED', error.message, { cause: error })
    }
  }

  watch(object: ObjectId, owner: LifeId, { bytes }: { readonly bytes: boolean }): Watch {
    return this.#waiters.watch(object, owner, bytes)
  }

  read(stream: ObjectId, owner: LifeId, options: ReadOptions): StreamReading {
    const post = (event: PeerEvent): void => this.#peer.post(event)
    return this.#waiters.readings.open({
      ...options,
      port: this,
      post,
      stream,
      owner,
      reader: this.context,
      run: this.#run,
    })
  }

  hold(object: ObjectId, owner: LifeId): void {
    this.#held.hold(object, owner)
  }

  release(object: ObjectId): void {
    this.#held.release(object)
  }

  status(object: ObjectId): RefStatus {
    const { state } = this.#peer
    const entry = state.directory.get(object)
    const row = entry?.task ? state.tasks.get(entry.task) : undefined
    if (row && row.state !== 'settled') {
      const peer = row.at ? state.members.nameOf(peerOf(row.at)) : null
      return { state: row.state === 'assigned' ? 'running' : row.state, peer }
    }
    const located = entry ? state.directory.locate(object) : (state.elsewhere.get(object)?.located ?? null)
    if (!located || located.type === 'alias') return { state: 'waiting', peer: null }
    if (located.type === 'failure')
      return { state: located.failure.code === 'TASK_CANCELLED' ? 'cancelled' : 'failure', peer: located.failure.peer }
    const holder = located.type === 'stored' ? located.holders[0] : undefined
    return { state: 'value', peer: holder ? state.members.nameOf(peerOf(holder)) : null }
  }

  outlook(object: ObjectId): RefOutlook {
    const { state } = this.#peer
    const task = state.directory.get(object)?.task ?? null
    const row = task === null ? undefined : state.tasks.get(task)
    const isUnderWay = row?.state === 'assigned'
    const lines = isUnderWay ? [] : this.#peer.inspectHere({ what: 'explain', id: object, limit: 100 })
    return { task, attempt: row?.attempt ?? 0, why: lines.map(({ text }) => String(text)) }
  }

  async cancel(object: ObjectId, owner: LifeId, said: string): Promise<void> {
    const reason = clip(said)
    if (owner === this.self) return this.#waiters.untilCancelled(object, owner, reason)
    assertMember(this.#peer.admission.role, 'cancel what others asked for')
    this.#peer.post({ type: 'cancel', object, owner, reason })
    await this.#waiters.watch(object, owner, false).settled
  }

  durable(object: ObjectId, owner: LifeId): Wait<void> {
    if (owner === this.self) return this.#waiters.untilDurable(object)
    const whose = `${this.#peer.state.members.nameOf(peerOf(owner))} answers for it`
    const sentence = `durable: this ref was borrowed and ${whose}: ask there, where it was made`
    return { settled: Promise.reject(new MeshError('INVALID_OPTION', sentence)), stop: () => {} }
  }

  findActor(name: string): Wait<FoundActor | null> {
    this.#peer.assertOpen()
    return this.#actors.find(name)
  }

  close(): void {
    if (!this.#holdsForAnother) this.#held.close()
  }
}

/** What the task asks for itself counts more than what its code is known to need. */
function needing(spec: TaskSpec, needs: Needs): TaskSpec {
  if (needs.labels === undefined || spec.call !== undefined) return spec
  const { policy } = spec
  const labels = { ...needs.labels, ...policy.needs.labels }
  return { ...spec, policy: { ...policy, needs: { ...needs, ...policy.needs, labels } } }
}
