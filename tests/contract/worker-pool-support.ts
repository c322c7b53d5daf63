// What the contract of WorkerPools is tried out with: a task module, a memory of all reports, and a
// context that the test settles.

import { MeshError } from '@murmuration/core/internal'
import type {
  AttemptContext,
  AttemptId,
  CodeId,
  ContextId,
  Item,
  LifeId,
  ObjectId,
  Outcome,
  PutRequest,
  Settlement,
  Sha256,
  SnapshotResult,
  StreamReading,
  TaskSpec,
  WorkerPoolHost,
  WorkerReports,
} from '@murmuration/core/internal'

export interface WorkerPoolFeatures {
  /** What a task does to end its worker: `process.exit(3)`. Absent: it cannot. */
  readonly exit?: string | undefined
  /** Workers have a bound on memory. */
  readonly memory?: boolean | undefined
  /** What a worker has not begun can be taken back while it computes. */
  readonly recall?: boolean | undefined
}

/** Results above this are stored. */
export const contractConfig = { inlineBytes: 16 * 1024, argumentChecks: 1, cancelGraceMs: 200, maxCodes: 3 } as const

export const here = 'here/1' as LifeId

/** The only file that comes with the modules of these contracts. */
async function assetOf(_: CodeId, name: string): Promise<Uint8Array> {
  if (name !== 'words.txt') throw new MeshError('NOT_FOUND', `no ${name}`)
  return new TextEncoder().encode('a flock')
}

export const taskModule = (features: WorkerPoolFeatures): string => `
const task = () => globalThis[Symbol.for('murmuration.task.1')].current
class ValidationError extends TypeError {
  constructor(message, field, options) { super(message, options); this.field = field }
}
let seen
export const square = (x) => x * x
export const later = async (x) => { await null; return x + 1 }
export const fails = () => { throw new ValidationError('too small', 'size', { cause: new RangeError('deep') }) }
export const failsLater = async () => { throw 'just a string' }
export const busy = (ms) => {
  console.log('busy')
  for (const end = Date.now() + ms; Date.now() < end; );
  return ms
}
const long = 'x'.repeat(2 ** 21)
export const shouts = () => { throw Object.assign(new Error(long), { name: long, code: long, stack: long, extra: long }) }
export const riddles = (what) => {
  const error = new Error('m')
  if (what === 'name') Object.defineProperty(error, 'name', { value: 42 })
  if (what === 'message') Object.defineProperty(error, 'message', { value: { deep: 1 } })
  if (what === 'code') Object.defineProperty(error, 'code', { get() { throw new Error('inner') } })
  if (what === 'stack') error.stack = 42
  throw error
}
export const forever = () => { for (;;); }
export const untilAborted = () => new Promise((resolve, reject) => {
  console.log('listening')
  task().signal.addEventListener('abort', () => {
    console.log(task().signal.reason.code)
    reject(task().signal.reason)
  })
})
export const insists = () => new Promise((resolve) => {
  console.log('listening')
  task().signal.addEventListener('abort', () => resolve('all the same'))
})
export const exit = () => { ${features.exit ?? ''} }
export const hoard = () => { const all = []; for (;;) all.push(new Array(100_000).fill(0).map((_, i) => ({ i }))) }
export const bytes = (length) => new Uint8Array(length).fill(7)
export const camera = () => ({ list: [new (class Camera {})()] })
export const first = (list) => list[0]
export const wrap = (list) => ({ inside: list[0] })
export const sameAsBefore = (x) => { const same = seen === x; seen = x; return same }
export const reads = async (name) => {
  const [one, two] = await Promise.all([task().asset(name), task().asset(name)])
  return [await one.text(), one === two]
}
export const who = () => [task().id, task().attempt]
export const speaks = () => { console.log('a', 1); console.warn('b'); console.error(new Error('c').message); task().log({ d: 1 }) }
export const child = (x) => x
export const parent = async (x) => (await task().mesh.fn(child)(x).get()) + 1
export const lasts = async (x) => { const ref = task().mesh.fn(child)(x); await ref.durable(); await ref.cancel(); return 'both' }
export const impatient = async (x) => {
  const error = await task().mesh.fn(child)(x).durable({ timeoutMs: 1 }).catch((error) => error)
  console.log('goes on')
  return error.code
}
export function* counts(n, fails) {
  try {
    for (let i = 0; i < n; i++) yield i
    if (fails) throw new RangeError('after ' + n)
  } finally {
    console.log('left')
  }
}
export async function* large(n) { for (let i = 0; i < n; i++) { await null; yield new Uint8Array(1_000).fill(i) } }
export function* mixed() { for (let i = 0; i < 4; i++) yield i % 2 ? new Uint8Array(20_000).fill(i) : i }
export function* yieldsCamera() { yield 1; yield { lens: new (class Camera {})() } }
export const lowered = () => { let i = 0; return { next: () => ({ done: i === 3, value: i++ }), [Symbol.iterator]() { return this } } }
export const notOne = () => 7
export const wraps = () => counts(1)
export const readsAll = async (box) => { const items = []; for await (const item of box.stream) items.push(item); return items }
export const hands = () => task().mesh.fn(child)(1)
export const putter = async () => { const ref = await task().mesh.put({ big: 1 }); return [ref] }
export const tooLate = async () => { globalThis.kept = task().mesh; return 1 }
export const afterwards = () => { try { globalThis.kept.fn(child)(1); return 'no error' } catch (error) { return error.code } }
`

