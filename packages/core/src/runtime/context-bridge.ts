// The other end of worker-context.ts: takes a running task's requests to its context on this peer, and
// the answers back. The context is opened when the task first asks for something, and closed with its attempt.

import type { MeshError } from '../errors.ts'
import type { SnapshotResult } from '../model/actor.ts'
import { type LifeId, type ObjectId, resultOf } from '../model/ids.ts'
import type { Failure, FailureCode } from '../model/object.ts'
import type { Outcome, RefLink, TaskSpec } from '../model/task.ts'
import type { Settlement, StreamReading, Wait } from './context-port.ts'
import { encodeError } from './values.ts'
import { type Answer, type ContextRequest, thisPeer } from './worker-messages.ts'
import type { AttemptContext } from './worker-port.ts'

export class ContextBridge {
  readonly #context: AttemptContext
  readonly #answer: (answer: Answer, transfer: Transferable[]) => void
  readonly #waits = new Map<number, Pick<Wait<unknown>, 'stop'>>()
  readonly #readings = new Map<ObjectId, StreamReading>()
  /** Tasks that this peer would not take: their refs were handed out already, so they fail instead. */
  readonly #refused: Map<ObjectId, Failure>

  /** `actor`: it is for a call of the actor behind that one, which keeps what the call asked for. */
  constructor(
    context: AttemptContext,
    answer: (answer: Answer, transfer: Transferable[]) => void,
    actor?: ContextBridge,
  ) {
    this.#context = context
    this.#answer = answer
    this.#refused = actor === undefined ? new Map() : actor.#refused
  }

  get context(): AttemptContext {
    return this.#context
  }

  handle(request: ContextRequest): void {
    const context = this.#context
    switch (request.type) {
      case 'submit':
        return this.#submit(request.spec)
      case 'put':
        return this.#reply(request.call, context.put({ ...request.request, refs: this.links(request.request.refs) }))
      case 'watch':
        return this.#watch(request)
      case 'stop':
        this.#waits.get(request.call)?.stop()
        this.#waits.delete(request.call)
        return
      case 'hold':
        return context.hold(request.object, this.#life(request.owner))
      case 'release':
        if (!this.#refused.delete(request.object)) context.release(request.object)
        return
      case 'cancel':
        if (this.#refused.has(request.object)) return this.#reply(request.call, Promise.resolve())
        return this.#reply(request.call, context.cancel(request.object, this.#life(request.owner), request.reason))
      case 'next':
        return this.#next(request)
      case 'leave':
        this.#readings.get(request.object)?.close()
        this.#readings.delete(request.object)
        return
      case 'durable':
        return this.#follow(request.call, context.durable(request.object, this.#life(request.owner)), () =>
          this.#settled(request.call, null),
        )
      case 'find-actor':
        return this.#follow(request.call, context.findActor(request.name), (found) =>
          this.#answer({ call: request.call, settlement: null, found, error: null }, []),
        )
      default:
        return request satisfies never
    }
  }

  /** Links as a worker wrote them, with this life for "this peer". */
  links(links: readonly RefLink[]): readonly RefLink[] {
    return links.some(({ owner }) => owner === thisPeer)
      ? links.map((link) => ({ ...link, owner: this.#life(link.owner) }))
      : links
  }

  /** What an attempt ended with or yielded, likewise. */
  outcome<T extends Outcome>(outcome: T): T {
    if (outcome.type === 'ref') return { ...outcome, link: this.links([outcome.link])[0] }
    return outcome.type === 'inline' || outcome.type === 'stored'
      ? { ...outcome, refs: this.links(outcome.refs) }
      : outcome
  }

  snapshot(result: SnapshotResult): SnapshotResult {
    return result.type === 'taken' ? { ...result, refs: this.links(result.refs) } : result
  }

  close(): void {
    for (const wait of this.#waits.values()) wait.stop()
    this.#waits.clear()
    for (const reading of this.#readings.values()) reading.close()
    this.#readings.clear()
    this.#context.close()
  }

  #life(owner: LifeId): LifeId {
    return owner === thisPeer ? this.#context.self : owner
  }

  #submit(spec: TaskSpec): void {
    const { context, depth } = this.#context
    try {
      this.#context.submit({ ...spec, context, depth, refs: this.links(spec.refs) }, null)
    } catch (error) {
      const { code, message } = error as MeshError
      const failure = { code: code as FailureCode, reason: 'submit', message, task: spec.id, peer: null }
      this.#refused.set(resultOf(spec.id), { ...failure, attempt: 0, cause: null, story: [] })
    }
  }

  #watch({ call, object, owner, bytes }: Extract<ContextRequest, { type: 'watch' }>): void {
    const failure = this.#refused.get(object)
    if (failure !== undefined) return this.#settled(call, { type: 'failure', failure })
    const watch = this.#context.watch(object, this.#life(owner), { bytes })
    this.#follow(call, watch, (settlement) => this.#settled(call, settlement))
  }

  #next({ call, object, owner, options }: Extract<ContextRequest, { type: 'next' }>): void {
    const failure = this.#refused.get(object)
    if (failure !== undefined) return this.#settled(call, { type: 'failure', failure })
    let reading = this.#readings.get(object)
    if (reading === undefined) {
      reading = this.#context.read(object, this.#life(owner), options)
      this.#readings.set(object, reading)
    }
    this.#follow(call, reading.next(), (settlement) => this.#settled(call, settlement))
  }

  #follow<T>(call: number, wait: Wait<T>, answer: (value: T) => void): void {
    this.#waits.set(call, wait)
    wait.settled.then(
      (value) => this.#waits.delete(call) && answer(value),
      (error: unknown) => this.#waits.delete(call) && this.#failed(call, error),
    )
  }

  #settled(call: number, settlement: Settlement | null): void {
    if (settlement?.type !== 'value' || settlement.bytes === null) {
      return this.#answer({ call, settlement, error: null }, [])
    }
    // A copy: the bytes are shared here, and may be a view on something much larger.
    const bytes = new Uint8Array(settlement.bytes)
    this.#answer({ call, settlement: { ...settlement, bytes }, error: null }, [bytes.buffer])
  }

  #reply(call: number, promise: Promise<void>): void {
    promise.then(
      () => this.#answer({ call, settlement: null, error: null }, []),
      (error: unknown) => this.#failed(call, error),
    )
  }

  #failed(call: number, error: unknown): void {
    this.#answer({ call, settlement: null, error: encodeError(error) }, [])
  }
}
