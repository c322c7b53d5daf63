// A ContextPort that remembers what it was asked and is settled by the test.

import { createHash } from 'node:crypto'
import type { FoundActor } from '../../src/model/events.ts'
import type { ContextId, LifeId, ObjectId } from '../../src/model/ids.ts'
import { resultOf } from '../../src/model/ids.ts'
import type { Failure, FailureCode } from '../../src/model/object.ts'
import type { TaskSpec } from '../../src/model/task.ts'
import type { BundleBytes, CodePort, ExportInfo, LoadedModule, UseRequest } from '../../src/runtime/code-port.ts'
import type {
  ContextPort,
  PutRequest,
  RefState,
  RefStatus,
  Settlement,
  StreamReading,
  Wait,
  Watch,
} from '../../src/runtime/context-port.ts'
import type { Sha256 } from '../../src/runtime/ports.ts'
import { encode } from '../../src/runtime/values.ts'

export const sha256: Sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')

export const here = 'here/1' as LifeId

export class FakePort implements ContextPort {
  context = 'job' as ContextId
  readonly self = here
  readonly depth = 0
  runsAgain = false
  inlineBytes = 1024
  readonly sha256 = sha256
  readonly submitted: TaskSpec[] = []
  /** The bundle of each. */
  readonly bundles: (BundleBytes | null)[] = []
  readonly puts: PutRequest[] = []
  /** `+object` and `-object`, in order. */
  readonly holds: string[] = []
  readonly cancelled: string[] = []
  readonly actors = new Map<string, FoundActor>()
  /** Watches that nobody has stopped. */
  watching = 0
  states = new Map<ObjectId, RefStatus>()
  onSubmit: (spec: TaskSpec) => void = () => {}
  onPut: (request: PutRequest) => Promise<void> = async () => {}
  readonly #settlements = new Map<ObjectId, Settlement>()
  readonly #watches = new Map<ObjectId, Set<(settlement: Settlement) => void>>()

  submit(spec: TaskSpec, bundle: BundleBytes | null): void {
    this.onSubmit(spec)
    this.submitted.push(spec)
    this.bundles.push(bundle)
  }

  async put(request: PutRequest): Promise<void> {
    this.puts.push(request)
    await this.onPut(request)
  }

  /** Settles the result of the n-th submitted task with a value. */
  returns(nth: number, value: unknown): void {
    this.settle(resultOf(this.submitted[nth].id), { type: 'value', ...encode(value) })
  }

  fails(nth: number, code: FailureCode = 'TASK_FAILED', more: Partial<Failure> = {}): void {
    const base = { reason: '', message: `it was ${code}`, task: null, peer: null, attempt: 1, cause: null, story: [] }
    this.settle(resultOf(this.submitted[nth].id), { type: 'failure', failure: { ...base, code, ...more } })
  }

  settle(object: ObjectId, settlement: Settlement): void {
    this.#settlements.set(object, settlement)
    for (const tell of this.#watches.get(object) ?? []) tell(settlement)
    this.#watches.delete(object)
  }

  /** Objects whose bytes were asked for. */
  readonly fetched: ObjectId[] = []
  watch(object: ObjectId, _owner: LifeId, { bytes }: { readonly bytes: boolean }): Watch {
    this.watching++
    if (bytes) this.fetched.push(object)
    let stopped = false
    const stop = (): void => {
      if (!stopped) this.watching--
      stopped = true
    }
    const settled = new Promise<Settlement>((resolve) => {
      const known = this.#settlements.get(object)
      if (known !== undefined) return resolve(known)
      const watches = this.#watches.get(object) ?? new Set()
      watches.add((settlement) => !stopped && resolve(settlement))
      this.#watches.set(object, watches)
    })
    void settled.then(stop)
    return { settled, stop }
  }

  /** What a reading gives, one after the other; then it waits. */
  toRead: (Settlement | null)[] = []
  read(stream: ObjectId): StreamReading {
    this.holds.push(`reads ${stream}`)
    return {
      next: () => {
        const next = this.toRead.shift()
        return { settled: next === undefined ? new Promise(() => {}) : Promise.resolve(next), stop: () => {} }
      },
      close: () => this.holds.push(`left ${stream}`),
    }
  }

  hold(object: ObjectId): void {
    this.holds.push(`+${object}`)
  }

  release(object: ObjectId): void {
    this.holds.push(`-${object}`)
  }

  status(object: ObjectId): RefStatus {
    const settlement = this.#settlements.get(object)
    if (settlement === undefined) return this.states.get(object) ?? { state: 'waiting', peer: null }
    const cancelled = settlement.type === 'failure' && settlement.failure.code === 'TASK_CANCELLED'
    const state: RefState = cancelled ? 'cancelled' : settlement.type
    return { state, peer: null }
  }

  async cancel(object: ObjectId, _: LifeId, reason: string): Promise<void> {
    this.cancelled.push(`${object}: ${reason}`)
  }

  findActor(name: string): Wait<FoundActor | null> {
    return { settled: Promise.resolve(this.actors.get(name) ?? null), stop: () => {} }
  }

  durable(): Wait<void> {
    return { settled: Promise.resolve(), stop: () => {} }
  }
}

export class FakeCode implements CodePort {
  module: LoadedModule
  requests: UseRequest[] = []

  constructor(...names: (string | ExportInfo)[]) {
    const exports = names.map((name) =>
      typeof name === 'string' ? { name, kind: 'function' as const, digest: `d-${name}` } : name,
    )
    const bytes = { source: new Uint8Array([1, 2]), assets: new Map<string, Uint8Array>() }
    this.module = { code: 'c0de' as never, name: 'tiles.task.ts', exports, only: null, bytes }
  }

  async use(_: URL, request: UseRequest): Promise<LoadedModule> {
    this.requests.push(request)
    return this.module
  }

  fn(f: { name: string }): LoadedModule {
    return { ...this.module, name: f.name, exports: [{ name: 'fn', kind: 'function', digest: 'd' }] }
  }
}