/** Remembers every report, and lets a test wait for one. */
export class Reports implements WorkerReports {
  readonly outcomes = new Map<AttemptId, Outcome>()
  readonly lines: string[] = []
  readonly log: string[] = []
  readonly snapshots: SnapshotResult[] = []
  exits: { reason: string; running: readonly AttemptId[]; unstarted: readonly AttemptId[] }[] = []
  #waiting: (() => void)[] = []

  /** What a pool needs around it, with these reports. */
  host(openContext: WorkerPoolHost['openContext']): WorkerPoolHost {
    return { reports: this, envOf: () => ({}), assetOf, openContext }
  }

  done(attempt: AttemptId, outcome: Outcome): void {
    if (this.outcomes.has(attempt)) throw new Error(`${attempt} was reported twice`)
    this.outcomes.set(attempt, outcome)
    this.#note(`done ${attempt} ${outcome.type}`)
  }
  readonly items: (readonly [number, Item])[] = []
  item(_: AttemptId, index: number, item: Item): void {
    this.items.push([index, item])
    this.#note(`item ${index}`)
  }
  blocked(attempt: AttemptId): void {
    this.#note(`blocked ${attempt}`)
  }
  unblocked(attempt: AttemptId): void {
    this.#note(`unblocked ${attempt}`)
  }
  returned(attempts: readonly AttemptId[]): void {
    this.#note(`returned ${attempts.join(' ')}`)
  }
  built(attempt: AttemptId, snapshots: boolean): void {
    this.#note(`built ${attempt}${snapshots ? ' with snapshots' : ''}`)
  }
  snapshot(attempt: AttemptId, result: SnapshotResult): void {
    this.snapshots.push(result)
    this.#note(`snapshot ${attempt} ${result.type}`)
  }
  exited(
    _: number,
    { reason }: { reason: string },
    running: readonly AttemptId[],
    unstarted: readonly AttemptId[],
  ): void {
    this.exits.push({ reason, running, unstarted })
    this.#note(`exited ${reason}`)
  }
  logged(_: AttemptId | null, level: string, text: string): void {
    this.lines.push(`${level}: ${text}`)
    this.#note(`logged ${text}`)
  }
  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
  #note(line: string): void {
    this.log.push(line)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

/** A context whose tasks are settled by the test. */
export class TestContext implements AttemptContext {
  readonly context: ContextId
  readonly self = here
  readonly depth = 3
  readonly runsAgain = true
  readonly inlineBytes = contractConfig.inlineBytes
  readonly sha256: Sha256
  readonly submitted: TaskSpec[] = []
  readonly puts: PutRequest[] = []
  readonly held: string[] = []
  isClosed = false
  durability = Promise.resolve()
  /** Of the actor that it is a call of. */
  actor: AttemptContext | undefined
  /** Waits for copies that were not stopped. */
  waiting = 0
  onSubmit: (spec: TaskSpec) => void = () => {}
  readonly #watches = new Map<ObjectId, (settlement: Settlement) => void>()
  readonly #settled = new Map<ObjectId, Settlement>()

