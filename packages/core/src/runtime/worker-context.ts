// The context of a running task, seen from inside its worker: a ContextPort that speaks over the message
// port. It knows nothing of its own but what it submitted; an attempt that watches is one that waits.

import type { FoundActor } from '../model/events.ts'
import type { ContextId, LifeId, ObjectId } from '../model/ids.ts'
import { resultOf } from '../model/ids.ts'
import type { TaskSpec } from '../model/task.ts'
import type {
  ContextPort,
  PutRequest,
  ReadOptions,
  RefStatus,
  Settlement,
  StreamReading,
  Wait,
  Watch,
} from './context-port.ts'
import type { Sha256 } from './ports.ts'
import { decodeError } from './values.ts'
import { type Answer, type ContextRequest, thisPeer } from './worker-messages.ts'

/** Most items of a stream are here before they are asked for: an attempt that waits for one for longer gives back its slot. */
const patienceMs = 10

export interface WorkerContextOptions {
  readonly context: ContextId
  readonly runsAgain: boolean
  readonly inlineBytes: number
  readonly sha256: Sha256
  readonly post: (request: ContextRequest, transfer?: Transferable[]) => void
  readonly calls: PendingCalls
  /** The attempt began to wait for something, or ended to. */
  readonly waits: (change: 1 | -1) => void
  /** Of the actor that it is a call of: what is known of what was submitted is known to both. */
  readonly within?: WorkerContext | undefined
}

/** Requests of one worker that have no answer yet. */
export class PendingCalls {
  readonly #calls = new Map<number, (answer: Answer) => void>()
  #next = 0

  add(then: (answer: Answer) => void): number {
    this.#calls.set(this.#next, then)
    return this.#next++
  }

  delete(call: number): void {
    this.#calls.delete(call)
  }

  answer(answer: Answer): void {
    const then = this.#calls.get(answer.call)
    this.#calls.delete(answer.call)
    then?.(answer)
  }
}

export class WorkerContext implements ContextPort {
  readonly context: ContextId
  readonly self = thisPeer
  /** Filled in by the main thread. */
  readonly depth = 0
  readonly runsAgain: boolean
  readonly inlineBytes: number
  readonly sha256: Sha256
  readonly #options: WorkerContextOptions
  /** What is known of what was submitted or watched here. */
  readonly #states: Map<ObjectId, RefStatus['state']>
  readonly #asked = new Set<number>()

  constructor(options: WorkerContextOptions) {
    this.#options = options
    this.context = options.context
    this.runsAgain = options.runsAgain
    this.inlineBytes = options.inlineBytes
    this.sha256 = options.sha256
    const { within } = options
    this.#states = within === undefined ? new Map() : within.#states
  }

  submit(spec: TaskSpec): void {
    this.#states.set(resultOf(spec.id), 'waiting')
    this.#options.post({ type: 'submit', spec })
  }

  async put(request: PutRequest): Promise<void> {
    await this.#ask((call) => {
      this.#options.post({ type: 'put', call, request }, [request.bytes.buffer as ArrayBuffer])
    })
    this.#states.set(request.object, 'value')
  }

  watch(object: ObjectId, owner: LifeId, { bytes }: { readonly bytes: boolean }): Watch {
    const { settled, stop } = this.#wait((call) => this.#options.post({ type: 'watch', call, object, owner, bytes }))
    return { settled: settled.then(({ settlement }) => this.#noted(object, settlement)), stop }
  }

  read(object: ObjectId, owner: LifeId, options: ReadOptions): StreamReading {
    const { post } = this.#options
    return {
      next: () => {
        const { settled, stop } = this.#wait((call) => post({ type: 'next', call, object, owner, options }), patienceMs)
        return { settled: settled.then(({ settlement }) => settlement), stop }
      },
      close: () => post({ type: 'leave', object }),
    }
  }

  hold(object: ObjectId, owner: LifeId): void {
    this.#options.post({ type: 'hold', object, owner })
  }

  release(object: ObjectId): void {
    this.#states.delete(object)
    this.#options.post({ type: 'release', object })
  }

  status(object: ObjectId): RefStatus {
    return { state: this.#states.get(object) ?? 'waiting', peer: null }
  }

  async cancel(object: ObjectId, owner: LifeId, reason: string): Promise<void> {
    await this.#wait((call) => this.#options.post({ type: 'cancel', call, object, owner, reason })).settled
  }

  durable(object: ObjectId, owner: LifeId): Wait<void> {
    const { settled, stop } = this.#wait((call) => this.#options.post({ type: 'durable', call, object, owner }))
    return { settled: settled.then(() => undefined), stop }
  }

  findActor(name: string): Wait<FoundActor | null> {
    const { settled, stop } = this.#wait((call) => this.#options.post({ type: 'find-actor', call, name }))
    return { settled: settled.then(({ found = null }) => found), stop }
  }

  /** Nobody waits for answers any more; what a call of an actor has put meanwhile somebody may still get. */
  close(): void {
    if (this.#options.within !== undefined) return
    for (const call of this.#asked) this.#options.calls.delete(call)
  }

  #call(then: (answer: Answer) => void): number {
    const call = this.#options.calls.add((answer) => {
      this.#asked.delete(call)
      then(answer)
    })
    this.#asked.add(call)
    return call
  }

  /** Until the answer comes the attempt waits: others may need its slot for what it waits for. */
  #wait(send: (call: number) => void, afterMs = 0): Wait<Answer> {
    const { calls, post, waits } = this.#options
    let waiting = true
    let counts = false
    const begin = (): void => {
      counts = true
      waits(1)
    }
    const timer = afterMs > 0 ? setTimeout(begin, afterMs) : undefined
    const end = (): void => {
      clearTimeout(timer)
      if (waiting && counts) waits(-1)
      waiting = false
    }
    let stop = (): void => {}
    const settled = new Promise<Answer>((resolve, reject) => {
      const call = this.#call((answer) => {
        end()
        if (answer.error === null) resolve(answer)
        else reject(decodeError(answer.error))
      })
      if (timer === undefined) begin()
      send(call)
      stop = () => {
        if (!waiting) return
        this.#asked.delete(call)
        calls.delete(call)
        post({ type: 'stop', call })
        end()
      }
    })
    return { settled, stop: () => stop() }
  }

  #ask(send: (call: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const call = this.#call(({ error }) => {
        if (error === null) resolve()
        else reject(decodeError(error))
      })
      send(call)
    })
  }

  #noted(object: ObjectId, settlement: Settlement | null): Settlement {
    if (settlement === null) throw new Error('no settlement')
    const cancelled = settlement.type === 'failure' && settlement.failure.code === 'TASK_CANCELLED'
    this.#states.set(object, cancelled ? 'cancelled' : settlement.type)
    return settlement
  }
}
