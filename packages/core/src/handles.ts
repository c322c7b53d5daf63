// What this side holds: one handle per object, however many refs point to it. The port hears of the first
// and of the last only. A handle never points to its refs, so that dropped refs are collected and
// their finalizer can let go; a failure that nobody read is said once, when the last ref goes.

import { labelOf } from './actor-note.ts'
import { failureToError, MeshError } from './errors.ts'
import type { MeshErrorDetails } from './errors.ts'
import type { LifeId, ObjectId } from './model/ids.ts'
import type { Failure } from './model/object.ts'
import type { RefLink } from './model/task.ts'
import type { ContextPort, Settlement, Watch } from './runtime/context-port.ts'
import type { HandleKind } from './runtime/value-kinds.ts'
import { decode, decodeError } from './runtime/values.ts'

export interface HandleTableOptions {
  readonly port: ContextPort
  /** Prints a line for people. */
  readonly warn: (message: string) => void
  /** Keeps watching tasks whose refs were all dropped, to say so when they fail. Not inside tasks, where watching means waiting. */
  readonly watchDropped: boolean
  /** Maps stacks of application errors, and places in sentences, to their sources. Default: as they are. */
  readonly mapStack?: ((stack: string) => string) | undefined
}

export class Handle {
  readonly table: HandleTable
  readonly object: ObjectId
  readonly owner: LifeId
  /** For people: `tiles.render`. */
  readonly label: string
  readonly isTask: boolean
  /** It has no value, and lives until it is let go of. */
  isActor = false
  /** The last call of an actor that waits here to be submitted: later ones come after it. */
  lastCall: Promise<void> | undefined = undefined
  /** Of a stream: somebody here reads it, or has. */
  isConsumed = false
  /** Refs and waits that need the object. */
  count = 0
  /** True while the port holds the object for us. */
  held = false
  /** Its outcome was seen, or it was handed on to somebody who will see. */
  read = false
  /** Set while its task waits here for large arguments to be stored. */
  pending: Promise<void> | undefined = undefined
  /** Why it was never submitted. */
  broken: MeshError | undefined = undefined
  /** Called when the object is let go. */
  onLeave: (() => void) | undefined = undefined
  #listeners: Set<() => void> | undefined = undefined
  #watch: Watch | undefined = undefined

  // oxlint-disable-next-line max-params -- made on every call: no options object in between
  constructor(table: HandleTable, object: ObjectId, owner: LifeId, label: string, isTask: boolean) {
    this.table = table
    this.object = object
    this.owner = owner
    this.label = label
    this.isTask = isTask
  }

  get state(): 'waiting' | 'ready' | 'running' | 'retrying' | 'value' | 'failure' | 'cancelled' {
    if (this.broken !== undefined) return 'failure'
    if (this.pending !== undefined) return 'waiting'
    return this.table.port.status(this.object).state
  }

  get isSettled(): boolean {
    const { state } = this
    return state === 'value' || state === 'failure' || state === 'cancelled'
  }

  /** `ObjectRef tiles.render running on kestrel-3f9c: await .get()` */
  describe(): string {
    return `ObjectRef ${this.now()}: await .get()`
  }

  /** `tiles.render running on kestrel-3f9c` */
  now(): string {
    const peer = this.#peer
    return `${this.label} ${words[this.state]}${peer === null ? '' : ` on ${peer}`}`
  }