  constructor(attempt: AttemptId, sha256: Sha256) {
    this.context = attempt.slice(0, attempt.lastIndexOf('#')) as ContextId
    this.sha256 = sha256
  }
  submit(spec: TaskSpec): void {
    this.submitted.push(spec)
    this.onSubmit(spec)
  }
  async put(request: PutRequest): Promise<void> {
    this.puts.push(request)
  }
  settle(object: ObjectId, settlement: Settlement): void {
    this.#settled.set(object, settlement)
    this.#watches.get(object)?.(settlement)
  }
  watch(object: ObjectId): { settled: Promise<Settlement>; stop(): void } {
    const known = this.#settled.get(object)
    const settled =
      known === undefined
        ? new Promise<Settlement>((resolve) => this.#watches.set(object, resolve))
        : Promise.resolve(known)
    return { settled, stop: () => this.#watches.delete(object) }
  }
  /** What a reading gives, one after the other. */
  toRead: (Settlement | null)[] = []
  read(): StreamReading {
    return {
      next: () => ({ settled: Promise.resolve(this.toRead.shift() ?? null), stop: () => {} }),
      close: () => this.held.push('left the stream'),
    }
  }
  hold(object: ObjectId, owner: LifeId): void {
    this.held.push(`+${object} of ${owner}`)
  }
  release(object: ObjectId): void {
    this.held.push(`-${object}`)
  }
  status(): { state: 'waiting'; peer: null } {
    return { state: 'waiting', peer: null }
  }
  async cancel(): Promise<void> {}
  durable(): { settled: Promise<void>; stop(): void } {
    this.waiting++
    return { settled: this.durability, stop: () => this.waiting-- }
  }
  findActor(): { settled: Promise<null>; stop(): void } {
    return { settled: Promise.resolve(null), stop: () => {} }
  }
  close(): void {
    this.isClosed = true
  }
}

/** Encodes as a ref does. */
export class FakeRef {
  readonly object: ObjectId
  readonly owner: LifeId
  readonly isStream: boolean
  constructor(object: ObjectId, owner: LifeId, isStream = false) {
    this.object = object
    this.owner = owner
    this.isStream = isStream
  }
  get [Symbol.for('murmuration.ref.1')](): { object: ObjectId; owner: LifeId; isStream: boolean } {
    return { object: this.object, owner: this.owner, isStream: this.isStream }
  }
}

/** Encodes as a handle on an actor does. */
export class FakeActor {
  readonly object: ObjectId

  constructor(object: string) {
    this.object = object as ObjectId
  }
  get [Symbol.for('murmuration.actor.1')](): object {
    const note = {
      code: 'c0de',
      label: 'far.Far',
      name: null,
      callRetries: 2,
      onceOnly: false,
      maxPendingCalls: 5,
      generators: [],
    }
    return { object: this.object, owner: 'there/2', note }
  }
}

export function argsWithTopRef(object: ObjectId): readonly unknown[] {
  return [new FakeRef(object, here)]
}

export const actorModule = (features: WorkerPoolFeatures): string => `
const task = () => globalThis[Symbol.for('murmuration.task.1')].current
export const child = (x) => x
export const plain = () => 1
export class Counter {
  constructor(total) {
    if (typeof total === 'number') this.total = total
    else this.kept = total[0]
  }
  static restore(state) { const one = new Counter(state.total); one.kept = state.kept; return one }
  snapshot() { return this.kept === undefined ? { total: this.total } : { total: this.total, kept: this.kept } }
  get double() { return () => this.total * 2 }
  add(n) { return this.total += n }
  async addLater(n) { await new Promise((resolve) => setTimeout(resolve, 5)); return this.total += n }
  async fail() { throw new TypeError('not now') }
  *each() { yield this.total }
  *counts(to) {
    try {
      for (let n = 0; n < to; n++) yield n
    } finally {
      console.log('left at ' + this.total)
    }
  }
  async *laters(to) {
    for (let n = 0; n < to; n++) {
      await null
      yield [n, this.total, task().id]
    }
  }
  *keeps() { yield [this.kept] }
  async *eachLater() { yield this.total }
  spoil() { this.total = () => 1 }
  keep([ref]) { this.kept = ref }
  keepsWhat() { return [this.kept] }
  askChild(x) { this.child = task().mesh.fn(child)(x); return 'asked' }
  readChild() { return this.child.get() }
  giveChild() { return this.child }
  putLater() { this.putting = task().mesh.put({ big: 1 }); return 'put' }
  async givePut() { return [await this.putting] }
  keepActor(actor) { this.actor = actor; this.actor.first(1) }
  async callKept(x) { this.actor.sync(x); await null; this.actor.later(x) }
  keepMesh() { this.mesh = task().mesh; return 1 }
  useMesh() { try { this.mesh.fn(child)(1) } catch (error) { return error.code } }
  bytes(length) { return new Uint8Array(length) }
  exit() { ${features.exit ?? ''} }
  untilAborted() {
    console.log('listening')
    const { signal } = task()
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
}
export class Gate {
  #waiting = []
  state = []
  async wait() {
    const me = task()
    console.log('waits')
    this.state.push('waiting')
    await new Promise((resolve, reject) => {
      this.#waiting.push(resolve)
      me.signal.addEventListener('abort', () => reject(me.signal.reason))
    }).finally(() => this.state.push('not any more'))
    return [me.id, me.id]
  }
  keepActor(actor) { this.actor = actor }
  async callKept(x) { this.actor.before(x); await new Promise((resolve) => this.#waiting.push(resolve)); this.actor.after(x) }
  *waits() { yield 0; this.state.push('goes on'); yield 1 }
  open() { this.state.push('open'); for (const one of this.#waiting) one(); return task().id }
  async snapshot() { const { state } = this; const told = [...state]; await null; return told }
  static restore() { return new Gate() }
}
export class Broken { constructor(why) { throw new RangeError(why) } }
export class Timer {
  constructor() { setTimeout(() => { task().mesh.fn(child)(1); console.log('outside calls') }, 1) }
}
`