  get #peer(): string | null {
    return this.pending === undefined ? this.table.port.status(this.object).peer : null
  }

  /** For the error of a wait that was too short: where it is, and `why` it has no value yet, as the end of a sentence. */
  outlook(): MeshErrorDetails & { readonly why: string } {
    const told = this.pending === undefined ? this.table.port.outlook?.(this.object) : undefined
    if (told === undefined) return { why: '' }
    const { task, attempt, why } = told
    return {
      why: why
        .slice(0, whyLines)
        .map((line) => `; ${line}`)
        .join(''),
      story: why,
      peer: this.#peer ?? undefined,
      task: task ?? undefined,
      attempt: attempt === 0 ? undefined : attempt,
    }
  }

  /** The settlement, with the value's bytes or without. Rejects when the task could not be submitted. */
  watch(bytes: boolean): Watch {
    if (this.pending === undefined && this.broken === undefined) {
      return this.table.port.watch(this.object, this.owner, { bytes })
    }
    let inner: Watch | undefined
    let stopped = false
    const settled = (this.pending ?? Promise.resolve()).then(() => {
      if (this.broken !== undefined) throw this.broken
      if (stopped) return new Promise<never>(() => {})
      inner = this.table.port.watch(this.object, this.owner, { bytes })
      return inner.settled
    })
    const stop = (): void => {
      stopped = true
      inner?.stop()
    }
    return { settled, stop }
  }

  /** Calls the listener once when the object has settled. All listeners share one watch. */
  onSettled(listener: () => void): void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    if (this.#watch !== undefined) return
    const watch = this.watch(false)
    this.#watch = watch
    const tell = (): void => {
      if (this.#watch !== watch) return
      this.#watch = undefined
      const listeners = this.#listeners ?? []
      this.#listeners = undefined
      for (const one of listeners) one()
    }
    watch.settled.then(tell, tell)
  }

  offSettled(listener: () => void): void {
    this.#listeners?.delete(listener)
    if (this.#listeners?.size !== 0) return
    this.#listeners = undefined
    this.#watch?.stop()
    this.#watch = undefined
  }

  /** The value of a settlement, a copy for whoever asked. Throws the failure. */
  open(settlement: Settlement): unknown {
    this.read = true
    if (settlement.type === 'failure') throw this.table.errorOf(settlement.failure)
    const { bytes, refs } = settlement
    if (bytes === null) throw new MeshError('INTERNAL', `${this.label} settled without its bytes`)
    return refs.length === 0
      ? decode(bytes)
      : decode(bytes, { refs, makeRef: (link, kind) => this.table.makeRef(link, kind) })
  }

  retain(): void {
    this.count++
    if (this.count === 1) this.table.revive(this)
  }

  drop(): void {
    if (--this.count === 0) this.table.unused(this)
  }
}

/** Of an explanation, in an error's message; its story has them all. */
const whyLines = 3

const words = {
  waiting: 'waiting',
  ready: 'ready to run',
  running: 'running',
  retrying: 'retrying',
  value: 'done',
  failure: 'failed',
  cancelled: 'cancelled',
} as const

export class HandleTable {
  readonly port: ContextPort
  readonly #warn: (message: string) => void
  readonly #watchDropped: boolean
  readonly #mapStack: (stack: string) => string
  readonly #handles = new Map<ObjectId, Handle>()
  readonly #newRef: (handle: Handle, kind: HandleKind) => unknown
  #closed = false

  constructor(options: HandleTableOptions, newRef: (handle: Handle, kind: HandleKind) => unknown) {
    this.port = options.port
    this.#warn = options.warn
    this.#watchDropped = options.watchDropped
    this.#mapStack = options.mapStack ?? ((stack) => stack)
    this.#newRef = newRef
  }

  /** What a user sees: places name the source, in sentences as well as in the stacks of what was thrown. */
  errorOf(failure: Failure): MeshError {
    const map = this.#mapStack
    const { message, reason, story } = failure
    const mapped = { ...failure, message: map(message), reason: map(reason), story: story.map(map) }
    return failureToError(mapped, (bytes) => withHop(withMappedStacks(decodeError(bytes), map), failure))
  }

  get size(): number {
    return this.#handles.size
  }

  /** A handle on what was just submitted or put here: the port holds it already, or will once `pending` is over. */
  created(object: ObjectId, label: string, isTask = true): Handle {
    const handle = new Handle(this, object, this.port.self, label, isTask)
    handle.held = true
    this.#handles.set(object, handle)
    return handle
  }

  /** The handle on an object named elsewhere. */
  handle(link: Pick<RefLink, 'object' | 'owner'>, label: string): Handle {
    const known = this.#handles.get(link.object)
    if (known !== undefined) return known
    return new Handle(this, link.object, link.owner, label, false)
  }

  handleFor(link: RefLink, kind: HandleKind): Handle {
    return this.handle(link, typeof kind === 'object' ? labelOf(kind) : link.object)
  }

  /** What a value has in it: a ref, a stream, or a handle on an actor. */
  makeRef(link: RefLink, kind: HandleKind): unknown {
    return this.#newRef(this.handleFor(link, kind), kind)
  }

  revive(handle: Handle): void {
    this.#handles.set(handle.object, handle)
    if (handle.held || handle.pending !== undefined || this.#closed) return
    handle.held = true
    this.port.hold(handle.object, handle.owner)
  }

  unused(handle: Handle): void {
    if (this.#closed) return
    if (handle.pending !== undefined) void handle.pending.then(() => handle.count === 0 && this.#leave(handle))
    else this.#leave(handle)
  }

  /** From here on nobody is told of anything: whoever closes the context releases what it held. */
  close(): void {
    this.#closed = true
    this.#handles.clear()
  }

  #leave(handle: Handle): void {
    if (this.#closed) return
    if (handle.broken !== undefined) {
      if (!handle.read) this.#warn(`${handle.label} failed and nobody read it: ${handle.broken.message}`)
      this.#handles.delete(handle.object)
      return
    }
    const { state } = handle
    const mayFail =
      state === 'failure' || (this.#watchDropped && !handle.isActor && state !== 'value' && state !== 'cancelled')
    if (handle.isTask && !handle.read && mayFail) void this.#lastWords(handle)
    else this.#release(handle)
  }

  async #lastWords(handle: Handle): Promise<void> {
    handle.read = true
    // A peer that left or broke has told its program so already.
    const settlement = await this.port
      .watch(handle.object, handle.owner, { bytes: false })
      .settled.catch(() => undefined)
    if (settlement === undefined) return
    if (settlement.type === 'failure' && !isQuiet(settlement.failure)) {
      const { code, message } = settlement.failure
      this.#warn(`${handle.label} failed and nobody read it: ${code}: ${this.#mapStack(message)}`)
    }
    if (handle.count === 0) this.#release(handle)
  }

  #release(handle: Handle): void {
    if (!handle.held || this.#closed) return
    handle.held = false
    handle.onLeave?.()
    this.#handles.delete(handle.object)
    this.port.release(handle.object)
  }
}

/** Ends that were asked for: nobody needs to be told. */
const quiet: ReadonlySet<string> = new Set(['TASK_CANCELLED', 'MESH_LEFT'])

/** An actor's end is told by its calls; without any, only what its constructor threw is news. */
function isQuiet({ code, cause }: Failure): boolean {
  return quiet.has(code) || (code === 'ACTOR_DIED' && cause === null)
}

/** Its stack ends where it was run: once, as the error within an error has come by a hop of its own. */
function withHop(error: unknown, { peer, attempt }: Failure): unknown {
  if (peer !== null && error instanceof Error && typeof error.stack === 'string')
    error.stack += `\n    at [${peer}${attempt === 0 ? '' : `, attempt ${attempt}`}]`
  return error
}

/** More errors in one than this are left as they are. */
const mostMapped = 256

/** The error, everything in its `cause` chain, and what an AggregateError gathered. */
function withMappedStacks(error: unknown, mapStack: (stack: string) => string): unknown {
  const seen = new Set<unknown>()
  for (const waiting = [error]; waiting.length > 0 && seen.size < mostMapped;) {
    const at = waiting.pop()
    if (!(at instanceof Error) || seen.has(at)) continue
    seen.add(at)
    if (typeof at.stack === 'string') at.stack = mapStack(at.stack)
    waiting.push(at.cause)
    if (at instanceof AggregateError && Array.isArray(at.errors)) waiting.push(...(at.errors as unknown[]))
  }
  return error
}
